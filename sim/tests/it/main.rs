//! Whole networks from seeds: all scenarios in one binary, because linking the engine is what takes long.

mod misbehaviour;
mod receipts;
mod seeds;

use sim::{Options, Outcome, Scenario};

/// Runs a simulation in which every property must hold.
fn holds(options: Options) -> Outcome {
    sim::run(&options).unwrap_or_else(|broken| panic!("{options:?}: {broken}\n{}", broken.story.join("\n")))
}

/// One run on four nodes.
fn one_run(seed: u64, scenario: Scenario) -> Outcome {
    holds(Options { workloads: 1, ..Options::new(seed, scenario) })
}
