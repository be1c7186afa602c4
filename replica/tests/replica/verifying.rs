//! The verifier's duty.

use crate::fixture::{Bench, PEER};
use ports::{Action, Event};
use types::{
    BlobId, Input, InputRole, InputSource, List, ProverAction, State, Verdict, Workload, WorkloadId,
    gossip::Gossip,
    host::{HostEvent, HostRequest},
    limits::PROOF_MAX,
};

const PROOF: BlobId = BlobId([60; 32]);

fn verified(record: &Workload, verdict: Option<Verdict>) -> HostEvent {
    let reason = types::Text::default();
    HostEvent::Verified { workload: record.id, attempt: 1, proof: PROOF, verdict, again: false, reason }
}

fn verdicts(bench: &Bench) -> Vec<Verdict> {
    let told = bench.told();
    told.iter()
        .filter_map(|gossip| if let Gossip::Verdict(signed) = gossip { Some(signed.verdict) } else { None })
        .collect()
}

/// A bench on which a proof of prover 1 was announced by gossip, and every blob is there.
fn announced() -> (Bench, Workload) {
    let mut bench = Bench::new();
    for blob in [50, 51, 52, 60] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    let mut record = bench.allocated(1);
    record.state = State::Proving;
    bench.put(types::state_key::workload(record.id), &record);
    let gossip = bench.announcement(&record, 1, PROOF);
    bench.hear(&gossip);
    (bench, record)
}

#[test]
fn a_proof_is_checked_from_its_gossiped_announcement_on() {
    let (bench, _) = announced();
    assert_eq!(bench.asked().iter().filter(|asked| matches!(asked, HostRequest::Verify(_))).count(), 1);
}

#[test]
fn a_verdict_is_durable_before_it_is_told_and_survives_a_crash() {
    let (mut bench, record) = announced();
    bench.done.clear();
    bench.host(&verified(&record, Some(Verdict::Valid)));
    let persisted = bench.place(|action| matches!(action, Action::Persist { value: Some(_), .. })).expect("persisted");
    let told = bench.place(|action| matches!(action, Action::Send { .. })).expect("told");
    assert!(persisted < told);
    bench.crash();
    let gossip = bench.announcement(&record, 1, PROOF);
    bench.hear(&gossip);
    bench.wait(2_500);
    assert!(bench.asked().iter().all(|asked| !matches!(asked, HostRequest::Verify(_))));
    assert_eq!(verdicts(&bench).first(), Some(&Verdict::Valid));
}

#[test]
fn a_host_that_cannot_tell_says_nothing() {
    let (mut bench, record) = announced();
    bench.host(&verified(&record, None));
    bench.wait(5_000);
    assert!(verdicts(&bench).is_empty());
}

#[test]
fn a_host_that_has_too_much_to_do_is_asked_again_after_a_pause() {
    let (mut bench, record) = announced();
    for _ in 0..3 {
        bench.done.clear();
        let reason = types::Text::default();
        bench.host(&HostEvent::Verified {
            workload: record.id,
            attempt: 1,
            proof: PROOF,
            verdict: None,
            again: true,
            reason,
        });
        bench.wait(1_800);
        assert!(checked(&bench).is_empty(), "not at once");
        bench.wait(400);
        assert_eq!(checked(&bench), [PROOF]);
    }
    bench.host(&verified(&record, Some(Verdict::Valid)));
    assert_eq!(verdicts(&bench), [Verdict::Valid]);
}

#[test]
fn a_blob_that_was_damaged_is_fetched_again_and_the_proof_judged() {
    let (mut bench, record) = announced();
    bench.blobs.remove(&PROOF);
    bench.host(&HostEvent::Stat { blob: PROOF, size: None });
    bench.host(&verified(&record, None));
    bench.done.clear();
    bench.wait(1_000);
    let wants = bench.told().into_iter().filter(|gossip| matches!(gossip, Gossip::Want { blob, .. } if *blob == PROOF));
    assert!(wants.count() > 0);
    bench.blobs.insert(PROOF, 100);
    bench.host(&HostEvent::Stored { blob: PROOF, size: 100 });
    bench.host(&verified(&record, Some(Verdict::Valid)));
    assert_eq!(verdicts(&bench).last(), Some(&Verdict::Valid));
}

#[test]
fn a_proof_that_cannot_be_fetched_is_called_unavailable_and_that_may_change() {
    let mut bench = Bench::new();
    for blob in [50, 51, 52] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    let mut record = bench.allocated(1);
    record.state = State::Proving;
    bench.put(types::state_key::workload(record.id), &record);
    let gossip = bench.announcement(&record, 1, PROOF);
    bench.hear(&gossip);
    bench.wait(29_000);
    assert!(verdicts(&bench).is_empty());
    bench.wait(2_000);
    assert_eq!(verdicts(&bench), [Verdict::Unavailable]);
    // Others may not have heard it: it is told as long as it holds.
    bench.wait(4_000);
    assert_eq!(verdicts(&bench), [Verdict::Unavailable; 3]);
    bench.done.clear();
    bench.host(&HostEvent::Stored { blob: PROOF, size: 100 });
    bench.host(&verified(&record, Some(Verdict::Invalid)));
    assert_eq!(verdicts(&bench), [Verdict::Invalid]);
}

#[test]
fn a_proof_is_called_unavailable_only_after_somebody_was_asked_for_it_long_enough() {
    let mut bench = Bench::new();
    for blob in [50, 51, 52] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    bench.event(Event::Peers(Vec::new()));
    let record = bench.allocated(1);
    bench.announced(&record, PROOF, 100);
    bench.wait(40_000);
    assert!(verdicts(&bench).is_empty());
    bench.event(Event::Peers(vec![PEER.0]));
    bench.wait(29_000);
    assert!(verdicts(&bench).is_empty());
    bench.wait(2_000);
    assert_eq!(verdicts(&bench).first(), Some(&Verdict::Unavailable));
}

/// A workload of this number, drawn for prover 1, whose statement is made of blobs that nobody has.
fn of_absent_blobs(bench: &mut Bench, number: u8) -> Workload {
    let input = |byte: u8| {
        let mut name = [number; 32];
        name[0] = byte;
        Input { role: InputRole::Statement, source: InputSource::Blob { blob: BlobId(name), size: 1_000 } }
    };
    let mut record = Workload { id: WorkloadId([number; 32]), ..bench.allocated(1) };
    record.run.inputs = List::new((200..216).map(input).collect()).expect("sixteen");
    record
}

#[test]
fn statements_that_nobody_has_keep_no_proof_from_being_fetched() {
    let mut bench = Bench::new();
    for blob in [50, 51, 52, 70] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    for number in 100..116 {
        let record = of_absent_blobs(&mut bench, number);
        bench.announced(&record, BlobId([70; 32]), 100);
    }
    let honest = bench.allocated(1);
    bench.announced(&honest, PROOF, 100);
    let asked = bench.told().into_iter().any(|told| matches!(told, Gossip::Want { blob, .. } if blob == PROOF));
    assert!(asked);
    bench.blobs.insert(PROOF, 100);
    bench.host(&HostEvent::Stored { blob: PROOF, size: 100 });
    assert_eq!(checked(&bench), [PROOF]);
}

fn checked(bench: &Bench) -> Vec<BlobId> {
    let asked = bench.asked();
    asked.iter().filter_map(|asked| if let HostRequest::Verify(job) = asked { Some(job.proof) } else { None }).collect()
}

#[test]
fn a_prover_cannot_have_proof_after_proof_checked_for_one_attempt() {
    let (mut bench, record) = announced();
    let others = [61, 62].map(|byte| BlobId([byte; 32]));
    for other in others {
        bench.blobs.insert(other, 1000);
        // Meanwhile the message before is forgotten, because it took no effect.
        bench.wait(31_000);
        let gossip = bench.announcement(&record, 1, other);
        bench.hear(&gossip);
    }
    assert_eq!(checked(&bench), [PROOF]);
    bench.announced(&record, others[1], 100);
    assert_eq!(checked(&bench), [PROOF, others[1]]);
}

#[test]
fn what_comes_ahead_of_its_accept_keeps_to_the_size_of_a_proof() {
    let mut bench = Bench::new();
    for blob in [50, 51, 52, 60] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    let record = bench.allocated(1);
    for size in [0, PROOF_MAX + 1, u64::MAX] {
        let signed = bench.message(record.id, 1, ProverAction::Announce { proof: PROOF, size });
        bench.hear(&Gossip::Prover(signed));
    }
    let refused = ("prover-message".to_owned(), "out-of-range".to_owned());
    assert_eq!(bench.refused(), [refused.clone(), refused.clone(), refused]);
    assert!(checked(&bench).is_empty());
    let gossip = bench.announcement(&record, 1, PROOF);
    bench.hear(&gossip);
    assert_eq!(checked(&bench), [PROOF]);
}
