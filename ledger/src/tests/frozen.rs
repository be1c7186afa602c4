//! A small scenario whose whole state is frozen: whoever changes what blocks do notices here.

use super::world::World;
use types::{Call, ProverAction, State, Verdict};

/// BLAKE3 over every key and value, ascending by key.
fn state_hash(world: &World) -> String {
    let mut hasher = blake3::Hasher::new();
    for (key, value) in world.memory.values() {
        hasher.update(key).update(&(value.len() as u64).to_le_bytes()).update(value);
    }
    hasher.finalize().to_hex().to_string()
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
    assert_eq!(state_hash(&world), "1a0a42966e8e78e0ade7591a7cfe5b9419e70b6a5a03c67567be8a86674226ff");
}
