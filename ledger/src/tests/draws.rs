//! Beacons and the draws that they decide.

use super::{
    network::{cores, program, run_of},
    world::{STEP, World},
};
use types::{
    Beacon, Body, Call, ChainEvent, Height, List, Params, ProverAction, Run, State, WorkloadId,
    beacon::testing::GroupSecret,
    block::BeaconEntry,
    limits::BEACONS_WANTED_MAX,
    message::{Fail, FailKind},
    record::{Live, PendingDraws},
    state_key,
};

fn sized(cpus: u32) -> Run {
    Run { resources: cores(cpus), ..run_of(program().id()) }
}

fn runs(world: &mut World, runs: Vec<Run>) -> Vec<WorkloadId> {
    let mut transaction = world.transaction(0, Call::Run(sized(1)));
    let mut sent = Vec::new();
    for run in runs {
        transaction.call = Call::Run(run);
        sent.push(world.sign(0, transaction.clone()));
        transaction.nonce += 1;
    }
    let ids = sent.iter().map(|signed| signed.value.id().into()).collect();
    world.transact(sent);
    ids
}

fn beacons(world: &World, heights: &[u64]) -> Body {
    let beacons = heights.iter().map(|height| world.beacon(Height(*height))).collect();
    Body { beacons: List::truncated(beacons), ..Body::default() }
}

fn fail() -> ProverAction {
    ProverAction::Fail(Fail { kind: FailKind::Exit, reason: types::Text::default(), log: None })
}

#[test]
fn a_beacon_is_taken_two_blocks_later_and_not_before() {
    let mut world = World::new();
    let id = world.queued(0);
    let height = world.memory.height();
    world.refuses_beacon(world.beacon(height));
    world.idle();
    world.block(&beacons(&world, &[height.0]));
    assert_eq!(world.state(id), State::Allocated);
    assert!(world.events.contains(&ChainEvent::Drawn { height }));
    world.refuses_beacon(world.beacon(height));
}

#[test]
fn only_the_beacon_that_is_wanted_first_is_taken() {
    let mut world = World::new();
    world.queued(0);
    world.queued(1);
    world.idle();
    let second = world.memory.height().0 - 1;
    world.refuses_beacon(world.beacon(Height(second)));
    world.refuses_beacon(world.beacon(Height(second - 2)));
    world.block(&beacons(&world, &[second - 1, second]));
    assert_eq!(world.meta().wanted.head, world.meta().wanted.tail);
}

#[test]
fn a_beacon_of_another_key_height_or_chain_is_refused() {
    let mut world = World::new();
    world.queued(0);
    let height = world.memory.height();
    world.idle();
    let chain = world.chain();
    let stranger = GroupSecret::derive(2).expect("a group");
    for beacon in [
        stranger.sign(chain, height),
        world.group.sign(chain, height.next()),
        world.group.sign(types::ChainId([0; 32]), height),
        Beacon([0; 48]),
        Beacon([0xff; 48]),
    ] {
        world.refuses_beacon(BeaconEntry { height, beacon });
    }
    world.refuses_beacon(world.beacon(Height(u64::MAX)));
    world.block(&beacons(&world, &[height.0]));
}

#[test]
fn a_block_fixes_the_queue_and_the_free_capacity_for_its_draws() {
    let mut world = World::new();
    let id = world.queued(0);
    let height = world.memory.height();
    let pending: PendingDraws =
        world.memory.find(state_key::pending_draws(height)).expect("well formed").expect("draws");
    assert_eq!(&*pending.workloads, [id]);
    assert!(pending.provers.is_sorted_by_key(|free| free.prover));
    assert!(pending.provers.iter().all(|free| free.free == cores(4)));
    let live: Live = world.memory.find(state_key::live_entry(id)).expect("well formed").expect("alive");
    assert_eq!(live.draw, Some(height));
    world.draw();
    assert!(world.memory.find::<PendingDraws>(state_key::pending_draws(height)).expect("well formed").is_none());
}

#[test]
fn below_the_least_number_of_provers_nothing_is_drawn() {
    let mut world = World::with(3, Params::default());
    world.queued(0);
    assert_eq!(world.meta().wanted.tail, 0);
    assert!(!world.events.contains(&ChainEvent::BeaconWanted));
}

#[test]
fn the_draws_of_a_block_are_bounded_and_the_rest_keep_their_place() {
    let mut world = World::with(4, Params { draws_per_block: 3, ..Params::default() });
    let ids = runs(&mut world, vec![sized(1); 8]);
    let first = world.memory.height();
    world.idle();
    world.idle();
    for (block, expected) in [(0, &ids[0..3]), (1, &ids[3..6]), (2, &ids[6..8])] {
        let key = state_key::pending_draws(Height(first.0 + block));
        let pending: PendingDraws = world.memory.find(key).expect("well formed").expect("draws");
        assert_eq!(&*pending.workloads, expected);
    }
}

#[test]
fn a_workload_without_room_waits_until_there_is_some() {
    let mut world = World::new();
    let ids = runs(&mut world, vec![sized(4); 5]);
    world.draw();
    let waiting: Vec<_> = ids.iter().copied().filter(|id| world.state(*id) == State::Queued).collect();
    let [last] = waiting[..] else { panic!("one has no room: {waiting:?}") };
    assert_eq!(last, ids[4], "first in, first out");
    assert_eq!(world.meta().wanted.head, world.meta().wanted.tail, "no beacon is made in vain");
    let provers: std::collections::BTreeSet<_> = ids[..4].iter().map(|id| world.drawn(*id)).collect();
    assert_eq!(provers.len(), 4);
    world.accept(ids[0]);
    world.announce(ids[0]);
    assert!(world.events.contains(&ChainEvent::BeaconWanted), "the announcement gives room");
    world.draw();
    assert_eq!(world.drawn(last), world.drawn(ids[0]));
}

#[test]
fn a_large_run_does_not_hold_up_small_ones() {
    let mut world = World::with(4, Params { draws_per_block: 1, ..Params::default() });
    let small = runs(&mut world, vec![sized(1); 4]);
    for _ in 0..4 {
        world.idle();
    }
    let first = world.memory.height().0 - 4;
    world.block(&beacons(&world, &[first, first + 1, first + 2]));
    let busy = small.iter().filter(|id| world.state(**id) == State::Allocated).count();
    assert_eq!(busy, 3);
    let ids = runs(&mut world, vec![sized(4), sized(4), sized(1)]);
    for _ in 0..8 {
        world.idle();
        let wanted: Vec<_> = world.wanted().iter().map(|height| height.0).take(1).collect();
        let body = beacons(&world, &wanted);
        world.try_block(STEP, &body);
    }
    assert_eq!(world.state(ids[2]), State::Allocated);
}

#[test]
fn whoever_handed_back_is_out_while_others_remain() {
    let mut world = World::new();
    let id = world.queued(0);
    let mut asked = Vec::new();
    for _ in 0..4 {
        world.draw();
        asked.push(world.drawn(id));
        world.say(vec![world.drawn_says(id, ProverAction::HandBack)]);
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 4);
    world.draw();
    assert!(asked.contains(&world.drawn(id)), "with nobody else left, they are asked again");
}

#[test]
fn whoever_accepted_is_out_for_good() {
    let mut world = World::with(4, Params { attempts_max: 8, ..Params::default() });
    let id = world.queued(0);
    for accepted in 1..=4 {
        world.draw();
        world.accept(id);
        world.say(vec![world.drawn_says(id, fail())]);
        let workload = world.workload(id);
        let provers: std::collections::BTreeSet<_> = workload.attempts.iter().map(|attempt| attempt.prover).collect();
        assert_eq!(provers.len(), accepted);
    }
    assert_eq!(world.state(id), State::Queued);
    assert!(!world.events.contains(&ChainEvent::BeaconWanted), "nobody is left to be drawn");
    world.wait(602_000);
    assert_eq!(world.state(id), State::Expired);
}

#[test]
fn a_workload_that_expired_while_its_beacon_was_missing_is_not_drawn() {
    let mut world = World::with(4, Params { queue_window: types::Millis(2_000), ..Params::default() });
    let id = world.queued(0);
    let height = world.memory.height();
    world.wait(4_000);
    assert_eq!(world.state(id), State::Expired);
    world.block(&beacons(&world, &[height.0]));
    assert_eq!(world.events, [ChainEvent::Drawn { height }]);
    assert_eq!(world.state(id), State::Expired);
}

#[test]
fn only_so_many_beacons_are_wanted_at_once() {
    let mut world = World::with(4, Params { draws_per_block: 1, ..Params::default() });
    runs(&mut world, vec![sized(1); 70]);
    let first = world.memory.height().0;
    for _ in 0..70 {
        world.idle();
    }
    assert_eq!(world.meta().wanted.tail - world.meta().wanted.head, BEACONS_WANTED_MAX);
    world.block(&beacons(&world, &(first..first + 8).collect::<Vec<_>>()));
    let wanted = world.meta().wanted;
    assert_eq!(wanted.tail - wanted.head, BEACONS_WANTED_MAX - 8 + 1, "the next draws follow at once");
}

#[test]
fn nobody_is_given_more_than_it_has() {
    let mut world = World::new();
    let ids = runs(&mut world, vec![sized(3), sized(3), sized(2), sized(2), sized(1), sized(1), sized(4)]);
    world.draw();
    let taken = |id: &WorkloadId| world.state(*id) == State::Allocated;
    assert!(ids.iter().filter(|id| taken(id)).count() >= 6);
    let used: u32 = world.provers.iter().map(|secret| world.prover(secret.account()).in_use.cpus).sum();
    let asked: u32 = ids.iter().filter(|id| taken(id)).map(|id| world.workload(*id).run.resources.cpus).sum();
    assert_eq!(used, asked);
}

#[test]
fn runs_that_are_cancelled_at_once_keep_nobody_waiting() {
    let mut world = World::with(4, Params { draws_per_block: 2, ..Params::default() });
    let mut transaction = world.transaction(0, Call::Run(sized(1)));
    let mut sent = Vec::new();
    for _ in 0..200 {
        let run = world.sign(0, transaction.clone());
        transaction.nonce += 1;
        transaction.call = Call::Cancel { workload: run.value.id().into() };
        sent.extend([run, world.sign(0, transaction.clone())]);
        transaction.nonce += 1;
        transaction.call = Call::Run(sized(1));
    }
    world.transact(sent);
    let honest = world.queued(1);
    world.draw();
    assert_eq!(world.state(honest), State::Allocated);
}
