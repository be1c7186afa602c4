//! Offences: what proves them, what they cost, and what proves nothing.

use super::{
    deeds::announcement,
    network::{BUNDLE, UNIT, brief, cores, program, run_of},
    world::World,
};
use types::{
    AccountId, Amount, BlobId, Body, Call, ChainEvent, List, Run, Signed, SignedVerdict, State, Verdict, WorkloadId,
    limits::EVIDENCE_PER_BLOCK,
    offence::{Evidence, Offence},
    record::Cause,
    registry::Role,
    sign::Signature,
    verdict::{Subject, VerdictSignature},
};

/// A workload whose proof was found valid by the first three members, and what was judged.
fn settled(world: &mut World, verdict: Verdict) -> (WorkloadId, Subject) {
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    world.settle(world.settlement(id, verdict, &[0, 1, 2]));
    (id, subject)
}

fn submit(world: &mut World, evidence: Evidence) {
    world.block(&Body { evidence: List::truncated(vec![evidence]), ..Body::default() });
}

fn two_verdicts(world: &World, prover: AccountId, subject: Subject) -> Evidence {
    let [one, other] = [Verdict::Valid, Verdict::Invalid].map(|verdict| world.verdict(prover, subject, verdict));
    Evidence::TwoVerdicts { one, other }
}

fn two_announcements(world: &World, id: WorkloadId) -> Evidence {
    let prover = world.workload(id).attempts.last().expect("an attempt").prover;
    let [one, other] = [BUNDLE, b"another".as_slice()].map(|proof| world.says(prover, id, announcement(proof)));
    Evidence::TwoAnnouncements { one, other }
}

/// The bond of a prover and all that was burned.
fn stakes(world: &World, prover: AccountId) -> (u64, u64) {
    (world.prover(prover).bond.0, world.meta().totals.burned.0)
}

#[test]
fn a_verdict_against_the_certificate_costs_a_unit() {
    for (decided, against) in [(Verdict::Valid, Verdict::Invalid), (Verdict::Invalid, Verdict::Valid)] {
        let mut world = World::with(4, brief());
        let (id, subject) = settled(&mut world, decided);
        let offender = world.members()[3];
        let (bond, burned) = stakes(&world, offender);
        let evidence = Evidence::FalseVerdict(world.verdict(offender, subject, against));
        submit(&mut world, evidence);
        assert_eq!(stakes(&world, offender), (bond - UNIT.0, burned + UNIT.0));
        let offence = Offence::FalseVerdict;
        assert_eq!(world.events, [ChainEvent::Slashed { prover: offender, workload: id, offence, amount: UNIT }]);
        assert_eq!(world.movements(), [], "what burns is no account's");
    }
}

#[test]
fn two_final_verdicts_about_one_proof_cost_a_unit() {
    let mut world = World::with(4, brief());
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    let offender = world.members()[1];
    let (bond, burned) = stakes(&world, offender);
    let evidence = two_verdicts(&world, offender, subject);
    submit(&mut world, evidence);
    assert_eq!(stakes(&world, offender), (bond - UNIT.0, burned + UNIT.0), "before anything is decided");
    assert_eq!(world.state(id), State::Proved);
}

#[test]
fn two_announcements_in_one_attempt_cost_the_bond_behind_its_cores() {
    let mut world = World::with(4, brief());
    let id = world.queued_run(0, Run { resources: cores(3), ..run_of(program().id()) });
    world.draw();
    world.accept(id);
    world.announce(id);
    let offender = world.drawn(id);
    let (bond, burned) = stakes(&world, offender);
    let evidence = two_announcements(&world, id);
    submit(&mut world, evidence);
    assert_eq!(stakes(&world, offender), (bond - 3 * UNIT.0, burned + 3 * UNIT.0));
    assert_eq!(world.state(id), State::Proved, "the proof that was announced is judged all the same");
}

#[test]
fn anybody_may_submit_evidence_in_a_transaction() {
    let mut world = World::with(4, brief());
    let (_, subject) = settled(&mut world, Verdict::Valid);
    let offender = world.members()[3];
    let bond = world.prover(offender).bond;
    let evidence = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    let call = world.call(2, Call::Evidence(Box::new(evidence)));
    world.transact(vec![call]);
    assert_eq!(world.prover(offender).bond.0, bond.0 - UNIT.0);
}

#[test]
fn an_offence_is_paid_for_once() {
    let mut world = World::with(4, brief());
    let (id, subject) = settled(&mut world, Verdict::Valid);
    let offender = world.members()[3];
    let false_verdict = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    let all = [false_verdict, two_verdicts(&world, offender, subject), two_announcements(&world, id)];
    for evidence in all {
        submit(&mut world, evidence.clone());
        let (bond, burned) = stakes(&world, offender);
        world.refuses_evidence(evidence.clone(), "punished");
        world.refuses_call(0, Call::Evidence(Box::new(evidence)), "punished");
        assert_eq!(stakes(&world, offender), (bond, burned));
    }
}

#[test]
fn the_same_evidence_twice_in_a_block_is_one() {
    let mut world = World::with(4, brief());
    let (_, subject) = settled(&mut world, Verdict::Valid);
    let offender = world.members()[3];
    let evidence = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    let transaction = world.call(0, Call::Evidence(Box::new(evidence.clone())));
    let body = Body {
        evidence: List::truncated(vec![evidence.clone(), evidence.clone()]),
        transactions: List::truncated(vec![transaction]),
        ..Body::default()
    };
    let kept = world.try_block(super::world::STEP, &body);
    assert_eq!((&*kept.evidence, kept.transactions.len()), ([evidence].as_slice(), 0));
}

#[test]
fn evidence_that_comes_too_late_is_refused() {
    let mut world = World::with(4, brief());
    let (id, subject) = settled(&mut world, Verdict::Valid);
    let offender = world.members()[3];
    let false_verdict = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    let all = [two_verdicts(&world, offender, subject), two_announcements(&world, id)];
    world.wait(28_000);
    submit(&mut world, false_verdict);
    world.wait(2_000);
    for evidence in all {
        world.refuses_evidence(evidence, "evidence");
    }
}

#[test]
fn evidence_about_an_attempt_that_goes_on_is_never_too_late() {
    let mut world = World::with(4, types::Params { epoch_blocks: 4_096, ..brief() });
    let id = world.proved(0);
    world.wait(60_000);
    let evidence = two_announcements(&world, id);
    submit(&mut world, evidence);
}

#[test]
fn evidence_that_the_offender_did_not_sign_is_refused() {
    let mut world = World::with(4, brief());
    let (id, subject) = settled(&mut world, Verdict::Valid);
    let (offender, other) = (world.members()[3], world.members()[2]);
    let forged = SignedVerdict { prover: offender, ..world.verdict(other, subject, Verdict::Invalid) };
    world.refuses_evidence(Evidence::FalseVerdict(forged.clone()), "bad-signature");
    let one = world.verdict(offender, subject, Verdict::Valid);
    world.refuses_evidence(Evidence::TwoVerdicts { one: one.clone(), other: forged }, "bad-signature");
    let turned = SignedVerdict { verdict: Verdict::Invalid, ..one.clone() };
    world.refuses_evidence(Evidence::TwoVerdicts { one: one.clone(), other: turned.clone() }, "bad-signature");
    let garbage = SignedVerdict { signature: VerdictSignature([7; 48]), ..turned };
    world.refuses_evidence(Evidence::FalseVerdict(garbage), "bad-signature");
    let Evidence::TwoAnnouncements { one, other } = two_announcements(&world, id) else { unreachable!() };
    let unsigned = Signed { signature: Signature([1; 64]), ..other.clone() };
    world.refuses_evidence(Evidence::TwoAnnouncements { one: one.clone(), other: unsigned }, "bad-signature");
    let elsewhere = types::ProverMessage { chain: types::ChainId([0; 32]), ..other.value };
    let other = Signed::new(elsewhere, world.secret_of(one.value.prover));
    world.refuses_evidence(Evidence::TwoAnnouncements { one, other }, "bad-signature");
}

#[test]
fn verdicts_that_contradict_nothing_prove_nothing() {
    let mut world = World::with(4, brief());
    let (_, subject) = settled(&mut world, Verdict::Valid);
    let (offender, other) = (world.members()[3], world.members()[2]);
    let refuses = |evidence| world.refuses_evidence(evidence, "evidence");
    for verdict in [Verdict::Valid, Verdict::Unavailable] {
        refuses(Evidence::FalseVerdict(world.verdict(offender, subject, verdict)));
    }
    let about = |subject| Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    refuses(about(Subject { proof: BlobId::of(b"another"), ..subject }));
    refuses(about(Subject { attempt: 2, ..subject }));
    refuses(about(Subject { attempt: 0, ..subject }));
    let unknown = about(Subject { workload: WorkloadId([0; 32]), ..subject });
    world.refuses_evidence(unknown, "unknown-workload");
    let pair = |one: (AccountId, Subject, Verdict), other: (AccountId, Subject, Verdict)| Evidence::TwoVerdicts {
        one: world.verdict(one.0, one.1, one.2),
        other: world.verdict(other.0, other.1, other.2),
    };
    let elsewhere = Subject { proof: BlobId::of(b"another"), ..subject };
    refuses(pair((offender, subject, Verdict::Valid), (offender, subject, Verdict::Valid)));
    refuses(pair((offender, subject, Verdict::Valid), (offender, subject, Verdict::Unavailable)));
    refuses(pair((offender, subject, Verdict::Unavailable), (offender, subject, Verdict::Invalid)));
    refuses(pair((offender, subject, Verdict::Valid), (other, subject, Verdict::Invalid)));
    refuses(pair((offender, subject, Verdict::Valid), (offender, elsewhere, Verdict::Invalid)));
}

#[test]
fn where_nobody_decided_a_lone_verdict_proves_nothing() {
    let mut world = World::with(4, brief());
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    let offender = world.members()[3];
    let lone = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    world.refuses_evidence(lone.clone(), "evidence");
    world.settle(world.settlement(id, Verdict::Unavailable, &[0, 1, 2]));
    world.refuses_evidence(lone, "evidence");
}

#[test]
fn announcements_that_contradict_nothing_prove_nothing() {
    let mut world = World::with(4, brief());
    let (id, _) = settled(&mut world, Verdict::Valid);
    let prover = world.workload(id).attempts[0].prover;
    let stranger = world.members().into_iter().find(|member| *member != prover).expect("another");
    let says = |prover, proof: &[u8]| world.says(prover, id, announcement(proof));
    let refuses = |one, other| world.refuses_evidence(Evidence::TwoAnnouncements { one, other }, "evidence");
    refuses(says(prover, BUNDLE), says(prover, BUNDLE));
    refuses(says(stranger, BUNDLE), says(stranger, b"another"));
    refuses(says(prover, BUNDLE), says(stranger, b"another"));
    refuses(says(prover, BUNDLE), world.says(prover, id, types::ProverAction::Accept));
    let mut later = says(prover, b"another").value;
    later.attempt = 2;
    refuses(says(prover, BUNDLE), Signed::new(later, world.secret_of(prover)));
}

#[test]
fn evidence_against_nobody_is_refused() {
    let mut world = World::with(4, brief());
    let (_, subject) = settled(&mut world, Verdict::Valid);
    let verdict =
        SignedVerdict { prover: world.user(0), ..world.verdict(world.members()[0], subject, Verdict::Invalid) };
    world.refuses_evidence(Evidence::FalseVerdict(verdict), "no-role");
}

#[test]
fn a_rejected_proof_pays_the_user_up_to_the_fee_and_burns_the_rest() {
    let mut world = World::with(4, brief());
    let id = world.proved(0);
    let (prover, locked) = (world.drawn(id), world.workload(id).fee.total().expect("small"));
    let (user, (bond, burned)) = (world.balance(0), stakes(&world, prover));
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!(world.balance(0).0, user.0 + locked.0);
    assert_eq!(stakes(&world, prover), (bond - UNIT.0, burned + UNIT.0 - locked.0));
    let [paid] = world.movements()[..] else { panic!("one movement") };
    assert_eq!((paid.cause, paid.about, paid.account), (Cause::Compensation, Some(id.0), world.user(0)));
    let offence = Offence::RejectedProof;
    assert!(world.events.contains(&ChainEvent::Slashed { prover, workload: id, offence, amount: UNIT }));
    assert_eq!(world.meta().totals.escrow, locked, "its fee is still there for the next attempt");
}

#[test]
fn half_of_what_a_rejected_proof_costs_burns_however_much_was_locked() {
    let mut world = World::with(4, types::Params { compute_price: Amount(9_000_000_000), ..brief() });
    let id = world.proved(0);
    let (prover, locked) = (world.drawn(id), world.workload(id).fee.total().expect("small"));
    assert!(locked > UNIT);
    let (user, (bond, burned)) = (world.balance(0), stakes(&world, prover));
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!(world.balance(0).0, user.0 + UNIT.0 / 2);
    assert_eq!(stakes(&world, prover), (bond - UNIT.0, burned + UNIT.0 / 2));
}

#[test]
fn the_slash_is_a_share_of_the_bond_behind_the_cores() {
    let mut world = World::with(4, types::Params { slash: 250, ..brief() });
    let id = world.queued_run(0, Run { resources: cores(2), ..run_of(program().id()) });
    world.draw();
    world.accept(id);
    world.announce(id);
    let prover = world.drawn(id);
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!(world.prover(prover).bond.0, 4 * UNIT.0 - UNIT.0 / 2);
    assert_eq!(world.prover(prover).free(UNIT).cpus, 3, "a core whose bond is not whole is no ticket");
}

#[test]
fn a_slash_reaches_what_was_taken_back_the_latest_part_first() {
    let mut world = World::with(4, brief());
    let id = world.proved(0);
    let prover = world.drawn(id);
    world.fund(prover, UNIT);
    let half = Amount(UNIT.0 / 2);
    for amount in [half, half, Amount(3 * UNIT.0)] {
        world.unbonds(prover, Role::Prover, amount);
    }
    let parts = |world: &World| world.prover(prover).unbonding.iter().map(|part| part.amount.0).collect::<Vec<_>>();
    assert_eq!((world.prover(prover).bond.0, parts(&world)), (0, vec![half.0, half.0, 3 * UNIT.0]));
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    let left = 2 * UNIT.0;
    assert_eq!((world.prover(prover).bond, parts(&world)), (Amount::ZERO, vec![half.0, half.0, left]));
    let before = world.account(prover).balance;
    world.wait(170_000);
    assert_eq!(world.account(prover).balance.0, before.0 + 2 * half.0 + left);
}

#[test]
fn nobody_loses_more_than_it_has() {
    let mut world = World::with(4, brief());
    let id = world.queued_run(0, Run { resources: cores(4), ..run_of(program().id()) });
    world.draw();
    world.accept(id);
    world.announce(id);
    let prover = world.drawn(id);
    let evidence = two_announcements(&world, id);
    submit(&mut world, evidence);
    assert_eq!(world.prover(prover).bond, Amount::ZERO);
    let (user, burned) = (world.balance(0), world.meta().totals.burned);
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!((world.balance(0), world.meta().totals.burned), (user, burned), "there is nothing left to pay with");
    assert!(world.events.iter().any(|event| matches!(event, ChainEvent::Slashed { amount: Amount::ZERO, .. })));
}

#[test]
fn a_slashed_prover_is_out_of_the_next_set_until_it_bonds_again() {
    let mut world = World::with(4, brief());
    let id = world.queued_run(0, Run { resources: cores(4), ..run_of(program().id()) });
    world.draw();
    world.accept(id);
    world.announce(id);
    let prover = world.drawn(id);
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert!(world.prover(prover).member, "it judges until the epoch ends");
    world.next_epoch();
    assert!(!world.prover(prover).member);
    world.fund(prover, Amount(2 * UNIT.0));
    world.bonds(prover, Role::Prover, UNIT);
    world.next_epoch();
    assert!(world.prover(prover).member);
}

#[test]
fn a_false_verdict_costs_more_where_it_weighs_more() {
    let (mut genesis, group) = super::network::genesis(4, brief());
    for prover in genesis.provers.iter_mut() {
        prover.capacity = cores(40);
    }
    super::network::prove_possession(&mut genesis);
    let mut world = World::of(genesis, group);
    let (_, subject) = settled(&mut world, Verdict::Valid);
    let offender = world.members()[3];
    let (bond, burned) = stakes(&world, offender);
    let evidence = Evidence::FalseVerdict(world.verdict(offender, subject, Verdict::Invalid));
    submit(&mut world, evidence);
    assert_eq!(stakes(&world, offender), (bond - 4 * UNIT.0, burned + 4 * UNIT.0), "a core in ten");
}

#[test]
fn a_block_takes_so_much_evidence_and_the_rest_follows() {
    let (evidence_window, unbond_delay) = (types::Millis(90_000), types::Millis(180_000));
    let mut world = World::with(4, types::Params { slash: 10, evidence_window, unbond_delay, ..brief() });
    let offender = world.members()[1];
    let found: Vec<Evidence> = (0..=EVIDENCE_PER_BLOCK).map(|_| contradiction(&mut world, offender)).collect();
    let (last, first) = found.split_last().expect("some");
    let late = world.call(0, Call::Evidence(Box::new(last.clone())));
    let evidence = List::truncated(first.to_vec());
    let body = Body { evidence, transactions: List::truncated(vec![late.clone()]), ..Body::default() };
    let kept = world.try_block(500, &body);
    assert_eq!((kept.evidence.len(), kept.transactions.len()), (EVIDENCE_PER_BLOCK, 0));
    world.transact(vec![late]);
}

/// A prover signs two final verdicts about one proof.
fn contradiction(world: &mut World, offender: types::AccountId) -> Evidence {
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    let [one, other] = [Verdict::Valid, Verdict::Invalid].map(|verdict| world.verdict(offender, subject, verdict));
    world.settle_by_all(id, Verdict::Valid);
    Evidence::TwoVerdicts { one, other }
}

#[test]
fn whoever_has_nothing_left_to_lose_is_convicted_of_nothing_more() {
    let mut world = World::with(4, brief());
    let offender = world.members()[1];
    for _ in 0..4 {
        let evidence = contradiction(&mut world, offender);
        submit(&mut world, evidence);
    }
    assert_eq!(world.prover(offender).bond, Amount::ZERO);
    let evidence = contradiction(&mut world, offender);
    world.refuses_call(0, Call::Evidence(Box::new(evidence)), "evidence");
}
