//! What chain time does to workloads.

use super::{
    network::{FUNDS, program, run_of},
    world::{STEP, World},
};
use types::{
    Amount, AttemptEnd, Body, Call, EndReason, Millis, Params, State, WorkloadId,
    event::AttemptEndKind,
    limits::{DRAWS_MAX, DUE_PER_BLOCK},
};

/// Nothing is ever drawn: there are four provers and five are needed.
fn undrawn(queue_window: Millis) -> World {
    World::with(4, Params { provers_min: 5, queue_window, ..Params::default() })
}

fn many_runs(world: &mut World, count: u64) -> Vec<WorkloadId> {
    let mut transaction = world.transaction(0, Call::Run(run_of(program().id())));
    let mut sent = Vec::new();
    for _ in 0..count {
        sent.push(world.sign(0, transaction.clone()));
        transaction.nonce += 1;
    }
    let ids = sent.iter().map(|signed| signed.value.id().into()).collect();
    world.transact(sent);
    ids
}

fn ends_of(world: &World, id: WorkloadId) -> Vec<&'static str> {
    world.workload(id).attempts.iter().filter_map(|attempt| Some(attempt.end.as_ref()?.1.word())).collect()
}

#[test]
fn a_silent_prover_loses_its_turn_and_the_next_one_is_another() {
    let mut world = World::new();
    let id = world.allocated(0);
    let silent = world.drawn(id);
    assert_eq!(world.prover(silent).in_use.cpus, 1);
    world.wait(3_000);
    assert_eq!(world.state(id), State::Allocated);
    world.wait(2_000);
    world.hear();
    assert_eq!(world.state(id), State::Queued);
    assert_eq!(ends_of(&world, id), ["silent"]);
    assert_eq!((world.prover(silent).tally.missed, world.prover(silent).in_use.cpus), (1, 0));
    world.draw();
    assert_ne!(world.drawn(id), silent);
}

#[test]
fn silence_of_everybody_ends_after_the_last_draw_with_a_full_refund() {
    let mut world = World::new();
    let id = world.queued(0);
    let before = world.balance(0);
    for draws in 1..=DRAWS_MAX {
        world.draw();
        assert_eq!(world.workload(id).attempts.len(), draws);
        world.wait(6_000);
        world.hear();
    }
    let workload = world.workload(id);
    assert_eq!((workload.state, workload.end.map(|end| end.reason)), (State::Expired, Some(EndReason::NoProver)));
    assert_eq!(world.balance(0).0, before.0 + workload.fee.total().expect("small").0);
    let first: std::collections::BTreeSet<_> = workload.attempts[..4].iter().map(|attempt| attempt.prover).collect();
    assert_eq!(first.len(), 4, "each was asked once before any was asked again");
}

#[test]
fn a_missed_deadline_ends_the_attempt_and_the_second_one_the_workload() {
    let mut world = World::new();
    let id = world.proving(0);
    let first = world.drawn(id);
    world.wait(14_000);
    assert_eq!(world.state(id), State::Proving, "its time is not up");
    world.wait(2_000);
    world.hear();
    assert_eq!((world.state(id), world.prover(first).tally.missed), (State::Queued, 1));
    world.draw();
    assert_ne!(world.drawn(id), first, "whoever accepted is out");
    world.accept(id);
    let before = world.balance(0);
    world.wait(18_000);
    world.hear();
    let workload = world.workload(id);
    assert_eq!((workload.state, workload.end.map(|end| end.reason)), (State::Failed, Some(EndReason::AttemptsUsed)));
    assert_eq!(ends_of(&world, id), ["missed", "missed"]);
    assert_eq!(world.meta().totals.burned, workload.fee.compute, "rule 8: the compute fee is burned");
    assert_eq!(world.balance(0).0, before.0 + workload.fee.verification.0);
}

#[test]
fn a_proof_that_nobody_decides_about_is_undecided_and_its_fee_halved() {
    let mut world = World::with(4, Params { verdict_epochs: 0, ..Params::default() });
    let id = world.proved(0);
    let (prover, before) = (world.drawn(id), world.balance(0));
    world.wait(62_000);
    world.hear();
    let workload = world.workload(id);
    assert_eq!((workload.state, workload.end.map(|end| end.reason)), (State::Failed, Some(EndReason::Undecided)));
    assert_eq!(ends_of(&world, id), ["undecided"]);
    let half = workload.fee.compute.0 / 2;
    assert_eq!(world.account(prover).balance, Amount(half));
    assert_eq!(world.balance(0).0, before.0 + workload.fee.compute.0 - half + workload.fee.verification.0);
    assert_eq!(world.prover(prover).tally.missed, 0);
}

#[test]
fn a_run_that_finds_no_prover_in_time_expires_with_a_full_refund() {
    let mut world = undrawn(Millis(10_000));
    let id = world.queued(0);
    let (paid, locked) = (world.balance(0), world.workload(id).fee.total().expect("small"));
    world.wait(9_000);
    assert_eq!(world.state(id), State::Queued);
    world.wait(2_000);
    assert_eq!(world.state(id), State::Expired);
    assert_eq!(world.balance(0).0, paid.0 + locked.0);
    assert_eq!(world.meta().live, 0);
}

#[test]
fn what_a_block_has_no_room_for_follows_in_the_next() {
    let mut world = undrawn(Millis(2_000));
    let ids = many_runs(&mut world, 600);
    world.try_block(2_000, &Body::default());
    assert_eq!(world.meta().live, 600, "their bucket is not over");
    let mut left = 600;
    while left > 0 {
        world.try_block(250, &Body::default());
        let now = world.meta().live;
        assert!(left - now <= DUE_PER_BLOCK as u64 && now < left, "{left} and then {now}");
        left = now;
    }
    assert!(ids.iter().all(|id| world.state(*id) == State::Expired));
    let spent = FUNDS.0 - world.balance(0).0;
    assert_eq!(world.fees(), Amount(spent), "only fees of transactions are gone");
}

#[test]
fn runs_that_are_cancelled_at_once_do_not_keep_time_from_others() {
    let mut world = undrawn(Millis(2_000));
    let ids = many_runs(&mut world, 600);
    let mut cancel = world.transaction(0, Call::Return);
    let mut sent = Vec::new();
    for workload in ids {
        cancel.call = Call::Cancel { workload };
        sent.push(world.sign(0, cancel.clone()));
        cancel.nonce += 1;
    }
    let honest = world.run(1);
    let id = honest.value.id().into();
    world.try_block(0, &Body { transactions: types::List::new(sent).expect("few"), ..Body::default() });
    world.try_block(0, &Body { transactions: types::List::truncated(vec![honest]), ..Body::default() });
    world.try_block(2_000, &Body::default());
    world.try_block(250, &Body::default());
    assert_eq!(world.state(id), State::Expired, "600 entries were passed over in one block");
}

#[test]
fn the_longest_step_of_chain_time_is_done_in_one_block() {
    let params =
        Params { step_max: Millis(600_000), queue_window: Millis(300_000), provers_min: 5, ..Params::default() };
    let mut world = World::with(4, params);
    let id = world.queued(0);
    world.try_block(600_000, &Body::default());
    assert_eq!(world.state(id), State::Expired);
    assert_eq!(world.meta().due_bucket, types::state_key::due_bucket(world.meta().time));
}

#[test]
fn a_workload_that_is_queued_again_late_has_one_accept_window_at_least() {
    let params = Params { queue_window: Millis(3_000), ..Params::default() };
    let mut world = World::with(4, params);
    let id = world.allocated(0);
    world.wait(6_000);
    world.hear();
    let workload = world.workload(id);
    assert_eq!(workload.state, State::Queued, "three seconds have passed and it is not expired");
    assert_eq!(workload.moves_on, Some(workload.since.time.after(Millis(4_000))));
    world.wait(6_000);
    assert_eq!(world.state(id), State::Expired);
}

#[test]
fn time_does_nothing_to_a_workload_that_moved_on_by_itself() {
    let mut world = World::new();
    let id = world.proved(0);
    world.wait(30_000);
    assert_eq!(world.state(id), State::Proved, "the accept window and the deadline of long ago have no effect");
    assert_eq!(world.workload(id).attempts.len(), 1);
}

#[test]
fn both_ends_of_an_attempt_and_its_workload_are_told() {
    let mut world = World::with(4, Params { attempts_max: 1, ..Params::default() });
    let id = world.proving(0);
    let prover = world.drawn(id);
    let mut told = Vec::new();
    for _ in 0..40 {
        world.try_block(STEP, &Body::default());
        told.append(&mut world.events);
    }
    use types::ChainEvent::{AttemptEnded, Ended};
    let (state, reason) = (State::Failed, EndReason::AttemptsUsed);
    let end = AttemptEndKind::Missed;
    assert_eq!(told, [AttemptEnded { workload: id, attempt: 1, prover, end }, Ended { workload: id, state, reason }]);
    assert!(matches!(world.workload(id).attempts[0].end, Some((_, AttemptEnd::Missed))));
}
