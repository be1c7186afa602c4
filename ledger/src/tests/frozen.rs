//! A small scenario whose whole state is frozen: whoever changes what blocks do notices here.

use super::{
    network::{UNIT, brief},
    parties::changes,
    world::World,
};
use types::{Body, Call, List, ProverAction, State, Verdict, offence::Evidence, registry::Role};

/// BLAKE3 over every key and value, ascending by key.
fn state_hash(world: &World) -> String {
    let mut hasher = blake3::Hasher::new();
    for (key, value) in world.memory.values() {
        hasher.update(key).update(&(value.len() as u64).to_le_bytes()).update(value);
    }
    hasher.finalize().to_hex().to_string()
}

/// One joins, bonds move, seats vote, somebody is found out, and an epoch ends.
#[test]
fn the_state_after_members_have_moved_is_frozen() {
    let mut world = World::with(4, types::Params { epoch_blocks: 64, ..brief() });
    let newcomer = world.tested(2);
    world.unbonds(newcomer, Role::Prover, UNIT);
    for peer in 1..=3 {
        world.fund(world.seat(peer), UNIT);
        world.sends(world.seat(peer), Call::Vote(changes(&[("jail_users", 2)])));
    }
    let id = world.proved(1);
    let subject = world.workload(id).subject().expect("announced").0;
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
    let evidence = Evidence::FalseVerdict(world.verdict(world.members()[3], subject, Verdict::Invalid));
    world.block(&Body { evidence: List::truncated(vec![evidence]), ..Body::default() });
    world.next_epoch();
    assert_eq!((world.meta().epoch, world.meta().set_size, world.meta().params.jail_users), (1, 5, 2));
    assert_eq!(state_hash(&world), "1dc379a3f0acb3626f408c871d6686e973939a6ea0040000fabfbb7970898896");
}

#[test]
fn the_state_after_a_small_scenario_is_frozen() {
    let mut world = World::new();
    let verified = world.proved(0);
    world.settle(world.settlement(verified, Verdict::Valid, &[0, 1, 3]));
    let rejected = world.proved(1);
    world.settle(world.settlement(rejected, Verdict::Invalid, &[0, 1, 2]));
    world.draw();
    world.say(vec![world.drawn_says(rejected, ProverAction::HandBack)]);
    world.draw();
    world.wait(5_000);
    let waiting = world.queued(2);
    world.transact(vec![world.call(2, Call::Transfer { to: world.user(0), amount: types::Amount(9) })]);
    assert_eq!(world.state(verified), State::Verified);
    assert_eq!(world.state(waiting), State::Queued);
    assert_eq!(state_hash(&world), "398fa9805064b9b3753bcdf4b9efa478284a532b8019f328fbccb8aee62de2a6");
}
