//! The verifier's duty, and the pool of verdicts.

use crate::fixture::{Bench, account, keys};
use ports::{Action, Event};
use types::{
    BlobId, Body, SignedVerdict, State, Verdict, Workload,
    gossip::Gossip,
    host::{HostEvent, HostRequest},
    verdict::Subject,
};

const PROOF: BlobId = BlobId([60; 32]);

fn subject(record: &Workload) -> Subject {
    Subject { workload: record.id, attempt: 1, proof: PROOF }
}

fn verdict(bench: &Bench, record: &Workload, prover: u8, verdict: Verdict) -> SignedVerdict {
    let signature = keys(prover).verdict.sign(bench.genesis.chain(), &subject(record), verdict);
    SignedVerdict { subject: subject(record), verdict, prover: account(prover), signature }
}

fn verified(record: &Workload, verdict: Option<Verdict>) -> HostEvent {
    let reason = types::Text::default();
    HostEvent::Verified { workload: record.id, attempt: 1, proof: PROOF, verdict, reason }
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
    bench.host(&HostEvent::Stored { blob: PROOF, size: 100 });
    bench.host(&verified(&record, Some(Verdict::Invalid)));
    assert_eq!(verdicts(&bench), [Verdict::Unavailable, Verdict::Invalid]);
}

#[test]
fn a_leader_settles_when_two_thirds_agree_and_the_grace_is_over() {
    let (mut bench, record) = announced();
    for prover in [1, 2, 3] {
        let signed = verdict(&bench, &record, prover, Verdict::Valid);
        bench.hear(&Gossip::Verdict(signed));
    }
    bench.event(Event::Propose { token: 1, height: 9, parent_time_ms: 0, ancestors: vec![] });
    // The announcement itself is work: it is offered at once, without the settlement.
    let first = proposed(&bench).expect("work");
    assert_eq!((first.messages.len(), first.settlements.len()), (1, 0));
    bench.done.clear();
    bench.now += 100;
    bench.event(Event::Propose { token: 2, height: 9, parent_time_ms: 0, ancestors: vec![] });
    let second = proposed(&bench).expect("work");
    assert_eq!(second.settlements.len(), 1);
    let set: Vec<_> =
        bench.genesis.provers.iter().map(|p| types::verdict::Member { account: p.account, key: p.key }).collect();
    let settlement = &second.settlements[0];
    assert_eq!(settlement.certificate.verify(bench.genesis.chain(), &settlement.subject, &set), Ok(()));
}

fn proposed(bench: &Bench) -> Option<Body> {
    bench.done.iter().find_map(|action| match action {
        Action::Propose { body, .. } => Body::decode(body).ok(),
        _ => None,
    })
}

#[test]
fn verdicts_of_strangers_false_signatures_and_second_thoughts_are_refused() {
    let (mut bench, record) = announced();
    let good = verdict(&bench, &record, 1, Verdict::Valid);
    bench.hear(&Gossip::Verdict(good.clone()));
    bench.hear(&Gossip::Verdict(good.clone()));
    assert!(bench.refused().is_empty());
    let stranger = verdict(&bench, &record, 8, Verdict::Valid);
    let forged = SignedVerdict { prover: account(2), ..good };
    let second = verdict(&bench, &record, 1, Verdict::Invalid);
    for signed in [stranger, forged, second] {
        bench.hear(&Gossip::Verdict(signed));
    }
    let codes: Vec<String> = bench.refused().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["stranger", "bad-signature", "repeated"]);
}
