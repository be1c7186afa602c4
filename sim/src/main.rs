//! Runs simulations from seeds and tells what came of each. The last line of a single one is its hash.

use clap::Parser;
use sim::{Broken, Outcome, Scenario, Weather, scenario};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    ops::Range,
    process::ExitCode,
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
    /// Nodes, each of them validator and prover, where the scenario does not say
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(4..=32))]
    nodes: u8,
    /// Runs that the user submits, where the scenario does not say
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    workloads: u8,
    /// What happens: a name from --list, or a file of sentences that ends in .txt
    #[arg(long, default_value = "default")]
    scenario: String,
    /// List the scenarios
    #[arg(long)]
    list: bool,
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
    let arguments = Arguments::parse();
    let done = if arguments.list { list(&mut io::stdout()).map(|()| true) } else { simulate(&arguments) };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    for (name, _, about) in Weather::ALL {
        writeln!(out, "{name:26} {about}")?;
    }
    for (name, text) in scenario::LIBRARY {
        let about = scenario::read(name, text).map_or_else(|error| error.to_string(), |scenario| scenario.about);
        writeln!(out, "{name:26} {about}")?;
    }
    Ok(())
}

/// The scenario that was asked for, for a seed.
fn scenario(arguments: &Arguments, seed: u64) -> Result<Scenario, String> {
    let name = arguments.scenario.as_str();
    if let Some(weather) = Weather::named(name) {
        return Ok(weather.scenario(seed, usize::from(arguments.nodes), usize::from(arguments.workloads)));
    }
    if name.ends_with(".txt") {
        let text = fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
        return scenario::read(name, &text).map_err(|error| error.to_string());
    }
    let scenario = scenario::named(name).ok_or_else(|| format!("there is no scenario {name}: see --list"))?;
    scenario.map_err(|error| error.to_string())
}

/// Runs everything that was asked for, up to the first violation. Says whether there was none.
fn simulate(arguments: &Arguments) -> io::Result<bool> {
    let mut out = io::stdout();
    let seeds = arguments.seeds.clone().unwrap_or(arguments.seed..arguments.seed + 1);
    for seed in seeds {
        let scenario = match scenario(arguments, seed) {
            Ok(scenario) => scenario,
            Err(error) => {
                writeln!(out, "{error}")?;
                return Ok(false);
            }
        };
        let begin = Instant::now();
        match sim::run(seed, &scenario) {
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
    for workload in outcome.end.workloads.values() {
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
    let scenario = &arguments.scenario;
    let (nodes, workloads) = (arguments.nodes, arguments.workloads);
    writeln!(out, "seed {seed}: violated: {broken}")?;
    writeln!(
        out,
        "cargo run -p sim -- --seed {seed} --nodes {nodes} --workloads {workloads} --scenario {scenario} --verbose"
    )
}
