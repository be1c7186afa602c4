//! Signs of life.

use super::{network::brief, world::World};
use types::{Body, ChainId, List, Signed, Verdict, registry::Heartbeat};

/// A network in its second epoch, in which nobody has spoken yet.
fn quiet() -> World {
    let mut world = World::with(4, brief());
    world.turn_epoch();
    world
}

fn body(world: &World, provers: &[usize]) -> Body {
    let beats = provers.iter().map(|index| world.heartbeat(world.provers[*index].account())).collect();
    Body { heartbeats: List::truncated(beats), ..Body::default() }
}

#[test]
fn a_heartbeat_counts_once_in_an_epoch_and_costs_nothing() {
    let mut world = quiet();
    let prover = world.provers[0].account();
    let beat = world.heartbeat(prover);
    let (before, fees) = (world.account(prover), world.fees());
    world.block(&body(&world, &[0, 1]));
    assert_eq!((world.prover(prover).seen, world.account(prover), world.fees()), (1, before, fees));
    world.refuses_heartbeat(beat.clone(), "repeated");
    assert!(world.refused(&body(&world, &[2, 2])).contains("heartbeat 1: repeated"));
    world.turn_epoch();
    world.refuses_heartbeat(beat, "out-of-range");
    world.block(&body(&world, &[0]));
}

#[test]
fn a_verdict_in_a_certificate_makes_a_heartbeat_needless() {
    let mut world = quiet();
    let members = world.members();
    let id = world.proved(0);
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
    for member in &members[..3] {
        world.refuses_heartbeat(world.heartbeat(*member), "repeated");
    }
    let last = world.heartbeat(members[3]);
    world.block(&Body { heartbeats: List::truncated(vec![last]), ..Body::default() });
}

#[test]
fn a_heartbeat_is_of_the_present_epoch_of_this_chain_and_of_its_prover() {
    let world = quiet();
    let secret = &world.provers[0];
    let good = world.heartbeat(secret.account()).value;
    for epoch in [0, 2, u64::MAX] {
        world.refuses_heartbeat(Signed::new(Heartbeat { epoch, ..good }, secret), "out-of-range");
    }
    world.refuses_heartbeat(Signed::new(Heartbeat { chain: ChainId([0; 32]), ..good }, secret), "wrong-chain");
    world.refuses_heartbeat(Signed::new(good, &world.provers[1]), "bad-signature");
    let stranger = Heartbeat { prover: world.user(0), ..good };
    world.refuses_heartbeat(Signed::new(stranger, &world.users[0]), "no-role");
}

#[test]
fn a_heartbeat_of_one_that_is_out_brings_it_back() {
    let mut world = quiet();
    world.block(&body(&world, &[0, 1, 2]));
    world.turn_epoch();
    let out = world.provers[3].account();
    assert!(!world.members().contains(&out));
    world.block(&body(&world, &[0, 3]));
    assert!(!world.members().contains(&out), "from the next epoch on");
    world.turn_epoch();
    assert!(world.members().contains(&out) && world.members().len() == 2);
}

#[test]
fn no_heartbeat_helps_a_prover_without_a_bond() {
    let mut world = World::with(4, brief());
    let prover = world.provers[0].account();
    world.fund(prover, types::Amount(10_000_000));
    world.unbonds(prover, types::registry::Role::Prover, types::Amount(400_000_000_000));
    world.turn_epoch();
    world.block(&body(&world, &[0, 1]));
    world.turn_epoch();
    assert_eq!(world.members(), [world.provers[1].account()]);
}
