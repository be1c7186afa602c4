//! What changes when an epoch ends: seats, active provers, the price, what is on offer.

use super::{
    network::{SEAT, UNIT, brief, cores, program, run_of},
    world::{STEP, World},
};
use crate::memory::ExecuteError;
use ports::{BlockContext, Mode, StateMachine};
use types::{
    Amount, Body, Call, ChainEvent, Params, Resources, Run, State, Verdict, fee,
    registry::{ProverUpdate, Role},
};

fn committee(world: &World, epoch: u64) -> Vec<u8> {
    let ledger = world.memory.ledger();
    let keys = ledger.committee_keys(epoch);
    let values: Vec<_> = keys.iter().map(|key| world.memory.values().get(key).cloned()).collect();
    ledger.committee(epoch, &values).into_iter().map(|peer| peer[0]).collect()
}

#[test]
fn seats_follow_bonds_two_epochs_ahead() {
    let mut world = World::seated(6, 4, Params { seats: 4, ..brief() });
    assert_eq!((committee(&world, 2), world.meta().seats), (vec![1, 2, 3, 4], 4));
    let richer = world.seat(6);
    world.fund(richer, Amount(2 * UNIT.0));
    world.bonds(richer, Role::Validator, UNIT);
    assert_eq!(committee(&world, 2), [1, 2, 3, 4], "an epoch that is named does not change");
    world.turn_epoch();
    assert_eq!(committee(&world, 3), [1, 2, 3, 6], "of equal bonds the lower peers sit");
    world.unbonds(richer, Role::Validator, UNIT);
    world.turn_epoch();
    assert_eq!((committee(&world, 3), committee(&world, 4)), (vec![1, 2, 3, 6], vec![1, 2, 3, 4]));
}

#[test]
fn whoever_signs_was_named_for_the_epoch_before() {
    let mut world = World::seated(7, 4, Params { seats: 4, ..brief() });
    world.fund(world.seat(7), Amount(2 * SEAT.0));
    world.bonds(world.seat(7), Role::Validator, SEAT);
    let seated = |world: &World, epoch: u64| world.named(epoch).contains(&7);
    for _ in 0..4 {
        world.turn_epoch();
    }
    assert!(!seated(&world, 2) && seated(&world, 3) && seated(&world, 4) && seated(&world, 5) && seated(&world, 6));
    assert_eq!(world.meta().seats, 4);
}

#[test]
fn more_seats_count_from_the_epoch_in_which_they_sign() {
    let mut world = World::seated(5, 4, Params { seats: 5, ..brief() });
    let poor = world.seat(5);
    world.fund(poor, UNIT);
    world.unbonds(poor, Role::Validator, Amount(1));
    let mut seats = Vec::new();
    for _ in 0..5 {
        seats.push(world.meta().seats);
        world.turn_epoch();
    }
    assert_eq!(seats, [5, 5, 5, 5, 4], "below the minimum it is not named for 3, which signs in 4");
}

#[test]
fn the_active_provers_are_those_that_gave_a_sign_of_life() {
    let mut world = World::with(5, brief());
    world.next_epoch();
    let members = world.members();
    let spoken = world.proved(0);
    world.settle(world.settlement(spoken, Verdict::Valid, &[0, 1, 2, 3]));
    world.turn_epoch();
    assert_eq!(world.members(), members[..4], "a verdict in a certificate is a sign of life, silence is none");
    let beats = types::List::truncated(members[1..].iter().map(|prover| world.heartbeat(*prover)).collect());
    world.block(&Body { heartbeats: beats, ..Body::default() });
    world.turn_epoch();
    assert_eq!(world.members(), members[1..], "and so is a heartbeat, also of one that was out");
    world.turn_epoch();
    assert_eq!((world.members(), world.meta().set_size, world.meta().units_offered), (vec![], 0, 0));
}

#[test]
fn with_nobody_active_runs_wait_and_the_chain_goes_on() {
    let mut world = World::with(4, brief());
    world.turn_epoch();
    world.turn_epoch();
    assert_eq!(world.meta().set_size, 0);
    let id = world.queued(0);
    assert_eq!(world.workload(id).fee.verification, Amount::ZERO);
    world.next_epoch();
    world.draw();
    assert_eq!(world.state(id), State::Allocated, "those that came back are drawn");
}

#[test]
fn the_largest_bonds_are_active() {
    let mut world = World::with(5, Params { provers_max: 4, ..brief() });
    let members = world.members();
    let all = world.all_provers();
    assert_eq!(members.len(), 4, "of equal bonds the lower accounts are");
    let out = *all.iter().find(|prover| !members.contains(prover)).expect("one is out");
    world.fund(out, Amount(2 * UNIT.0));
    world.bonds(out, Role::Prover, Amount(1));
    assert_eq!(world.members(), members, "until the epoch ends");
    world.next_epoch();
    assert!(world.members().contains(&out) && world.members().len() == 4);
    assert_eq!(world.meta().units_offered, 16);
}

#[test]
fn a_later_set_is_another_version_and_the_earlier_stay() {
    let mut world = World::with(4, brief());
    let first = world.set(1);
    world.next_epoch();
    assert_eq!(world.meta().set, 2);
    assert_eq!((world.set(2), world.set(1)), (first.clone(), first));
    let Some(ChainEvent::Epoch { epoch: 1, set: 2, compute_price }) = world.events.last() else {
        panic!("an epoch began: {:?}", world.events)
    };
    assert_eq!(*compute_price, world.meta().compute_price);
}

#[test]
fn an_epoch_follows_the_one_before() {
    let world = World::with(4, brief());
    let context = world.context(STEP);
    for epoch in [2, 7, u64::MAX] {
        let context = BlockContext { epoch, ..context.clone() };
        let error = world.memory.execute(context, Body::default().encode().into(), Mode::Candidate);
        assert!(matches!(error, Err(ExecuteError::Invalid(reason)) if reason.contains("epoch")));
    }
    let mut world = world;
    world.turn_epoch();
    let back = BlockContext { epoch: 0, ..world.context(STEP) };
    assert!(world.memory.execute(back, Body::default().encode().into(), Mode::Candidate).is_err());
}

#[test]
fn with_nothing_in_use_the_price_falls_by_a_step_and_no_further_than_its_floor() {
    let mut world = World::with(4, Params { compute_price_min: Amount(7_000_000), ..brief() });
    let mut prices = Vec::new();
    for _ in 0..4 {
        world.next_epoch();
        prices.push(world.meta().compute_price.0);
    }
    assert_eq!(prices, [8_750_000, 7_656_250, 7_000_000, 7_000_000]);
}

#[test]
fn where_nothing_is_offered_the_price_stays() {
    let mut world = World::with(4, brief());
    world.turn_epoch();
    world.turn_epoch();
    let price = world.meta().compute_price;
    world.turn_epoch();
    assert_eq!((world.meta().offered, world.meta().compute_price), (0, price));
}

#[test]
fn with_all_in_use_the_price_rises_and_what_was_queued_before_keeps_its_price() {
    let mut world = World::with(4, brief());
    world.next_epoch();
    let large = || Run { resources: cores(4), ..run_of(program().id()) };
    let ids: Vec<_> = (0..4).map(|_| world.queued_run(0, large())).collect();
    world.draw_waiting();
    assert_eq!(world.meta().units_used, 16);
    ids.iter().for_each(|id| world.accept(*id));
    let (fee, before, epoch) = (world.workload(ids[0]).fee, world.meta().compute_price.0, world.meta().epoch);
    world.beat();
    while world.context(STEP).epoch == epoch {
        world.idle();
    }
    // The block that begins the epoch counts its own step of time for the one that ended.
    let (step, meta) = (u128::from(STEP), world.meta());
    let (used, offered) = (meta.used + 16 * step, meta.offered + 16 * step);
    assert!(used * 2 > offered, "more than half was in use: {used} of {offered}");
    world.idle();
    let price = fee::next_price(&meta.params, meta.compute_price, used, offered);
    assert_eq!(world.meta().compute_price, price);
    assert!(price.0 > before && price.0 <= before + before / 8, "{price}");
    let later = world.queued_run(0, large());
    assert!(world.workload(later).fee.compute > fee.compute);
    assert_eq!(world.workload(ids[0]).fee, fee);
}

#[test]
fn what_is_used_and_offered_is_counted_by_the_time_it_lasts() {
    let mut world = World::with(4, brief());
    let id = world.allocated(0);
    let before = world.meta();
    assert_eq!((before.units_used, before.units_offered), (1, 16));
    world.wait(2_000);
    assert_eq!((world.meta().used - before.used, world.meta().offered - before.offered), (2_000, 32_000));
    world.accept(id);
    world.announce(id);
    let before = world.meta();
    world.wait(2_000);
    assert_eq!((world.meta().used - before.used, world.meta().units_used), (0, 0), "computing is over");
}

#[test]
fn a_run_that_nobody_could_serve_any_more_is_refused_with_the_largest_there_is() {
    let mut world = World::with(4, brief());
    let all = world.all_provers();
    world.fund_all(&all, UNIT);
    for (prover, cpus) in all.iter().zip([3, 2, 2, 1]) {
        let capacity = Some(cores(cpus));
        world.sends(*prover, Call::Update(ProverUpdate { capacity, ..ProverUpdate::default() }));
    }
    let run = |cpus| Call::Run(Run { resources: cores(cpus), ..run_of(program().id()) });
    let before = world.queued_run(0, Run { resources: cores(4), ..run_of(program().id()) });
    assert_eq!(world.state(before), State::Queued, "what is on offer is counted once in an epoch");
    world.next_epoch();
    assert_eq!(&*world.offers().largest, [cores(3)]);
    world.refuses_call(0, run(4), "never-served");
    let body = Body { transactions: types::List::truncated(vec![world.call(0, run(4))]), ..Body::default() };
    assert!(world.refused(&body).contains("no prover has 4 cores; the largest has 3"));
    let id = world.queued_run(0, Run { resources: cores(3), ..run_of(program().id()) });
    assert_eq!(world.state(id), State::Queued);
}

#[test]
fn offers_keep_what_fits_in_no_other() {
    let mut world = World::with(4, brief());
    let all = world.all_provers();
    world.fund_all(&all, UNIT);
    world.declares(all[0], Resources { cpus: 1, ..cores(4) });
    world.declares(all[1], Resources { memory_mib: 1_000, ..cores(4) });
    world.declares(all[2], Resources { memory_mib: 2_000, ..cores(3) });
    world.declares(all[3], Resources { memory_mib: 500, ..cores(2) });
    world.next_epoch();
    let mut offers = world.offers().largest.into_vec();
    offers.sort_by_key(|offer| offer.cpus);
    let expected = [
        Resources { cpus: 1, ..cores(4) },
        Resources { memory_mib: 2_000, ..cores(3) },
        Resources { memory_mib: 1_000, ..cores(4) },
    ];
    assert_eq!(offers, expected);
}

#[test]
fn a_proof_is_judged_by_the_set_of_its_announcement() {
    let mut world = World::with(4, types::Params { epoch_blocks: 16, ..types::Params::default() });
    let (queued, early) = (world.meta().set, world.proving(0));
    world.next_epoch();
    world.announce(early);
    let announced = world.workload(early).subject().expect("announced").1.set;
    assert_eq!((announced, world.meta().set), (queued + 1, queued + 1));
    world.next_epoch();
    assert_eq!(world.workload(early).subject().expect("announced").1.set, announced, "a later set has no say");
    world.settle_by_all(early, types::Verdict::Valid);
}
