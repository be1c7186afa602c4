//! Admission says what execution would.

use super::{
    network::{FUNDS, UNIT, brief, cores, program, run_of},
    parties::{changes, declare},
    world::World,
};
use crate::admission;
use types::{
    AccountId, Amount, Body, Call, ChainId, List, ProverAction, Refusal, Run, Signed, Verdict, WorkloadId,
    offence::Evidence,
    registry::{Heartbeat, ProverUpdate, Registration, Role, SignedHeartbeat},
    state_key,
    transaction::SignedTransaction,
    verdict::VerdictSignature,
};

fn check(world: &World, signed: &SignedTransaction) -> Result<(), Refusal> {
    let values: Vec<_> = admission::keys(signed).iter().map(|key| world.memory.values().get(key).cloned()).collect();
    admission::check(world.memory.ledger().genesis(), &world.meta(), signed, &values)
}

fn code(world: &World, signed: &SignedTransaction) -> &'static str {
    check(world, signed).map_or_else(|refusal| refusal.code(), |()| "good")
}

#[test]
fn what_a_block_would_take_is_admitted() {
    let mut world = World::with(4, types::Params { provers_min: 5, ..Default::default() });
    let id = world.queued(1);
    let calls = [
        (0, Call::Transfer { to: AccountId([77; 32]), amount: Amount(1) }),
        (0, Call::Deploy(types::Program { fuel_limit: 1, ..program() })),
        (0, Call::Run(run_of(program().id()))),
        (1, Call::Cancel { workload: id }),
    ];
    for (user, call) in calls {
        let signed = world.call(user, call);
        assert_eq!(code(&world, &signed), "good");
        world.transact(vec![signed]);
    }
}

#[test]
fn what_a_block_would_refuse_is_refused_with_the_same_code() {
    let mut world = World::new();
    let id = world.queued(1);
    let run = run_of(program().id());
    let calls = [
        (0, Call::Transfer { to: AccountId([77; 32]), amount: FUNDS }),
        (0, Call::Deploy(program())),
        (0, Call::Run(Run { program: types::ProgramId([0; 32]), ..run.clone() })),
        (0, Call::Run(Run { resources: super::network::cores(9), ..run.clone() })),
        (0, Call::Run(Run { fee_max: Amount(1), ..run })),
        (0, Call::Cancel { workload: id }),
        (1, Call::Cancel { workload: id }),
        (1, Call::Cancel { workload: WorkloadId([0; 32]) }),
    ];
    for (user, call) in calls {
        let signed = world.call(user, call);
        world.refuses_transaction(signed.clone(), code(&world, &signed));
    }
    let good = world.run(0);
    let forged = Signed::new(good.value, &world.users[1]);
    assert_eq!(code(&world, &forged), "bad-signature");
}

#[test]
fn a_later_nonce_may_wait_and_a_used_one_may_not() {
    let world = World::new();
    let mut transaction = world.transaction(0, Call::Run(run_of(program().id())));
    transaction.nonce += 5;
    assert_eq!(code(&world, &world.sign(0, transaction.clone())), "good");
    transaction.nonce = 0;
    assert_eq!(code(&world, &world.sign(0, transaction)), "nonce-used");
}

#[test]
fn malformed_values_are_refused_without_a_panic() {
    let world = World::new();
    let signed = world.run(0);
    let garbage = vec![Some(bytes::Bytes::from_static(b"x")); 2];
    let refusal = admission::check(world.memory.ledger().genesis(), &world.meta(), &signed, &garbage);
    assert_eq!(refusal.expect_err("garbage").code(), "malformed");
    let unknown = admission::check(world.memory.ledger().genesis(), &world.meta(), &signed, &[]);
    assert!(unknown.is_err(), "no values are a state with nothing in it");
}

#[test]
fn messages_of_provers_are_admitted_when_it_is_their_turn() {
    let mut world = World::new();
    let id = world.allocated(0);
    let accept = world.drawn_says(id, ProverAction::Accept);
    let check =
        |world: &World, workload: Option<&types::Workload>| admission::check_message(&world.meta(), &accept, workload);
    assert_eq!(check(&world, Some(&world.workload(id))), Ok(()));
    assert_eq!(check(&world, None), Err(Refusal::UnknownWorkload));
    world.say(vec![accept.clone()]);
    assert_eq!(check(&world, Some(&world.workload(id))), Err(Refusal::Repeated));
    let forged = Signed::new(world.drawn_says(id, ProverAction::HandBack).value, &world.users[0]);
    let refusal = admission::check_message(&world.meta(), &forged, Some(&world.workload(id)));
    assert!(refusal.is_err());
}

/// A network of members with money, and an offence that the fourth of them committed.
fn busy() -> (World, Evidence) {
    let mut world = World::with(4, brief());
    let validators: Vec<AccountId> = world.validators.iter().map(|secret| secret.account()).collect();
    world.newcomer();
    world.fund_all(&[world.all_provers(), validators].concat(), Amount(9 * UNIT.0));
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
    let evidence = Evidence::FalseVerdict(world.verdict(world.members()[3], subject, Verdict::Invalid));
    (world, evidence)
}

#[test]
fn what_members_send_is_admitted_if_a_block_would_take_it() {
    let (mut world, evidence) = busy();
    let [prover, newcomer] = [0, 4].map(|index| world.provers[index].account());
    let registration = world.registration(newcomer, cores(2));
    let calls = [
        (prover, Call::Bond { role: Role::Prover, amount: UNIT }),
        (prover, Call::Unbond { role: Role::Prover, amount: UNIT }),
        (prover, declare(cores(2))),
        (prover, Call::Update(ProverUpdate { drain: Some(true), ..ProverUpdate::default() })),
        (newcomer, Call::Register(Box::new(registration))),
        (world.seat(2), Call::Bond { role: Role::Validator, amount: UNIT }),
        (world.seat(2), Call::Unbond { role: Role::Validator, amount: UNIT }),
        (world.seat(2), Call::Vote(changes(&[("jail_users", 5)]))),
        (world.user(1), Call::Evidence(Box::new(evidence))),
    ];
    for (sender, call) in calls {
        let signed = world.call_of(world.secret_of(sender), call);
        assert_eq!(code(&world, &signed), "good", "{}", signed.value.call.kind());
        world.transact(vec![signed]);
    }
}

#[test]
fn what_members_send_is_refused_with_the_code_of_a_block() {
    let (world, evidence) = busy();
    let [prover, newcomer] = [0, 4].map(|index| world.provers[index].account());
    let registration = world.registration(newcomer, cores(2));
    let with = |change: fn(&mut Registration)| {
        let mut changed = registration.clone();
        change(&mut changed);
        Call::Register(Box::new(changed))
    };
    let member = world.prover(prover).key;
    let stolen = Registration { key: member, ..registration.clone() };
    let Evidence::FalseVerdict(verdict) = evidence else { unreachable!() };
    let accuse = |verdict| Call::Evidence(Box::new(Evidence::FalseVerdict(verdict)));
    let calls = [
        (prover, Call::Bond { role: Role::Prover, amount: Amount(10 * UNIT.0) }),
        (prover, Call::Bond { role: Role::Prover, amount: Amount::ZERO }),
        (prover, Call::Bond { role: Role::Validator, amount: UNIT }),
        (prover, Call::Unbond { role: Role::Prover, amount: Amount(5 * UNIT.0) }),
        (prover, Call::Unbond { role: Role::Prover, amount: Amount::ZERO }),
        (prover, declare(cores(5))),
        (prover, declare(cores(0))),
        (prover, Call::Return),
        (newcomer, Call::Return),
        (newcomer, declare(cores(1))),
        (newcomer, with(|registration| registration.bond = Amount(2 * UNIT.0 - 1))),
        (newcomer, with(|registration| registration.bond = Amount(10 * UNIT.0))),
        (newcomer, with(|registration| registration.capacity = cores(0))),
        (newcomer, with(|registration| registration.possession = VerdictSignature([0; 48]))),
        (newcomer, Call::Register(Box::new(stolen))),
        (prover, Call::Register(Box::new(registration.clone()))),
        (prover, Call::Vote(changes(&[("jail_users", 5)]))),
        (world.seat(1), Call::Vote(changes(&[("jail_users", 0)]))),
        (world.seat(1), Call::Vote(changes(&[("block_interval", 500)]))),
        // Less than a core's bond would be left, and the bond leaves nothing for the verdicts of the test.
        (prover, Call::Unbond { role: Role::Prover, amount: Amount(3 * UNIT.0 + 1) }),
        (newcomer, with(|registration| registration.bond = Amount(9 * UNIT.0 - 1_177_000))),
        (prover, accuse(types::SignedVerdict { verdict: Verdict::Valid, ..verdict.clone() })),
        (prover, accuse(types::SignedVerdict { signature: VerdictSignature([0; 48]), ..verdict })),
    ];
    for (sender, call) in calls {
        let signed = world.call_of(world.secret_of(sender), call);
        let code = code(&world, &signed);
        assert_ne!(code, "good", "{:?}", signed.value.call);
        world.refuses_transaction(signed, code);
    }
}

#[test]
fn nothing_is_admitted_that_stays_in_front_of_what_follows_it() {
    let (mut world, _) = busy();
    let [prover, poor] = [0, 1].map(|index| world.provers[index].account());
    let refused = |world: &World, sender: types::AccountId, call: Call, expected: &str| {
        let signed = world.call_of(world.secret_of(sender), call);
        assert_eq!(code(world, &signed), expected);
        world.refuses_transaction(signed, expected);
    };
    // Parts of a bond are counted.
    let one = Call::Unbond { role: Role::Prover, amount: Amount(1) };
    world.bonds(prover, Role::Prover, UNIT);
    for _ in 0..types::limits::UNBONDINGS_MAX {
        world.sends(prover, one.clone());
    }
    refused(&world, prover, one, "not-while");
    // What computes declares no more.
    let id = world.proving(0);
    let computing = world.drawn(id);
    world.bonds(computing, Role::Prover, UNIT);
    refused(&world, computing, declare(cores(5)), "not-while");
    // A test has to be paid for.
    world.bonds(poor, Role::Prover, Amount(7 * UNIT.0));
    let fee = |call: &Call| {
        let bytes = types::codec::encode(&world.call_of(world.secret_of(poor), call.clone())).len();
        types::fee::transaction_fee(world.params(), bytes).expect("small").0
    };
    let all = Call::Transfer { to: prover, amount: world.account(poor).balance };
    let left = fee(&declare(cores(5))) + 1;
    let amount = Amount(world.account(poor).balance.0 - fee(&all) - left);
    world.sends(poor, Call::Transfer { to: prover, amount });
    refused(&world, poor, declare(cores(5)), "funds");
}

#[test]
fn pairings_are_worked_out_only_for_whoever_signed_and_can_pay() {
    let (world, evidence) = busy();
    let poor = super::network::secret(9, 9);
    let call = Call::Evidence(Box::new(evidence));
    assert_eq!(code(&world, &world.call_of(&poor, call.clone())), "funds");
    let forged = Signed::new(world.transaction(1, call), &world.users[2]);
    assert_eq!(code(&world, &forged), "bad-signature");
}

#[test]
fn evidence_by_itself_is_admitted_as_a_block_would_take_it() {
    let (mut world, evidence) = busy();
    let check = |world: &World, evidence: &Evidence| {
        let keys = admission::keys_of_evidence(evidence);
        let values: Vec<_> = keys.iter().map(|key| world.memory.values().get(key).cloned()).collect();
        admission::check_evidence(&world.meta(), evidence, &values).map_err(|refusal| refusal.code())
    };
    assert_eq!(check(&world, &evidence), Ok(()));
    world.block(&Body { evidence: List::truncated(vec![evidence.clone()]), ..Body::default() });
    assert_eq!(check(&world, &evidence), Err("punished"));
    let Evidence::FalseVerdict(mut verdict) = evidence else { unreachable!() };
    verdict.subject.workload = WorkloadId([0; 32]);
    assert_eq!(check(&world, &Evidence::FalseVerdict(verdict)), Err("unknown-workload"));
}

#[test]
fn a_heartbeat_is_admitted_as_a_block_would_take_it() {
    let mut world = World::with(4, brief());
    world.turn_epoch();
    let check = |world: &World, signed: &SignedHeartbeat| {
        let prover = world.memory.find(state_key::prover(signed.value.prover)).expect("well formed");
        admission::check_heartbeat(&world.meta(), signed, prover.as_ref()).map_err(|refusal| refusal.code())
    };
    let good = world.heartbeat(world.provers[0].account());
    assert_eq!(check(&world, &good), Ok(()));
    let with = |value| Signed::new(value, &world.provers[0]);
    assert_eq!(check(&world, &with(Heartbeat { epoch: 2, ..good.value })), Err("out-of-range"));
    assert_eq!(check(&world, &with(Heartbeat { chain: ChainId([0; 32]), ..good.value })), Err("wrong-chain"));
    assert_eq!(check(&world, &with(Heartbeat { prover: world.user(0), ..good.value })), Err("no-role"));
    assert_eq!(check(&world, &Signed::new(good.value, &world.provers[1])), Err("bad-signature"));
    world.block(&Body { heartbeats: List::truncated(vec![good.clone()]), ..Body::default() });
    assert_eq!(check(&world, &good), Err("repeated"));
}
