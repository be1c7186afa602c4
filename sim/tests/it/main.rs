//! Whole networks from seeds: all of them in one binary, because linking the engine is what takes long.

mod receipts;
mod scenarios;
mod seeds;

use sim::{Outcome, Scenario, Weather};

/// Runs a simulation in which every property must hold.
fn holds(seed: u64, scenario: &Scenario) -> Outcome {
    let name = &scenario.name;
    sim::run(seed, scenario)
        .unwrap_or_else(|broken| panic!("{name}, seed {seed}: {broken}\n{}", broken.story.join("\n")))
}

/// A few runs on four nodes.
fn weather(seed: u64, weather: Weather, runs: usize) -> Outcome {
    holds(seed, &weather.scenario(seed, 4, runs))
}
