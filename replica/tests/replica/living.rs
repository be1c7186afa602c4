//! Epochs: signs of life, and what provers convict themselves of.

use crate::fixture::{Bench, PEER, account, keys};
use bytes::Bytes;
use ports::{Action, Event};
use types::{
    Amount, BlobId, Body, ChainEvent, ProverAction, Resources, Signed, SignedVerdict, Verdict, Workload,
    gossip::Gossip,
    message::SignedProverMessage,
    offence::Evidence,
    record::Prover,
    registry::{Heartbeat, SignedHeartbeat},
    state_key,
    verdict::Subject,
};

/// A prover's record: the last epoch in which it was heard.
fn seen(bench: &mut Bench, number: u8, epoch: u64) {
    let mut prover = Prover::new(account(number), keys(number).verdict.public(), Amount(1 << 40), epoch);
    prover.capacity = Resources { cpus: 2, ..Resources::default() };
    bench.put(state_key::prover(account(number)), &prover);
}

fn epoch(bench: &mut Bench, epoch: u64) {
    bench.epoch = epoch;
    bench.block_of(Body::default(), ChainEvent::Epoch { epoch, set: epoch + 1, compute_price: Amount(1) });
    bench.done.clear();
}

fn heartbeat(bench: &Bench, number: u8, epoch: u64) -> SignedHeartbeat {
    let value = Heartbeat { chain: bench.genesis.chain(), prover: account(number), epoch };
    Signed::new(value, &keys(number).account)
}

/// What this node's beats were about.
fn beats(bench: &Bench) -> Vec<u64> {
    let beats = bench.told().into_iter().filter_map(|gossip| match gossip {
        Gossip::Heartbeat(signed) => Some(signed.value.epoch),
        _ => None,
    });
    beats.collect()
}

/// The block that this node proposes.
fn proposed(bench: &mut Bench) -> Body {
    let (height, now) = (bench.height + 1, bench.now);
    let ancestors: Vec<Bytes> = Vec::new();
    bench.event(Event::Propose { token: now, height, parent_time_ms: 0, ancestors });
    bench.wait(600);
    let body = bench.done.iter().rev().find_map(|action| match action {
        Action::Propose { body, .. } => Body::decode(body).ok(),
        _ => None,
    });
    body.expect("a block")
}

#[test]
fn a_prover_beats_once_in_an_epoch_until_it_was_heard() {
    let mut bench = Bench::new();
    seen(&mut bench, 0, 0);
    bench.wait(400);
    assert!(beats(&bench).is_empty(), "genesis counts as heard");
    epoch(&mut bench, 1);
    bench.wait(6_000);
    assert_eq!(beats(&bench), [1, 1], "told again while it took no effect");
    assert_eq!(proposed(&mut bench).heartbeats.len(), 1);
    seen(&mut bench, 0, 1);
    bench.wait(6_000);
    bench.done.clear();
    bench.wait(20_000);
    assert!(beats(&bench).is_empty());
}

#[test]
fn a_verdict_in_a_certificate_is_a_sign_of_life() {
    let mut bench = Bench::new();
    seen(&mut bench, 0, 1);
    epoch(&mut bench, 1);
    bench.wait(6_000);
    assert!(beats(&bench).is_empty());
}

#[test]
fn peers_beats_stand_in_the_next_block_if_they_are_of_use() {
    let mut bench = Bench::new();
    for number in 1..4 {
        seen(&mut bench, number, 0);
    }
    seen(&mut bench, 2, 1);
    epoch(&mut bench, 1);
    let of_use = heartbeat(&bench, 1, 1);
    let mut forged = heartbeat(&bench, 3, 1);
    forged.signature.0[0] ^= 1;
    let others =
        [heartbeat(&bench, 2, 1), heartbeat(&bench, 3, 0), heartbeat(&bench, 3, 2), heartbeat(&bench, 9, 1), forged];
    for signed in std::iter::once(&of_use).chain(&others) {
        bench.hear(&Gossip::Heartbeat(signed.clone()));
    }
    assert_eq!(proposed(&mut bench).heartbeats.to_vec(), std::slice::from_ref(&of_use));
    assert_eq!(
        bench.refused().iter().filter(|(what, _)| what == "heartbeat").count(),
        2,
        "the forged and the stranger's"
    );
    let body = Body { heartbeats: types::List::truncated(vec![of_use]), ..Body::default() };
    bench.block_of(body, ChainEvent::BeaconWanted);
    bench.done.clear();
    assert!(proposed(&mut bench).heartbeats.is_empty());
}

fn verdict(bench: &Bench, record: &Workload, number: u8, verdict: Verdict) -> SignedVerdict {
    let subject = Subject { workload: record.id, attempt: 1, proof: BlobId([60; 32]) };
    let signature = keys(number).verdict.sign(bench.genesis.chain(), &subject, verdict);
    SignedVerdict { subject, verdict, prover: account(number), signature }
}

#[test]
fn two_verdicts_of_one_prover_stand_in_the_next_block_as_evidence() {
    let mut bench = Bench::new();
    seen(&mut bench, 2, 0);
    let record = bench.allocated(1);
    let record = bench.announced(&record, BlobId([60; 32]), 100);
    let (one, other) = (verdict(&bench, &record, 2, Verdict::Valid), verdict(&bench, &record, 2, Verdict::Invalid));
    bench.hear(&Gossip::Verdict(one.clone()));
    bench.hear(&Gossip::Verdict(other.clone()));
    let evidence = Evidence::TwoVerdicts { one, other };
    assert_eq!(proposed(&mut bench).evidence.to_vec(), std::slice::from_ref(&evidence));
    let body = Body { evidence: types::List::truncated(vec![evidence]), ..Body::default() };
    bench.block_of(body, ChainEvent::BeaconWanted);
    bench.done.clear();
    assert!(proposed(&mut bench).evidence.is_empty());
}

/// A workload that prover 1 proves, and two announcements of it.
fn announced_twice(bench: &mut Bench) -> (Workload, [SignedProverMessage; 2]) {
    seen(bench, 1, 0);
    let mut record = bench.allocated(1);
    record.state = types::State::Proving;
    record.attempts.last_mut().expect("one").accepted = Some(Default::default());
    bench.put(state_key::workload(record.id), &record);
    let said = [60, 61]
        .map(|proof| bench.message(record.id, 1, ProverAction::Announce { proof: BlobId([proof; 32]), size: 100 }));
    (record, said)
}

#[test]
fn an_announcement_other_than_the_one_in_a_block_is_evidence_whichever_comes_first() {
    for late in [false, true] {
        let mut bench = Bench::new();
        let (record, [one, other]) = announced_twice(&mut bench);
        if !late {
            bench.hear_from(PEER, &Gossip::Prover(other.clone()));
        }
        let body = Body { messages: types::List::truncated(vec![one.clone()]), ..Body::default() };
        bench.block_of(body, ChainEvent::BeaconWanted);
        bench.announced(&record, BlobId([60; 32]), 100);
        if late {
            bench.hear_from(PEER, &Gossip::Prover(other.clone()));
        }
        let pair = if late { (one, other) } else { (other, one) };
        let evidence = Evidence::TwoAnnouncements { one: pair.0, other: pair.1 };
        assert_eq!(proposed(&mut bench).evidence.to_vec(), [evidence], "late: {late}");
    }
}

#[test]
fn two_announcements_of_one_attempt_stand_in_the_next_block_as_evidence() {
    let mut bench = Bench::new();
    let (_, [one, other]) = announced_twice(&mut bench);
    bench.hear_from(PEER, &Gossip::Prover(one.clone()));
    bench.hear_from(PEER, &Gossip::Prover(other.clone()));
    assert_eq!(proposed(&mut bench).evidence.to_vec(), [Evidence::TwoAnnouncements { one, other }]);
}
