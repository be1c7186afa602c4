//! Programs that need more than WebAssembly: who is drawn for them, and who is not.

use super::{
    network::{UNIT, cores, genesis, program, prove_possession, run_of},
    world::World,
};
use types::{Call, Params, Program, Resources, Run, Runtime, Runtimes, draw::Draw, registry::ProverUpdate, state_key};

fn native() -> Program {
    Program { runtime: Runtime::LinuxX86_64, ..program() }
}

/// Four provers, of which the first `offering` run Linux programs. Such a program is deployed.
fn world(offering: usize) -> World {
    let (mut genesis, group) = genesis(4, Params::default());
    for prover in genesis.provers.iter_mut().take(offering) {
        prover.capacity.runtimes = Runtime::LinuxX86_64.into();
    }
    prove_possession(&mut genesis);
    let mut world = World::of(genesis, group);
    world.transact(vec![world.call(0, Call::Deploy(native()))]);
    world
}

#[test]
fn only_provers_that_offer_the_runtime_are_drawn() {
    let mut world = world(2);
    let id = world.queued_run(0, run_of(native().id()));
    world.draw();
    let draw: Draw = world.memory.find(state_key::draw(id, 1)).expect("well formed").expect("a draw");
    let offering: Vec<_> =
        world.memory.ledger().genesis().provers.iter().take(2).map(|prover| prover.account).collect();
    assert_eq!(draw.candidates.iter().map(|candidate| candidate.prover).collect::<Vec<_>>(), offering);
    let wasm = world.queued(0);
    world.draw();
    let draw: Draw = world.memory.find(state_key::draw(wasm, 1)).expect("well formed").expect("a draw");
    assert_eq!(draw.candidates.len(), 4, "WebAssembly is run by all");
}

#[test]
fn a_run_whose_runtime_nobody_offers_is_refused_with_the_reason() {
    let world = world(0);
    let refusal = crate::quote(&world.meta(), &world.offers(), &run_of(native().id()), &native()).expect_err("nobody");
    assert_eq!(refusal.to_string(), "no prover has the runtime linux-x86_64; the largest has wasm");
    world.refuses_call(0, Call::Run(run_of(native().id())), "never-served");
}

#[test]
fn a_run_names_no_runtimes() {
    let world = world(4);
    let resources = Resources { runtimes: Runtime::LinuxX86_64.into(), ..cores(1) };
    world.refuses_call(0, Call::Run(Run { resources, ..run_of(native().id()) }), "runtimes");
}

#[test]
fn a_runtime_counts_once_a_test_was_passed_and_goes_at_once() {
    let mut world = world(0);
    let prover = world.members()[0];
    world.fund(prover, UNIT);
    let offer = |runtimes| {
        let capacity = Resources { runtimes, ..cores(4) };
        Call::Update(ProverUpdate { capacity: Some(capacity), ..ProverUpdate::default() })
    };
    world.sends(prover, offer(Runtime::LinuxX86_64.into()));
    let test = world.prover(prover).test.expect("a test");
    assert!(world.prover(prover).capacity.runtimes.is_empty());
    world.accept(test);
    world.announce(test);
    world.settle_by_all(test, types::Verdict::Valid);
    assert_eq!(world.prover(prover).capacity.runtimes, Runtime::LinuxX86_64.into());
    assert!(world.offers().largest.iter().any(|offer| !offer.runtimes.is_empty()));
    world.sends(prover, offer(Runtimes::NONE));
    assert!(world.prover(prover).capacity.runtimes.is_empty());
    assert_eq!(world.prover(prover).test, None);
}
