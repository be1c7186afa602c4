//! Admission says what execution would.

use super::{
    network::{FUNDS, program, run_of},
    world::World,
};
use crate::admission;
use types::{AccountId, Amount, Call, ProverAction, Refusal, Run, Signed, WorkloadId, transaction::SignedTransaction};

fn check(world: &World, signed: &SignedTransaction) -> Result<(), Refusal> {
    let values: Vec<_> = admission::keys(signed).iter().map(|key| world.memory.values().get(key).cloned()).collect();
    admission::check(&world.meta(), signed, &values)
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
    let refusal = admission::check(&world.meta(), &signed, &garbage);
    assert_eq!(refusal.expect_err("garbage").code(), "malformed");
    let unknown = admission::check(&world.meta(), &signed, &[]);
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
