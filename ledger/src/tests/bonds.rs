//! Bonds: what they count for, what is taken back, and when it is paid.

use super::{
    network::{SEAT, UNIT, brief, cores},
    world::World,
};
use types::{
    AccountId, Amount, Body, Call, Verdict,
    limits::UNBONDINGS_MAX,
    record::{Cause, Movement},
    registry::Role,
    state_key,
};

/// A network in which everything takes seconds, and a prover with some money.
fn funded() -> (World, AccountId) {
    let mut world = World::with(4, brief());
    let prover = world.provers[0].account();
    world.fund(prover, Amount(10 * UNIT.0));
    (world, prover)
}

fn refuses(world: &World, account: AccountId, amount: u64, code: &str) {
    world.refuses_send(account, Call::Bond { role: Role::Prover, amount: Amount(amount) }, code);
}

#[test]
fn a_bond_comes_from_the_balance_and_is_recorded() {
    let (mut world, prover) = funded();
    let (before, bonds) = (world.account(prover).balance, world.meta().totals.bonds);
    world.bonds(prover, Role::Prover, Amount(3 * UNIT.0));
    assert_eq!(world.prover(prover).bond, Amount(7 * UNIT.0));
    assert_eq!(world.meta().totals.bonds.0, bonds.0 + 3 * UNIT.0);
    let [fee, reward, bond] = world.movements()[..] else { panic!("three movements") };
    assert_eq!((fee.cause, fee.got, fee.account), (Cause::Fee, false, prover));
    assert_eq!((reward.cause, reward.got, reward.amount), (Cause::Fee, true, fee.amount));
    assert!(matches!(bond, Movement { cause: Cause::Bond, got: false, about: Some(_), .. }));
    assert_eq!((bond.account, bond.amount), (prover, Amount(3 * UNIT.0)));
    assert_eq!(world.account(prover).balance.0, before.0 - fee.amount.0 - 3 * UNIT.0);
}

#[test]
fn a_bond_without_a_role_or_of_nothing_is_refused() {
    let (world, prover) = funded();
    for role in [Role::Prover, Role::Validator] {
        world.refuses_call(0, Call::Bond { role, amount: UNIT }, "no-role");
        world.refuses_call(0, Call::Unbond { role, amount: UNIT }, "no-role");
    }
    world.refuses_send(prover, Call::Bond { role: Role::Validator, amount: UNIT }, "no-role");
    refuses(&world, prover, 0, "out-of-range");
    world.refuses_send(prover, Call::Unbond { role: Role::Prover, amount: Amount::ZERO }, "out-of-range");
}

#[test]
fn nobody_bonds_what_it_does_not_have() {
    let (world, prover) = funded();
    for amount in [10 * UNIT.0, u64::MAX - UNIT.0, u64::MAX] {
        refuses(&world, prover, amount, "funds");
    }
    world.refuses_send(prover, Call::Unbond { role: Role::Prover, amount: Amount(4 * UNIT.0 + 1) }, "funds");
    world.refuses_send(prover, Call::Unbond { role: Role::Prover, amount: Amount(u64::MAX) }, "funds");
}

#[test]
fn what_is_taken_back_counts_for_nothing_and_is_paid_after_the_delay() {
    let (mut world, prover) = funded();
    let bonds = world.meta().totals.bonds;
    assert_eq!(world.meta().units_offered, 16);
    world.unbonds(prover, Role::Prover, Amount(UNIT.0 + 1));
    let before = world.account(prover).balance;
    assert_eq!(
        (world.prover(prover).free(UNIT).cpus, world.meta().units_offered),
        (2, 14),
        "a core needs all of its bond"
    );
    assert_eq!(world.meta().totals.bonds, bonds, "it can still be lost");
    world.wait(88_000);
    assert_eq!((world.account(prover).balance, world.prover(prover).unbonding.len()), (before, 1));
    world.wait(4_000);
    assert_eq!(world.account(prover).balance.0, before.0 + UNIT.0 + 1);
    assert_eq!(world.prover(prover).unbonding.len(), 0);
    assert_eq!(world.meta().totals.bonds.0, bonds.0 - UNIT.0 - 1);
}

#[test]
fn a_payment_of_a_bond_is_a_movement_with_its_cause() {
    let (mut world, prover) = funded();
    world.unbonds(prover, Role::Prover, UNIT);
    for _ in 0..50 {
        world.try_block(2_000, &Body::default());
        if let [paid] = world.movements()[..] {
            assert_eq!((paid.account, paid.got, paid.amount, paid.cause), (prover, true, UNIT, Cause::Unbond));
            return;
        }
    }
    panic!("nothing was paid")
}

#[test]
fn parts_are_paid_each_in_its_time() {
    let (mut world, prover) = funded();
    world.unbonds(prover, Role::Prover, UNIT);
    world.wait(30_000);
    world.unbonds(prover, Role::Prover, Amount(2 * UNIT.0));
    let before = world.account(prover).balance;
    world.wait(62_000);
    assert_eq!(world.account(prover).balance.0, before.0 + UNIT.0);
    world.wait(30_000);
    assert_eq!(world.account(prover).balance.0, before.0 + 3 * UNIT.0);
}

#[test]
fn only_so_many_parts_wait() {
    let (mut world, prover) = funded();
    for _ in 0..UNBONDINGS_MAX {
        world.unbonds(prover, Role::Prover, Amount(1));
    }
    let more = Call::Unbond { role: Role::Prover, amount: Amount(1) };
    world.refuses_send(prover, more.clone(), "not-while");
    world.wait(94_000);
    world.sends(prover, more);
}

#[test]
fn a_part_is_kept_while_an_attempt_is_not_over() {
    let mut world = World::with(4, types::Params { epoch_blocks: 4_096, ..brief() });
    let id = world.proved(0);
    let prover = world.drawn(id);
    world.fund(prover, UNIT);
    world.unbonds(prover, Role::Prover, UNIT);
    let before = world.account(prover).balance;
    world.wait(170_000);
    assert_eq!(
        (world.prover(prover).live, world.account(prover).balance),
        (1, before),
        "nobody has judged its proof yet"
    );
    world.next_epoch();
    world.settle_by_all(id, Verdict::Valid);
    let before = world.account(prover).balance;
    world.wait(62_000);
    assert_eq!(world.account(prover).balance.0, before.0 + UNIT.0, "it is looked at again every minute");
}

#[test]
fn a_validator_gets_its_bond_back_once_it_is_no_longer_named() {
    let mut world = World::seated(5, 4, types::Params { seats: 4, ..brief() });
    let leaver = world.seat(1);
    world.fund(leaver, UNIT);
    world.unbonds(leaver, Role::Validator, SEAT);
    let before = world.account(leaver).balance;
    assert_eq!((world.validator(0).bond, world.validator(0).unbonding.len()), (Amount::ZERO, 1));
    while world.meta().epoch < 4 {
        world.wait(2_000);
        assert_eq!(world.account(leaver).balance, before, "it signs in epoch 3, and its delay is over since epoch 2");
    }
    assert_eq!(world.named(2), [1, 2, 3, 4]);
    assert_eq!(world.named(3), [2, 3, 4, 5]);
    world.wait(62_000);
    assert_eq!(world.account(leaver).balance.0, before.0 + SEAT.0);
}

#[test]
fn a_prover_that_took_back_all_is_off_the_list_until_it_bonds_again() {
    let (mut world, prover) = funded();
    world.unbonds(prover, Role::Prover, Amount(4 * UNIT.0));
    let listed = |world: &World| {
        let registry: types::record::Registry =
            world.memory.find(state_key::registry()).expect("well formed").expect("a registry");
        registry.provers.contains(&prover)
    };
    assert!(listed(&world), "it is a member until the epoch ends");
    world.next_epoch();
    assert!(!listed(&world) && !world.prover(prover).member);
    world.bonds(prover, Role::Prover, UNIT);
    assert!(listed(&world));
    world.next_epoch();
    assert!(world.prover(prover).member);
    assert_eq!(world.prover(prover).active(UNIT).cpus, 1);
    assert_eq!(world.prover(prover).capacity, cores(4), "what was tested stays tested");
}

#[test]
fn a_bond_is_nothing_or_covers_a_core() {
    let (mut world, prover) = funded();
    let (role, less) = (Role::Prover, Amount(3 * UNIT.0 + 1));
    world.refuses_send(prover, Call::Unbond { role, amount: less }, "bond");
    world.unbonds(prover, role, Amount(4 * UNIT.0));
    world.next_epoch();
    assert!(!world.prover(prover).member);
    world.refuses_send(prover, Call::Bond { role, amount: Amount(UNIT.0 - 1) }, "bond");
    world.bonds(prover, role, UNIT);
    world.next_epoch();
    assert!(world.prover(prover).member);
}

#[test]
fn a_part_is_kept_while_verdicts_still_weigh_it() {
    let mut world = World::with(4, types::Params { epoch_blocks: 4_096, ..brief() });
    let prover = world.members()[0];
    world.fund(prover, UNIT);
    world.unbonds(prover, Role::Prover, UNIT);
    let before = world.account(prover).balance;
    world.wait(170_000);
    assert_eq!(world.account(prover).balance, before, "it is a member by a bond that it took back");
    world.next_epoch();
    world.wait(62_000);
    assert_eq!(world.account(prover).balance.0, before.0 + UNIT.0);
}
