//! The verdict clock (rule 11): a later set takes the place of one that did not decide.

use super::{network::brief, world::World};
use types::{Body, ChainEvent, EndReason, Params, State, Verdict, WorkloadId};

/// Lets one verdict clock run out: ten seconds, and two leaders.
fn run_out(world: &mut World) {
    world.wait(12_000);
    world.hear();
}

fn set_of(world: &World, id: WorkloadId) -> u64 {
    world.workload(id).subject().expect("announced").1.set
}

/// A proof that nobody judged in the epoch in which it was announced.
fn unjudged() -> (World, WorkloadId) {
    let mut world = World::with(4, brief());
    let id = world.proved(0);
    world.next_epoch();
    assert_eq!((set_of(&world, id), world.meta().set), (1, 2));
    (world, id)
}

#[test]
fn a_later_set_takes_over_when_the_clock_runs_out() {
    let (mut world, id) = unjudged();
    let early = world.settlement(id, Verdict::Valid, &[0, 1, 2]);
    world.until(2_000, |world| set_of(world, id) > 1);
    assert!(world.events.contains(&ChainEvent::Renewed { workload: id, attempt: 1, set: world.meta().set }));
    let workload = world.workload(id);
    assert_eq!((workload.renewals, workload.overtime, workload.state), (1, None, State::Proved));
    assert_eq!(workload.moves_on, Some(world.meta().time.after(world.params().verdict_window)));
    world.settle(early);
    assert_eq!(world.state(id), State::Verified, "its members are the same");
}

#[test]
fn those_that_left_the_set_have_no_say_after_it_was_renewed() {
    let mut world = World::with(5, brief());
    let id = world.proved(0);
    let members = world.members();
    world.turn_epoch();
    let beats = types::List::truncated(members[..4].iter().map(|prover| world.heartbeat(*prover)).collect());
    world.block(&Body { heartbeats: beats, ..Body::default() });
    // The fifth member was silent for all of epoch 1.
    let old = world.settlement(id, Verdict::Valid, &[1, 2, 3, 4]);
    world.turn_epoch();
    run_out(&mut world);
    assert_eq!(world.set(set_of(&world, id)).members.len(), 4);
    world.refuses_settlement(old, "certificate");
    world.settle(world.settlement(id, Verdict::Valid, &[1, 2, 3]));
    assert_eq!(world.state(id), State::Verified);
}

#[test]
fn while_there_is_no_later_set_the_same_one_goes_on() {
    let mut world = World::with(4, Params { epoch_blocks: 4_096, ..brief() });
    let id = world.proved(0);
    for _ in 0..8 {
        run_out(&mut world);
    }
    let workload = world.workload(id);
    assert_eq!((workload.state, workload.renewals, set_of(&world, id)), (State::Proved, 0, 1));
}

#[test]
fn after_so_many_renewals_it_is_undecided_and_the_fee_halved() {
    let (mut world, id) = unjudged();
    let (prover, before) = (world.drawn(id), world.balance(0));
    let mut sets = vec![1];
    for _ in 0..200 {
        if world.state(id).is_end() {
            break;
        }
        sets.push(set_of(&world, id));
        world.beat();
        world.wait(2_000);
    }
    sets.dedup();
    assert_eq!(sets.len(), 3, "the first and two later ones: {sets:?}");
    let workload = world.workload(id);
    assert_eq!(workload.end.map(|end| end.reason), Some(EndReason::Undecided));
    let half = workload.fee.compute.0 / 2;
    assert_eq!(world.account(prover).balance.0, half);
    assert_eq!(world.balance(0).0, before.0 + workload.fee.total().expect("small").0 - half);
    assert_eq!((world.prover(prover).tally.missed, world.prover(prover).live), (0, 0));
}

#[test]
fn the_next_attempt_has_all_of_its_renewals() {
    let (mut world, id) = unjudged();
    run_out(&mut world);
    assert_eq!(world.workload(id).renewals, 1);
    world.beat();
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!((world.state(id), world.workload(id).renewals), (State::Queued, 0));
}

#[test]
fn without_renewals_the_first_clock_is_the_last() {
    let mut world = World::with(4, Params { verdict_epochs: 0, ..brief() });
    let id = world.proved(0);
    run_out(&mut world);
    assert_eq!(world.state(id), State::Failed);
}

#[test]
fn the_verdicts_of_a_larger_set_are_paid_from_the_fee_that_was_locked() {
    let (verdict_window, unbond_delay) = (types::Millis(60_000), types::Millis(140_000));
    let mut world = World::with(4, Params { epoch_blocks: 64, verdict_window, unbond_delay, ..brief() });
    let id = world.proved(0);
    let newcomer = world.tested(1);
    world.next_epoch();
    world.until(2_000, |world| set_of(world, id) > 1);
    let members = world.set(set_of(&world, id)).members;
    let bond = members.iter().find(|member| member.account == newcomer).expect("a member").bond.0;
    let all: u64 = members.iter().map(|member| member.bond.0).sum();
    assert_eq!((members.len(), all / bond), (5, 17), "the others bonded four times as much");
    let (fee, earned) = (world.workload(id).fee.verification.0, world.account(newcomer).balance.0);
    world.settle_by_all(id, Verdict::Valid);
    assert_eq!(world.account(newcomer).balance.0, earned + fee * bond / all);
}
