//! Provers that join and change: tests of what they declare, keys, draining.

use super::{
    network::{UNIT, brief, cores, verdict_secret},
    parties::declare,
    world::World,
};
use types::{
    AccountId, Amount, Call, ChainEvent, ChainId, Input, InputRole, InputSource, ProverAction, Resources, State, Text,
    Verdict, WorkloadId, codec, fee,
    limits::UNITS_MAX,
    registry::{ProverUpdate, Registration, Role},
    verdict::VerdictSignature,
    workload::Kind,
};

fn register(registration: Registration) -> Call {
    Call::Register(Box::new(registration))
}

/// A network with somebody who has money for four cores and wants to join.
fn joining() -> (World, AccountId, Registration) {
    let mut world = World::with(4, brief());
    let prover = world.newcomer();
    world.fund(prover, Amount(5 * UNIT.0));
    let registration = world.registration(prover, cores(4));
    (world, prover, registration)
}

#[test]
fn a_newcomer_is_tested_before_it_counts() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(2);
    let record = world.prover(prover);
    assert_eq!((record.bond, record.capacity, record.declared), (Amount(2 * UNIT.0), cores(0), Some(cores(2))));
    assert_eq!((record.live, record.in_use, record.member), (1, cores(0), false));
    let (workload, genesis) = (world.workload(test), world.memory.ledger().genesis());
    assert_eq!((workload.kind, workload.state, workload.sender), (Kind::Test, State::Allocated, prover));
    assert_eq!(workload.run.program, genesis.capacity_test.program.id());
    assert_eq!(workload.run.resources, cores(2));
    let [Input { role: InputRole::Statement, source: InputSource::Inline(statement) }] = &*workload.run.inputs else {
        panic!("one inline statement")
    };
    let (seed, asked) = codec::decode::<([u8; 32], [u32; 5])>(statement, 52).expect("a seed and what is declared");
    let Resources { cpus, memory_mib, disk_mib, gpus, gpu_class, .. } = cores(2);
    assert_eq!(asked, [cpus, memory_mib, disk_mib, gpus, gpu_class]);
    assert_ne!(seed, test.0, "the prover knew that before it signed");
    let fuel = genesis.capacity_test.program.fuel_limit;
    let verification = fee::verification(world.params(), fuel, 4).expect("small");
    assert_eq!((workload.fee.compute, workload.fee.verification), (Amount::ZERO, verification));
    assert_eq!(world.meta().totals.escrow, verification);
    let queued = ChainEvent::Queued { workload: test, sender: prover };
    assert_eq!(world.events, [queued, ChainEvent::Allocated { workload: test, attempt: 1, prover }]);
}

#[test]
fn what_is_tested_counts_from_the_next_epoch_on() {
    let mut world = World::with(4, brief());
    let before = world.meta().units_offered;
    let prover = world.tested(2);
    assert!(world.events.contains(&ChainEvent::Tested { prover }));
    let record = world.prover(prover);
    assert_eq!((record.capacity, record.declared, record.test, record.live), (cores(2), None, None, 0));
    assert_eq!((record.member, world.meta().units_offered), (false, before));
    world.next_epoch();
    assert!(world.members().contains(&prover));
    assert_eq!(world.meta().units_offered, before + 2);
    world.only(prover);
    let id = world.allocated(0);
    assert_eq!(world.drawn(id), prover);
}

#[test]
fn the_verdicts_about_a_test_are_paid_by_whoever_is_tested() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(1);
    let (paid, members) = (world.account(prover).balance, world.members());
    let share = world.workload(test).fee.verification.0 / 4;
    world.accept(test);
    world.announce(test);
    world.settle(world.settlement(test, Verdict::Valid, &[0, 1, 3]));
    assert_eq!(world.account(prover).balance, paid, "nothing comes back");
    assert_eq!([0, 1, 2, 3].map(|index| world.account(members[index]).balance.0), [share, share, 0, share]);
    assert_eq!(world.meta().totals.burned.0, share);
    assert_eq!(world.prover(prover).tally.verified, 1);
}

#[test]
fn a_test_that_fails_leaves_nothing_declared_and_can_be_asked_for_again() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(2);
    let (before, fee) = (world.account(prover).balance, world.workload(test).fee.verification);
    world.accept(test);
    world.fail(test);
    assert_eq!(world.state(test), State::Failed);
    let record = world.prover(prover);
    assert_eq!((record.capacity, record.declared, record.test, record.live), (cores(0), None, None, 0));
    assert_eq!(world.account(prover).balance.0, before.0 + fee.0, "the verdicts that nobody gave");
    assert_eq!((record.misses.len(), record.bond), (0, Amount(2 * UNIT.0)));
    world.declares(prover, cores(1));
    let again = world.prover(prover).test.expect("another test");
    assert_ne!(again, test);
    world.accept(again);
    world.announce(again);
    world.settle_by_all(again, Verdict::Valid);
    assert_eq!(world.prover(prover).capacity, cores(1));
}

#[test]
fn a_test_that_is_let_pass_counts_no_miss() {
    let mut world = World::with(4, types::Params { jail_users: 1, ..brief() });
    let (prover, test) = world.registered(2);
    world.wait(6_000);
    world.hear();
    assert_eq!(world.state(test), State::Failed);
    let record = world.prover(prover);
    assert_eq!((record.misses.len(), record.jailed, record.test), (0, None, None));
    world.declares(prover, cores(2));
    let again = world.prover(prover).test.expect("another test");
    world.accept(again);
    world.wait(14_000);
    world.hear();
    assert_eq!((world.state(again), world.prover(prover).jailed), (State::Failed, None));
}

#[test]
fn a_test_can_be_handed_back() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(2);
    world.say(vec![world.drawn_says(test, ProverAction::HandBack)]);
    assert_eq!((world.state(test), world.prover(prover).test), (State::Failed, None));
}

#[test]
fn a_test_with_a_rejected_proof_costs_the_bond_behind_it_and_pays_nobody() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(2);
    let (before, fee) = (world.account(prover).balance, world.workload(test).fee.verification);
    world.accept(test);
    world.announce(test);
    world.settle(world.settlement(test, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!((world.state(test), world.prover(prover).bond), (State::Failed, Amount::ZERO));
    assert_eq!(world.account(prover).balance.0, before.0 + fee.0);
    assert_eq!(world.meta().totals.burned, Amount(2 * UNIT.0));
    assert_eq!(world.prover(prover).capacity, cores(0));
}

#[test]
fn an_account_registers_once() {
    let mut world = World::with(4, brief());
    let (prover, _) = world.registered(2);
    world.fund(prover, Amount(9 * UNIT.0));
    let again = Registration { key: verdict_secret(99).public(), ..world.registration(prover, cores(2)) };
    world.refuses_send(prover, register(again), "registered");
}

#[test]
fn a_verdict_key_is_used_once() {
    let (mut world, prover, registration) = joining();
    let possession = |world: &World, index: u8, account| verdict_secret(index).prove_possession(world.chain(), account);
    let genesis = verdict_secret(0).public();
    let taken = Registration { key: genesis, possession: possession(&world, 0, prover), ..registration.clone() };
    world.refuses_send(prover, register(taken), "verdict-key");
    world.sends(prover, register(registration.clone()));
    let second = world.newcomer();
    world.fund(second, Amount(5 * UNIT.0));
    let copied = Registration { possession: possession(&world, 4, second), ..registration };
    world.refuses_send(second, register(copied), "verdict-key");
    world.sends(second, register(world.registration(second, cores(4))));
}

#[test]
fn a_verdict_key_comes_with_a_proof_of_its_possession_by_that_account_on_that_chain() {
    let (world, prover, registration) = joining();
    let (chain, other) = (world.chain(), world.provers[0].account());
    let proofs = [
        verdict_secret(4).prove_possession(chain, other),
        verdict_secret(4).prove_possession(ChainId([0; 32]), prover),
        verdict_secret(5).prove_possession(chain, prover),
        VerdictSignature([0; 48]),
        VerdictSignature([0xff; 48]),
    ];
    for possession in proofs {
        world.refuses_send(prover, register(Registration { possession, ..registration.clone() }), "verdict-key");
    }
    let key = types::VerdictKey([0; 96]);
    world.refuses_send(prover, register(Registration { key, ..registration }), "verdict-key");
}

#[test]
fn a_bond_stands_behind_every_core_that_is_declared() {
    let (world, prover, registration) = joining();
    let with = |cpus, bond| Registration { capacity: cores(cpus), bond: Amount(bond), ..registration.clone() };
    world.refuses_send(prover, register(with(4, 4 * UNIT.0 - 1)), "bond");
    world.refuses_send(prover, register(with(0, UNIT.0)), "out-of-range");
    world.refuses_send(prover, register(with(UNITS_MAX + 1, UNIT.0)), "out-of-range");
    world.refuses_send(prover, register(with(4, 6 * UNIT.0)), "funds");
    world.refuses_send(prover, register(with(4, 5 * UNIT.0)), "funds");
    let mut world = world;
    world.sends(prover, register(with(4, 4 * UNIT.0)));
}

/// A member with money, and the network.
fn member() -> (World, AccountId) {
    let mut world = World::with(4, brief());
    let prover = world.provers[1].account();
    world.fund(prover, Amount(10 * UNIT.0));
    (world, prover)
}

#[test]
fn less_counts_at_once_and_is_not_tested() {
    let (mut world, prover) = member();
    world.declares(prover, cores(2));
    let record = world.prover(prover);
    assert_eq!((record.capacity, record.declared, record.test), (cores(2), None, None));
    assert_eq!(world.meta().units_offered, 14);
    assert_eq!(record.free(UNIT).cpus, 2);
}

#[test]
fn less_than_is_in_use_takes_nothing_away_from_attempts() {
    let mut world = World::with(4, brief());
    let prover = world.provers[1].account();
    world.only(prover);
    let ids = [0, 1, 2].map(|user| world.proving(user));
    world.declares(prover, cores(1));
    assert_eq!((world.prover(prover).in_use, world.prover(prover).free(UNIT).cpus), (cores(3), 0));
    for id in ids {
        world.announce(id);
        world.settle_by_all(id, Verdict::Valid);
        assert_eq!(world.state(id), State::Verified);
    }
    assert_eq!(world.prover(prover).free(UNIT).cpus, 1);
}

#[test]
fn more_is_bonded_first_then_tested_and_then_counts() {
    let (mut world, prover) = member();
    world.refuses_send(prover, declare(cores(6)), "bond");
    world.bonds(prover, Role::Prover, Amount(2 * UNIT.0));
    world.declares(prover, cores(6));
    let test = world.prover(prover).test.expect("a test");
    assert_eq!(world.workload(test).run.resources, cores(6), "all that is not in use");
    let under_test = (world.prover(prover).capacity, world.meta().units_offered, world.prover(prover).free(UNIT).cpus);
    assert_eq!(under_test, (cores(4), 12, 0), "nothing is drawn for it meanwhile");
    world.accept(test);
    world.announce(test);
    world.settle_by_all(test, Verdict::Valid);
    assert_eq!(
        (world.prover(prover).capacity, world.meta().units_offered),
        (cores(6), 18),
        "a member's counts at once"
    );
    assert!(world.offers().largest.contains(&cores(6)));
}

#[test]
fn what_is_less_counts_while_what_is_more_is_tested() {
    let (mut world, prover) = member();
    let memory = Resources { memory_mib: 64 * 1024, ..cores(2) };
    world.declares(prover, memory);
    let test = world.prover(prover).test.expect("a test");
    assert_eq!(world.prover(prover).capacity, Resources { memory_mib: 4 * 1024, ..cores(2) });
    assert_eq!(world.workload(test).run.resources, memory);
    world.accept(test);
    world.announce(test);
    world.settle_by_all(test, Verdict::Valid);
    assert_eq!(world.prover(prover).capacity, memory);
}

#[test]
fn a_better_class_of_graphics_processors_is_tested() {
    let (mut world, prover) = member();
    let with = |gpus, gpu_class| Resources { gpus, gpu_class, ..cores(4) };
    world.declares(prover, with(1, 24));
    let test = world.prover(prover).test.expect("a test");
    assert_eq!(world.workload(test).run.resources, with(1, 24));
    world.accept(test);
    world.announce(test);
    world.settle_by_all(test, Verdict::Valid);
    world.declares(prover, with(1, 80));
    let test = world.prover(prover).test.expect("a test of the class alone");
    assert_eq!(world.prover(prover).capacity, with(1, 24));
    world.accept(test);
    world.fail(test);
    world.declares(prover, with(1, 16));
    assert_eq!((world.prover(prover).test, world.prover(prover).capacity), (None, with(1, 16)));
}

#[test]
fn one_test_is_under_way_at_a_time() {
    let mut world = World::with(4, brief());
    let (prover, _) = world.registered(2);
    for cpus in [1, 2] {
        world.refuses_send(prover, declare(cores(cpus)), "not-while");
    }
}

#[test]
fn what_is_out_of_range_is_not_declared() {
    let (world, prover) = member();
    world.refuses_send(prover, declare(cores(0)), "out-of-range");
    world.refuses_send(prover, declare(cores(UNITS_MAX + 1)), "out-of-range");
    world.refuses_call(0, declare(cores(1)), "no-role");
    world.refuses_call(0, Call::Return, "no-role");
}

#[test]
fn a_prover_that_drains_is_drawn_no_more_and_loses_nothing() {
    let mut world = World::with(4, brief());
    let prover = world.provers[1].account();
    world.only(prover);
    let id = world.proving(0);
    world.drain(&[prover], true);
    assert_eq!((world.prover(prover).active(UNIT), world.meta().units_offered), (Resources::default(), 0));
    let waiting = world.queued(1);
    assert!(!world.events.contains(&ChainEvent::BeaconWanted), "nobody takes anything");
    world.announce(id);
    world.settle_by_all(id, Verdict::Valid);
    assert_eq!((world.state(id), world.state(waiting)), (State::Verified, State::Queued));
    assert_eq!((world.prover(prover).tally.missed, world.prover(prover).member), (0, true), "it goes on to judge");
    world.drain(&[prover], false);
    world.draw();
    assert_eq!(world.drawn(waiting), prover);
}

#[test]
fn a_prover_that_drains_after_its_draw_was_fixed_is_drawn_and_may_hand_back() {
    let mut world = World::with(4, brief());
    let prover = world.provers[1].account();
    world.only(prover);
    let id = world.queued(0);
    let height = world.memory.height();
    world.drain(&[prover], true);
    let beacons = types::List::truncated(vec![world.beacon(height)]);
    world.block(&types::Body { beacons, ..Default::default() });
    assert_eq!((world.state(id), world.drawn(id)), (State::Allocated, prover));
    world.say(vec![world.drawn_says(id, types::ProverAction::HandBack)]);
    assert_eq!((world.state(id), world.prover(prover).tally.missed), (State::Queued, 0));
}

#[test]
fn more_is_declared_only_by_one_that_computes_nothing() {
    let (mut world, prover) = member();
    world.bonds(prover, Role::Prover, Amount(2 * UNIT.0));
    world.only(prover);
    let id = world.proving(0);
    world.refuses_send(prover, declare(cores(6)), "not-while");
    world.announce(id);
    world.declares(prover, cores(6));
    assert!(world.prover(prover).test.is_some());
}

#[test]
fn an_address_can_be_changed_alone() {
    let (mut world, prover) = member();
    let before = world.prover(prover);
    let address = Text::truncated("http://prover:1");
    world.sends(prover, Call::Update(ProverUpdate { address: Some(address.clone()), ..ProverUpdate::default() }));
    assert_eq!(world.prover(prover), types::record::Prover { address, ..before });
}

#[test]
fn a_test_is_its_provers_alone() {
    let mut world = World::with(4, brief());
    let (prover, test) = world.registered(2);
    let other = world.provers[0].account();
    world.refuses_message(world.says(other, test, ProverAction::Accept), "not-drawn");
    world.refuses_send(prover, Call::Cancel { workload: test }, "wrong-state");
    world.refuses_send(prover, Call::Cancel { workload: WorkloadId([0; 32]) }, "unknown-workload");
    world.wait(2_000);
    assert_eq!(world.meta().wanted.tail, 0, "nothing is drawn for it");
}

#[test]
fn a_test_has_time_for_its_memory_and_no_more() {
    let (mut world, prover) = member();
    let most = world.memory.ledger().genesis().capacity_test.compute_max;
    let mut asked = |memory_mib| {
        world.declares(prover, Resources { memory_mib, ..cores(2) });
        let test = world.prover(prover).test.expect("a test");
        let asked = world.workload(test).run.compute_max;
        world.accept(test);
        world.fail(test);
        asked
    };
    assert_eq!(asked(5_000), types::Millis(most.0.min(10_000 + 200 * 5_000)));
    assert_eq!(asked(1 << 30), most);
}
