//! The pool of verdicts, and what a leader settles out of it.

use crate::fixture::{Bench, account, keys};
use ports::{Action, Event};
use types::{
    BlobId, Body, ChainEvent, List, ProverAction, SignedVerdict, State, Verdict, Workload, gossip::Gossip,
    host::HostEvent, verdict::Subject, workload::EndReason,
};

const PROOF: BlobId = BlobId([60; 32]);
/// So long a leader waits for more verdicts.
const GRACE_MS: u64 = 100;

fn subject(record: &Workload) -> Subject {
    Subject { workload: record.id, attempt: 1, proof: PROOF }
}

fn verdict(bench: &Bench, record: &Workload, prover: u8, verdict: Verdict) -> SignedVerdict {
    let signature = keys(prover).verdict.sign(bench.genesis.chain(), &subject(record), verdict);
    SignedVerdict { subject: subject(record), verdict, prover: account(prover), signature }
}

/// Two thirds say that the proof is valid.
fn agree(bench: &mut Bench, record: &Workload) {
    for prover in [1, 2, 3] {
        let signed = verdict(bench, record, prover, Verdict::Valid);
        bench.hear(&Gossip::Verdict(signed));
    }
}

/// A bench on which a proof of prover 1 is being made.
fn proving() -> (Bench, Workload) {
    let mut bench = Bench::new();
    let mut record = bench.allocated(1);
    record.state = State::Proving;
    bench.put(types::state_key::workload(record.id), &record);
    (bench, record)
}

/// Asks for a block. What was done before is passed over.
fn ask(bench: &mut Bench, ancestors: &[Body]) {
    bench.done.clear();
    let ancestors = ancestors.iter().map(|body| body.encode().into()).collect();
    bench.event(Event::Propose { token: 1, height: bench.height + 1, parent_time_ms: 0, ancestors });
}

fn proposed(bench: &Bench) -> Option<Body> {
    bench.done.iter().find_map(|action| match action {
        Action::Propose { body, .. } => Body::decode(body).ok(),
        _ => None,
    })
}

/// What is settled, where a block was proposed.
fn settled(bench: &Bench) -> Option<Vec<Subject>> {
    Some(proposed(bench)?.settlements.iter().map(|settlement| settlement.subject).collect())
}

#[test]
fn a_leader_settles_when_two_thirds_agree_and_the_grace_is_over() {
    let (mut bench, record) = proving();
    let gossip = bench.announcement(&record, 1, PROOF);
    bench.hear(&gossip);
    agree(&mut bench, &record);
    ask(&mut bench, &[]);
    // The announcement itself is work: it is offered at once, without the settlement.
    let first = proposed(&bench).expect("work");
    assert_eq!((first.messages.len(), first.settlements.len()), (1, 0));
    bench.now += GRACE_MS;
    ask(&mut bench, &[]);
    let second = proposed(&bench).expect("work");
    assert_eq!((second.messages.len(), second.settlements.len()), (1, 1));
    let set = bench.members();
    let settlement = &second.settlements[0];
    assert_eq!(settlement.certificate.verify(bench.genesis.chain(), &settlement.subject, &set), Ok(()));
}

#[test]
fn verdicts_that_come_before_the_block_that_announces_the_proof_are_settled_as_soon_as_it_is_final() {
    let (mut bench, record) = proving();
    agree(&mut bench, &record);
    bench.now += GRACE_MS;
    ask(&mut bench, &[]);
    assert_eq!(proposed(&bench), None);
    bench.announced(&record, PROOF, 100);
    assert_eq!(settled(&bench), Some(vec![subject(&record)]));
}

#[test]
fn verdicts_that_come_after_the_block_that_announces_the_proof_are_settled_when_the_grace_is_over() {
    let (mut bench, record) = proving();
    let record = bench.announced(&record, PROOF, 100);
    ask(&mut bench, &[]);
    agree(&mut bench, &record);
    assert_eq!(proposed(&bench), None);
    bench.now += GRACE_MS;
    bench.event(Event::Timer { id: 1 });
    assert_eq!(settled(&bench), Some(vec![subject(&record)]));
}

#[test]
fn a_proof_that_an_ancestor_announces_is_settled_before_that_is_final() {
    let (mut bench, record) = proving();
    agree(&mut bench, &record);
    bench.now += GRACE_MS;
    let announcement = bench.message(record.id, 1, ProverAction::Announce { proof: PROOF, size: 100 });
    let ancestor = Body { messages: List::new(vec![announcement]).expect("one"), ..Body::default() };
    ask(&mut bench, &[Body::default(), ancestor]);
    assert_eq!(settled(&bench), Some(vec![subject(&record)]));
}

#[test]
fn a_proof_that_is_not_the_announced_one_is_not_settled() {
    let (mut bench, record) = proving();
    agree(&mut bench, &record);
    let other = bench.announced(&record, BlobId([61; 32]), 100);
    agree(&mut bench, &other);
    bench.now += GRACE_MS;
    ask(&mut bench, &[]);
    bench.wait(600);
    assert_eq!(settled(&bench), Some(vec![]));
}

#[test]
fn old_verdicts_about_a_workload_that_has_ended_are_not_settled_again() {
    let (mut bench, record) = proving();
    let record = bench.announced(&record, PROOF, 100);
    agree(&mut bench, &record);
    let ended = Workload { state: State::Verified, ..record.clone() };
    bench.block(&ended, ChainEvent::Ended { workload: record.id, state: State::Verified, reason: EndReason::Proved });
    agree(&mut bench, &record);
    bench.now += GRACE_MS;
    ask(&mut bench, &[]);
    bench.wait(600);
    assert_eq!(settled(&bench), Some(vec![]));
}

#[test]
fn what_a_node_said_before_a_restart_counts_after_it() {
    let (mut bench, record) = proving();
    for blob in [50, 51, 52, 60] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
    let record = bench.announced(&record, PROOF, 100);
    let (proof, reason) = (PROOF, types::Text::default());
    bench.host(&HostEvent::Verified {
        workload: record.id,
        attempt: 1,
        proof,
        verdict: Some(Verdict::Valid),
        again: false,
        reason,
    });
    bench.crash();
    for prover in [1, 2] {
        let signed = verdict(&bench, &record, prover, Verdict::Valid);
        bench.hear(&Gossip::Verdict(signed));
    }
    bench.now += GRACE_MS;
    ask(&mut bench, &[]);
    assert_eq!(settled(&bench), Some(vec![subject(&record)]));
}

#[test]
fn verdicts_of_strangers_false_signatures_and_second_thoughts_are_refused() {
    let (mut bench, record) = proving();
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
