//! Misses and jail.

use super::{
    network::{UNIT, brief},
    world::World,
};
use types::{
    AccountId, Call, ChainEvent, ChainTime, Millis, Params, ProverAction, Resources, State, Verdict, WorkloadId,
    limits::DRAWS_MAX,
};

fn params() -> Params {
    Params { jail_window: Millis(120_000), jail_delay: Millis(60_000), epoch_blocks: 4_096, ..brief() }
}

/// A network in which one prover alone is drawn.
fn alone(params: Params) -> (World, AccountId) {
    let mut world = World::with(4, params);
    let prover = world.provers[0].account();
    world.only(prover);
    (world, prover)
}

/// Lets the accept window of a workload pass.
fn silent(world: &mut World, user: usize) -> WorkloadId {
    let id = world.allocated(user);
    world.wait(6_000);
    world.hear();
    id
}

/// The prover answers with silence for a user, and the workload is taken away from it.
fn misses(world: &mut World, user: usize) {
    let id = silent(world, user);
    if world.state(id) == State::Queued && world.wanted().is_empty() {
        let cancel = world.call(user, Call::Cancel { workload: id });
        world.transact(vec![cancel]);
        return;
    }
    // It is drawn for again at once, as nobody else takes anything: the prover hands it back until the user can cancel.
    for _ in 0..DRAWS_MAX {
        if world.state(id) == State::Queued {
            world.draw_waiting();
        }
    }
    world.accept(id);
    world.announce(id);
    world.settle_by_all(id, Verdict::Valid);
}

fn jailed(world: &World, prover: AccountId) -> Option<ChainTime> {
    world.prover(prover).jailed
}

#[test]
fn misses_at_workloads_of_three_users_jail() {
    let (mut world, prover) = alone(params());
    misses(&mut world, 0);
    misses(&mut world, 1);
    assert_eq!((world.prover(prover).misses.len(), jailed(&world, prover)), (2, None));
    let id = world.allocated(2);
    world.until(2_000, |world| jailed(world, prover).is_some());
    let until = jailed(&world, prover).expect("in jail");
    assert!(world.events.contains(&ChainEvent::Jailed { prover, until }));
    assert_eq!(until, world.meta().time.after(Millis(60_000)));
    assert_eq!((world.prover(prover).misses.len(), world.prover(prover).active(UNIT)), (0, Resources::default()));
    assert_eq!((world.state(id), world.meta().units_offered), (State::Queued, 0), "nothing is drawn for it");
}

#[test]
fn misses_at_workloads_of_one_user_do_not_jail() {
    let (mut world, prover) = alone(params());
    for _ in 0..5 {
        misses(&mut world, 0);
    }
    let record = world.prover(prover);
    assert_eq!((record.misses.len(), record.jailed, record.tally.missed), (1, None, 5), "the latest of each user");
}

#[test]
fn an_old_miss_counts_no_longer() {
    let (mut world, prover) = alone(params());
    misses(&mut world, 0);
    misses(&mut world, 1);
    world.wait(130_000);
    misses(&mut world, 2);
    assert_eq!((world.prover(prover).misses.len(), jailed(&world, prover)), (1, None));
}

#[test]
fn the_latest_miss_of_a_user_takes_the_place_of_the_one_before() {
    let (mut world, prover) = alone(params());
    misses(&mut world, 0);
    let first = world.prover(prover).misses[0];
    world.wait(60_000);
    misses(&mut world, 1);
    misses(&mut world, 0);
    let users: Vec<_> = world.prover(prover).misses.iter().map(|miss| miss.user).collect();
    assert_eq!(users, [world.user(1), world.user(0)]);
    assert!(world.prover(prover).misses[1].time > first.time);
}

/// A prover that is in jail, and is alive.
fn in_jail() -> (World, AccountId) {
    let (mut world, prover) = alone(Params { jail_users: 1, epoch_blocks: 64, ..params() });
    silent(&mut world, 0);
    assert!(jailed(&world, prover).is_some());
    (world, prover)
}

#[test]
fn a_jail_ends_after_its_delay_when_the_prover_says_so() {
    let (mut world, prover) = in_jail();
    world.refuses_send(prover, Call::Return, "not-while");
    let until = jailed(&world, prover).expect("in jail");
    while world.meta().time < until {
        assert!(jailed(&world, prover).is_some(), "no time ends it by itself");
        world.wait(2_000);
    }
    world.sends(prover, Call::Return);
    assert_eq!(jailed(&world, prover), None);
    world.refuses_send(prover, Call::Return, "repeated");
    world.next_epoch();
    assert!(world.prover(prover).member);
}

#[test]
fn a_jailed_prover_judges_on_and_is_drawn_for_nothing() {
    let (mut world, prover) = in_jail();
    for _ in 0..2 {
        world.next_epoch();
        assert!(world.members().contains(&prover) && jailed(&world, prover).is_some());
        assert_eq!(world.prover(prover).active(UNIT), Resources::default());
    }
}

#[test]
fn a_bond_does_not_end_a_jail() {
    let (mut world, prover) = in_jail();
    world.bonds(prover, types::registry::Role::Prover, types::Amount(1));
    assert!(jailed(&world, prover).is_some());
}

#[test]
fn what_is_under_way_in_jail_can_still_be_finished_and_misses_no_more() {
    let (mut world, prover) = alone(Params { jail_users: 1, ..params() });
    let good = world.proving(1);
    let bad = world.allocated(0);
    let other = world.allocated(2);
    world.wait(4_000);
    world.announce(good);
    world.wait(2_000);
    world.hear();
    assert!(jailed(&world, prover).is_some());
    assert_eq!((world.state(bad), world.state(other)), (State::Queued, State::Queued));
    assert_eq!((world.prover(prover).tally.missed, world.prover(prover).misses.len()), (2, 0));
    world.settle_by_all(good, Verdict::Valid);
    assert_eq!(world.state(good), State::Verified);
}

#[test]
fn a_proof_that_nobody_could_fetch_counts() {
    let (mut world, prover) = alone(Params { jail_users: 1, ..params() });
    let id = world.proved(0);
    world.settle(world.settlement(id, Verdict::Unavailable, &[0, 1, 2]));
    assert!(jailed(&world, prover).is_some());
}

#[test]
fn a_missed_deadline_counts_and_a_hand_back_does_not() {
    let (mut world, prover) = alone(Params { jail_users: 1, ..params() });
    let id = world.allocated(0);
    world.say(vec![world.drawn_says(id, ProverAction::HandBack)]);
    assert_eq!(world.prover(prover).misses.len(), 0);
    world.draw();
    world.accept(id);
    world.wait(16_000);
    assert_eq!(jailed(&world, prover), None, "while leaders are heard out");
    world.hear();
    assert!(jailed(&world, prover).is_some());
}

#[test]
fn a_fail_counts_where_another_succeeds() {
    let (mut world, first) = alone(Params { jail_users: 1, ..params() });
    let second = world.provers[1].account();
    let id = world.proving(0);
    world.fail(id);
    assert_eq!(
        (jailed(&world, first), world.prover(first).misses.len()),
        (None, 0),
        "nobody knows yet whose fault it is"
    );
    world.drain(&[second], false);
    world.draw();
    assert_eq!(world.drawn(id), second);
    world.accept(id);
    world.announce(id);
    world.settle_by_all(id, Verdict::Valid);
    assert!(jailed(&world, first).is_some() && jailed(&world, second).is_none());
}

#[test]
fn a_fail_where_all_fail_counts_for_nobody() {
    let (mut world, first) = alone(Params { jail_users: 1, ..params() });
    let second = world.provers[1].account();
    let id = world.proving(0);
    world.fail(id);
    world.drain(&[second], false);
    world.draw();
    world.accept(id);
    world.fail(id);
    assert_eq!(world.state(id), State::Failed);
    assert_eq!((world.prover(first).misses.len(), world.prover(second).misses.len()), (0, 0));
}

#[test]
fn a_fail_counts_for_every_prover_that_failed_before_the_one_that_succeeded() {
    let (mut world, first) = alone(Params { jail_users: 1, attempts_max: 3, ..params() });
    let [second, third] = [1, 2].map(|index| world.provers[index].account());
    let id = world.proving(0);
    world.fail(id);
    for (next, good) in [(second, false), (third, true)] {
        world.drain(&[next], false);
        world.draw();
        world.accept(id);
        if good { world.announce(id) } else { world.fail(id) }
    }
    world.settle_by_all(id, Verdict::Valid);
    assert!([first, second].iter().all(|prover| jailed(&world, *prover).is_some()) && jailed(&world, third).is_none());
}

#[test]
fn a_member_without_any_verdict_in_a_busy_epoch_has_missed() {
    let params = Params { jail_users: 1, epoch_blocks: 16, ..params() };
    for (verdicts_expected, jailed_at_end) in [(3, false), (2, true)] {
        let mut world = World::with(4, Params { verdicts_expected, ..params.clone() });
        let members = world.members();
        for _ in 0..2 {
            let id = world.proved(0);
            world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
        }
        world.turn_epoch();
        let late = jailed(&world, members[3]);
        assert_eq!(late.is_some(), jailed_at_end);
        assert!(members[..3].iter().all(|member| jailed(&world, *member).is_none()));
    }
}
