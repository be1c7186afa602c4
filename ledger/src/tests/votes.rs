//! Votes on parameters.

use super::{
    network::{UNIT, brief},
    parties::changes,
    world::World,
};
use types::{
    Amount, Call, Params,
    params::{PARAMETERS, Unit},
    record::Ballots,
    registry::Changes,
    state_key,
};

/// A network whose validators can pay for their votes.
fn voters(validators: u8, params: Params) -> World {
    let mut world = World::seated(validators, 4, params);
    let all: Vec<_> = world.validators.iter().map(|secret| secret.account()).collect();
    world.fund_all(&all, UNIT);
    world
}

fn vote(world: &mut World, peers: &[usize], changes: &Changes) {
    for peer in peers {
        world.sends(world.seat(*peer), Call::Vote(changes.clone()));
    }
}

#[test]
fn what_more_than_two_thirds_of_the_seats_want_holds_from_the_next_epoch_on() {
    let mut world = voters(4, brief());
    let wanted = changes(&[("jail_users", 5), ("price_step", 0)]);
    vote(&mut world, &[1, 2, 4], &wanted);
    assert_eq!(world.meta().params.jail_users, 3, "not before the epoch ends");
    world.next_epoch();
    assert_eq!((world.meta().params.jail_users, world.meta().params.price_step), (5, 0));
    assert_eq!(world.meta().compute_price, Amount(10_000_000), "the new step holds for the first price after it");
    assert!(world.memory.find::<Ballots>(state_key::ballots()).expect("well formed").is_none());
}

#[test]
fn two_thirds_are_not_more_than_two_thirds() {
    let mut world = voters(6, brief());
    let wanted = changes(&[("jail_users", 5)]);
    vote(&mut world, &[1, 2, 3, 4], &wanted);
    world.next_epoch();
    assert_eq!(world.meta().params, *world.params());
    vote(&mut world, &[1, 2, 3, 4, 5], &wanted);
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 5);
}

#[test]
fn votes_for_different_changes_do_not_add_up() {
    let mut world = voters(4, brief());
    vote(&mut world, &[1, 2], &changes(&[("jail_users", 5)]));
    vote(&mut world, &[3, 4], &changes(&[("jail_users", 5), ("price_step", 1)]));
    world.next_epoch();
    assert_eq!(world.meta().params, *world.params());
}

#[test]
fn a_vote_takes_the_place_of_the_one_before_and_an_empty_one_takes_it_back() {
    let mut world = voters(4, brief());
    let (one, other) = (changes(&[("jail_users", 5)]), changes(&[("jail_users", 7)]));
    vote(&mut world, &[1, 2, 3], &one);
    vote(&mut world, &[1, 2, 4], &other);
    vote(&mut world, &[4], &Changes::default());
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 3, "two and one are too few");
    vote(&mut world, &[1, 1, 2, 3], &one);
    vote(&mut world, &[3, 4, 2, 1], &other);
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 7);
}

#[test]
fn votes_are_for_one_epoch() {
    let mut world = voters(4, brief());
    vote(&mut world, &[1, 2], &changes(&[("jail_users", 5)]));
    world.next_epoch();
    vote(&mut world, &[3, 4], &changes(&[("jail_users", 5)]));
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 3);
}

#[test]
fn only_seats_that_sign_count() {
    let mut world = voters(7, Params { seats: 4, ..brief() });
    let wanted = changes(&[("jail_users", 5)]);
    vote(&mut world, &[3, 4, 5, 6, 7], &wanted);
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 3, "two seats of four");
    vote(&mut world, &[1, 3, 4], &wanted);
    world.next_epoch();
    assert_eq!(world.meta().params.jail_users, 5);
}

#[test]
fn who_is_no_validator_has_no_vote() {
    let world = voters(4, brief());
    world.refuses_call(0, Call::Vote(changes(&[("jail_users", 5)])), "no-role");
}

#[test]
fn what_cannot_be_changed_is_refused_with_its_name() {
    let world = voters(4, brief());
    let refuses = |list: &[(&str, u64)]| world.refuses_send(world.seat(1), Call::Vote(changes(list)), "parameter");
    refuses(&[("nothing", 1)]);
    refuses(&[("jail_users", 5), ("jail_users", 6)]);
    refuses(&[("price_step", 5), ("jail_users", 6)]);
    for parameter in PARAMETERS {
        match parameter.votable {
            false => refuses(&[(parameter.name, parameter.default)]),
            true => {
                refuses(&[(parameter.name, parameter.max.saturating_add(1))]);
                if let Some(below) = parameter.min.checked_sub(1) {
                    refuses(&[(parameter.name, below)]);
                }
            }
        }
    }
    assert!(PARAMETERS.iter().any(|parameter| parameter.unit == Unit::Money && parameter.votable));
}

#[test]
fn changes_that_do_not_hold_together_are_refused() {
    let world = voters(4, brief());
    let refuses = |list: &[(&str, u64)]| world.refuses_send(world.seat(1), Call::Vote(changes(list)), "parameter");
    refuses(&[("evidence_window", 60_000)]);
    refuses(&[("unbond_delay", 60_000)]);
    let mut world = world;
    let wanted = changes(&[("evidence_window", 60_000), ("unbond_delay", 180_000)]);
    vote(&mut world, &[1, 2, 3], &wanted);
    world.next_epoch();
    assert_eq!(world.meta().params.evidence_window.0, 60_000);
}

#[test]
fn a_dearer_unit_takes_tickets_and_a_cheaper_one_gives_no_more_than_was_tested() {
    let mut world = voters(4, brief());
    let cheap = UNIT.0 / 2;
    vote(&mut world, &[1, 2, 3], &changes(&[("bond_per_unit", cheap)]));
    world.next_epoch();
    assert_eq!((world.meta().params.bond_per_unit, world.meta().units_offered), (Amount(cheap), 16));
    vote(&mut world, &[1, 2, 3], &changes(&[("bond_per_unit", 2 * UNIT.0 - 1)]));
    world.next_epoch();
    assert_eq!(world.meta().units_offered, 8, "four units of bond are two of the new ones");
    vote(&mut world, &[1, 2, 3], &changes(&[("bond_per_unit", 5 * UNIT.0)]));
    world.next_epoch();
    assert_eq!((world.meta().units_offered, world.meta().set_size), (0, 0), "no bond covers a core");
}

#[test]
fn provers_that_no_bond_covers_stay_listed_for_a_later_vote() {
    let mut world = voters(4, brief());
    vote(&mut world, &[1, 2, 3], &changes(&[("bond_per_unit", 5 * UNIT.0)]));
    world.next_epoch();
    vote(&mut world, &[1, 2, 3], &changes(&[("bond_per_unit", UNIT.0)]));
    world.next_epoch();
    assert_eq!((world.meta().set_size, world.meta().units_offered), (4, 16));
}
