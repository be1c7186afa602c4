//! Runs simulations from seeds and tells what came of each. The last line of a single one is its hash.

use clap::Parser;
use sim::{Broken, Options, Outcome, Scenario};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    ops::Range,
    process::ExitCode,
    str::FromStr,
    time::Instant,
};

/// Simulates a whole network from a seed, faults included. The same arguments give the same last line.
#[derive(Parser)]
#[command(name = "sim", version)]
struct Arguments {
    /// The seed of one simulation
    #[arg(long, default_value_t = 42, conflicts_with = "seeds")]
    seed: u64,
    /// Seeds, one simulation each: first..end
    #[arg(long, value_parser = seeds)]
    seeds: Option<Range<u64>>,
    /// Nodes, each of them validator and prover
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(4..=32))]
    nodes: u8,
    /// Runs that the user submits
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    workloads: u8,
    /// What happens besides
    #[arg(long, value_parser = Scenario::from_str, default_value = "default")]
    scenario: Scenario,
    /// Tell what happens, block by block
    #[arg(long)]
    verbose: bool,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text:?}: {error}"));
    let (first, end) = text.split_once("..").ok_or("expected two numbers, such as 0..100")?;
    let range = number(first)?..number(end)?;
    if range.is_empty() { Err("the range is empty".into()) } else { Ok(range) }
}

fn main() -> ExitCode {
    match simulate(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Runs everything that was asked for, up to the first violation. Says whether there was none.
fn simulate(arguments: &Arguments) -> io::Result<bool> {
    let mut out = io::stdout();
    let seeds = arguments.seeds.clone().unwrap_or(arguments.seed..arguments.seed + 1);
    for seed in seeds {
        let (nodes, workloads) = (usize::from(arguments.nodes), usize::from(arguments.workloads));
        let options = Options { seed, nodes, workloads, scenario: arguments.scenario };
        let begin = Instant::now();
        match sim::run(&options) {
            Ok(outcome) => tell(&mut out, arguments, seed, &outcome, begin)?,
            Err(broken) => {
                violated(&mut out, arguments, seed, &broken)?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn tell(out: &mut impl Write, arguments: &Arguments, seed: u64, outcome: &Outcome, begin: Instant) -> io::Result<()> {
    if arguments.verbose {
        outcome.story.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        for (kind, (count, bytes)) in &outcome.sent {
            writeln!(out, "sent {count} times, {bytes} bytes: {kind}")?;
        }
        for ((what, code), count) in &outcome.refused {
            writeln!(out, "refused {count} times: {what}, {code}")?;
        }
    }
    let mut states = BTreeMap::<&str, usize>::new();
    for workload in &outcome.end.workloads {
        *states.entry(workload.state.word()).or_default() += 1;
    }
    let states: Vec<_> = states.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
    let (at, wall) = (outcome.at.as_secs_f64(), begin.elapsed().as_secs_f64());
    let (blocks, crashes) = (outcome.end.height, outcome.crashes);
    let states = states.join(", ");
    writeln!(out, "seed {seed}: {at:.1} s virtual, {blocks} blocks, {states}, crashes: {crashes}, {wall:.1} s wall")?;
    if arguments.seeds.is_none() { writeln!(out, "{}", outcome.hash) } else { out.flush() }
}

fn violated(out: &mut impl Write, arguments: &Arguments, seed: u64, broken: &Broken) -> io::Result<()> {
    if arguments.verbose {
        broken.story.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    let scenario = arguments.scenario.name();
    let (nodes, workloads) = (arguments.nodes, arguments.workloads);
    writeln!(out, "seed {seed}: violated: {broken}")?;
    writeln!(
        out,
        "cargo run -p sim -- --seed {seed} --nodes {nodes} --workloads {workloads} --scenario {scenario} --verbose"
    )
}
