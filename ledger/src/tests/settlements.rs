//! Settlements, their money, and what is refused.

use super::{
    network::{BUNDLE, UNIT, genesis},
    world::World,
};
use types::{
    AttemptEnd, BlobId, Data, EndReason, Params, Settlement, State, Verdict, VerdictSecret, WorkloadId,
    verdict::{Subject, VerdictSignature},
};

#[test]
fn a_rejected_proof_is_drawn_again_without_its_prover() {
    let mut world = World::new();
    let id = world.proved(0);
    let first = world.drawn(id);
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 3]));
    assert_eq!((world.state(id), world.prover(first).tally.rejected), (State::Queued, 1));
    assert!(matches!(world.workload(id).attempts[0].end, Some((_, AttemptEnd::Rejected(_)))));
    world.draw();
    assert_ne!(world.drawn(id), first);
    world.accept(id);
    world.announce(id);
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2, 3]));
    assert_eq!(world.state(id), State::Verified);
    assert_eq!(world.account(first).balance, world.prover(first).tally.earned, "the first earned its verdict alone");
}

#[test]
fn two_rejected_proofs_are_the_end() {
    let mut world = World::new();
    let id = world.queued(0);
    let before = world.balance(0);
    for _ in 0..2 {
        world.draw();
        world.accept(id);
        world.announce(id);
        world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    }
    let workload = world.workload(id);
    assert_eq!((workload.state, workload.end.map(|end| end.reason)), (State::Failed, Some(EndReason::AttemptsUsed)));
    let locked = workload.fee.total().expect("small");
    assert_eq!(
        world.balance(0).0,
        before.0 + workload.fee.verification.0 + 2 * locked.0,
        "each bond pays up to the fee"
    );
    assert_eq!(world.meta().totals.burned.0, workload.fee.compute.0 + 2 * (UNIT.0 - locked.0));
}

#[test]
fn a_proof_that_nobody_could_fetch_is_a_miss() {
    let mut world = World::new();
    let id = world.proved(0);
    let prover = world.drawn(id);
    world.settle(world.settlement(id, Verdict::Unavailable, &[1, 2, 3]));
    assert_eq!((world.state(id), world.prover(prover).tally.missed), (State::Queued, 1));
    assert!(matches!(world.workload(id).attempts[0].end, Some((_, AttemptEnd::Unavailable(_)))));
}

#[test]
fn too_few_verdicts_settle_nothing() {
    let mut world = World::new();
    let id = world.proved(0);
    world.refuses_settlement(world.settlement(id, Verdict::Valid, &[0, 1]), "certificate");
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
}

#[test]
fn a_certificate_that_others_signed_settles_nothing() {
    let mut world = World::new();
    let id = world.proved(0);
    let good = world.settlement(id, Verdict::Valid, &[0, 1, 2]);
    let chain = world.chain();
    let strangers: Vec<_> = (10..13).map(|seed| VerdictSecret::derive(&[seed; 32]).expect("a key")).collect();
    let verdicts: Vec<_> =
        strangers.iter().enumerate().map(|(i, key)| (i, key.sign(chain, &good.subject, Verdict::Valid))).collect();
    let certificate = types::Certificate::aggregate(Verdict::Valid, 4, &verdicts).expect("an aggregate");
    world.refuses_settlement(Settlement { certificate, ..good.clone() }, "certificate");
    let mut turned = good.clone();
    turned.certificate.signers = Data::new(vec![0b1110]).expect("short");
    world.refuses_settlement(turned, "certificate");
    let mut long = good.clone();
    long.certificate.signers = Data::new(vec![0b111, 0]).expect("short");
    world.refuses_settlement(long, "certificate");
    let mut outside = good.clone();
    outside.certificate.signers = Data::new(vec![0b1111_0000]).expect("short");
    world.refuses_settlement(outside, "certificate");
    let mut infinity = good.clone();
    let mut point = [0; 48];
    point[0] = 0xc0;
    infinity.certificate.signature = VerdictSignature(point);
    world.refuses_settlement(infinity, "certificate");
    let mut verdict = good;
    verdict.certificate.verdict = Verdict::Invalid;
    verdict.bundle = None;
    world.refuses_settlement(verdict, "certificate");
}

#[test]
fn a_settlement_of_something_else_is_refused() {
    let mut world = World::new();
    let id = world.proved(0);
    let good = world.settlement(id, Verdict::Valid, &[0, 1, 2]);
    let about = |subject: Subject| {
        let certificate = world.certificate(&subject, Verdict::Valid, &[0, 1, 2]);
        Settlement { subject, certificate, bundle: None }
    };
    let subject = good.subject;
    world.refuses_settlement(about(Subject { workload: WorkloadId([0; 32]), ..subject }), "unknown-workload");
    world.refuses_settlement(about(Subject { attempt: 2, ..subject }), "wrong-attempt");
    world.refuses_settlement(about(Subject { proof: BlobId::of(b"other"), ..subject }), "wrong-proof");
    world.settle(good.clone());
    world.refuses_settlement(good, "wrong-state");
}

#[test]
fn nothing_is_settled_before_it_is_announced() {
    let mut world = World::new();
    let id = world.proving(0);
    let subject = Subject { workload: id, attempt: 1, proof: BlobId::of(BUNDLE) };
    let certificate = world.certificate(&subject, Verdict::Valid, &[0, 1, 2]);
    world.refuses_settlement(Settlement { subject, certificate, bundle: None }, "wrong-state");
}

#[test]
fn the_bytes_in_a_block_are_those_of_the_proof_or_none() {
    let mut world = World::new();
    let id = world.proved(0);
    let good = world.settlement(id, Verdict::Valid, &[0, 1, 2]);
    let with = |bytes: &[u8]| Some(Data::new(bytes.to_vec()).expect("short"));
    world.refuses_settlement(Settlement { bundle: with(b"another"), ..good.clone() }, "hash-mismatch");
    let mut invalid = world.settlement(id, Verdict::Invalid, &[0, 1, 2]);
    invalid.bundle = with(BUNDLE);
    world.refuses_settlement(invalid, "too-large");
    world.settle(Settlement { bundle: None, ..good });
}

#[test]
fn a_proof_larger_than_the_chain_allows_inline_goes_by_its_name() {
    let mut world = World::with(4, Params { proof_inline_max: 3, ..Params::default() });
    let id = world.proved(0);
    let good = world.settlement(id, Verdict::Valid, &[0, 1, 2]);
    world.refuses_settlement(good.clone(), "too-large");
    world.settle(Settlement { bundle: None, ..good });
}

#[test]
fn the_verdict_key_of_each_genesis_prover_is_possessed() {
    let (mut genesis, _) = genesis(4, Params::default());
    genesis.provers.iter_mut().for_each(|prover| prover.possession = VerdictSignature([0; 48]));
    assert!(crate::Ledger::new(genesis).is_err());
}
