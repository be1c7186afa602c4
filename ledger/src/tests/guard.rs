//! Rule 7: no miss is counted before blocks of f + 1 different leaders have passed, and what was sent in time is taken until then.

use super::{
    deeds::announcement,
    network::{BUNDLE, brief},
    world::World,
};
use ports::Peer;
use types::{Body, EndReason, Height, List, Params, ProverAction, State, Verdict, WorkloadId};

/// Blocks of these leaders, one after the other.
fn lead(world: &mut World, leaders: &[u8]) {
    for leader in leaders {
        let peer: Peer = [*leader; 32];
        world.leader = Some(peer);
        world.try_block(500, &Body::default());
    }
}

/// A workload whose time to accept is up, and nobody but leader 1 has led since it was drawn.
fn overdue(world: &mut World) -> WorkloadId {
    let id = world.allocated(0);
    world.leader = Some([1; 32]);
    world.until(500, |world| world.workload(id).overtime.is_some());
    id
}

fn state(world: &World, id: WorkloadId) -> (State, usize) {
    (world.state(id), world.workload(id).attempts.iter().filter(|attempt| attempt.end.is_some()).count())
}

#[test]
fn a_time_is_up_only_after_blocks_of_two_leaders_of_four() {
    let mut world = World::with(4, brief());
    let id = overdue(&mut world);
    let since = world.memory.height();
    assert_eq!((world.workload(id).overtime, state(&world, id)), (Some(since), (State::Allocated, 0)));
    lead(&mut world, &[1; 40]);
    assert_eq!((world.workload(id).overtime, state(&world, id)), (Some(since), (State::Allocated, 0)));
    lead(&mut world, &[2]);
    assert_eq!(state(&world, id), (State::Allocated, 0), "the second leader is heard with its own block");
    lead(&mut world, &[2, 2]);
    assert_eq!(state(&world, id), (State::Queued, 1));
    assert_eq!(world.workload(id).overtime, None);
}

#[test]
fn a_leader_that_alternates_among_f_leaders_never_makes_a_miss() {
    let mut world = World::seated(7, 4, brief());
    let id = overdue(&mut world);
    for _ in 0..50 {
        lead(&mut world, &[1, 6]);
    }
    let drawn = world.drawn(id);
    assert_eq!((state(&world, id), world.prover(drawn).tally.missed), ((State::Allocated, 0), 0));
    lead(&mut world, &[3]);
    assert_eq!(state(&world, id), (State::Allocated, 0));
    lead(&mut world, &[1, 1]);
    assert_eq!((state(&world, id), world.prover(drawn).tally.missed), ((State::Queued, 1), 1));
}

#[test]
fn blocks_before_the_time_was_up_do_not_count() {
    let mut world = World::with(4, brief());
    let id = world.allocated(0);
    lead(&mut world, &[2, 3, 4]);
    world.leader = Some([1; 32]);
    world.until(500, |world| world.workload(id).overtime.is_some());
    lead(&mut world, &[1; 10]);
    assert_eq!(state(&world, id), (State::Allocated, 0));
}

#[test]
fn an_accept_is_taken_in_every_block_of_the_overtime() {
    for censored in 0..12 {
        for step in [0, 1, 250, 499, 500, 501, 2_000] {
            let mut world = World::with(4, brief());
            let id = overdue(&mut world);
            lead(&mut world, &vec![1; censored]);
            world.leader = Some([2; 32]);
            let accept = world.drawn_says(id, ProverAction::Accept);
            let body = Body { messages: List::truncated(vec![accept]), ..Body::default() };
            let kept = world.try_block(step, &body);
            assert_eq!((kept, world.state(id)), (body, State::Proving), "after {censored} blocks and {step} ms");
            assert_eq!(world.workload(id).overtime, None);
        }
    }
}

#[test]
fn the_last_leader_that_is_heard_can_still_put_an_accept_in() {
    let mut world = World::seated(7, 4, brief());
    let id = overdue(&mut world);
    lead(&mut world, &[6, 1, 6, 1]);
    // Two of the leaders censor. The third is the first honest one: in its block it is not too late.
    world.leader = Some([4; 32]);
    let accept = world.drawn_says(id, ProverAction::Accept);
    world.block(&Body { messages: List::truncated(vec![accept]), ..Body::default() });
    assert_eq!(world.state(id), State::Proving);
    assert_eq!(world.prover(world.drawn(id)).tally.missed, 0);
}

#[test]
fn an_announcement_and_a_hand_back_are_taken_in_overtime() {
    let mut world = World::with(4, brief());
    let id = overdue(&mut world);
    let back = world.drawn_says(id, ProverAction::HandBack);
    world.block(&Body { messages: List::truncated(vec![back]), ..Body::default() });
    assert_eq!(world.state(id), State::Queued);
    let mut world = World::with(4, brief());
    let id = world.proving(1);
    world.leader = Some([1; 32]);
    world.until(2_000, |world| world.workload(id).overtime.is_some());
    lead(&mut world, &[1, 1, 1]);
    let announce = world.drawn_says(id, announcement(BUNDLE));
    world.block(&Body { messages: List::truncated(vec![announce]), ..Body::default() });
    assert_eq!((world.state(id), world.workload(id).overtime), (State::Proved, None));
}

#[test]
fn a_settlement_is_taken_in_overtime() {
    let mut world = World::with(4, Params { verdict_epochs: 0, ..brief() });
    let id = world.proved(0);
    world.leader = Some([1; 32]);
    world.wait(30_000);
    assert!(world.workload(id).overtime.is_some());
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
    assert_eq!(world.state(id), State::Verified);
}

#[test]
fn a_proof_is_undecided_only_after_blocks_of_two_leaders() {
    let mut world = World::with(4, Params { verdict_epochs: 0, ..brief() });
    let id = world.proved(0);
    world.leader = Some([3; 32]);
    world.wait(60_000);
    assert_eq!(world.state(id), State::Proved);
    lead(&mut world, &[2, 2, 2]);
    assert_eq!(world.workload(id).end.map(|end| end.reason), Some(EndReason::Undecided));
}

#[test]
fn a_workload_that_waits_in_the_queue_expires_whoever_leads() {
    let params = Params { provers_min: 5, queue_window: types::Millis(10_000), ..brief() };
    let mut world = World::with(4, params);
    world.leader = Some([1; 32]);
    let id = world.queued(0);
    world.wait(12_000);
    assert_eq!((world.state(id), world.workload(id).overtime), (State::Expired, None), "that is nobody's miss");
}

#[test]
fn one_leader_is_enough_where_nobody_may_fail() {
    let mut world = World::seated(3, 4, brief());
    let id = overdue(&mut world);
    lead(&mut world, &[1, 1]);
    assert_eq!(state(&world, id), (State::Queued, 1));
    assert!(world.workload(id).attempts[0].end.as_ref().is_some_and(|(at, _)| at.height > Height(1)));
}
