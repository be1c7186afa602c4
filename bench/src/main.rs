//! Measures what the ledger costs: a table or JSON on stdout. The exit code is 1 where something grows faster than it may.

use anyhow::Result;
use bench::{Options, measure, open::Amounts};
use clap::{Parser, Subcommand};
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

/// Measures what the network's parts cost, and how that grows with the state.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// How much of everything the ledger applies in a second on one core, on chains of several sizes. Build with --release
    LedgerApply {
        /// Accounts and open workloads of each chain
        #[arg(long, value_delimiter = ',', default_value = "1000,100000,1000000")]
        sizes: Vec<usize>,
        /// Samples of each figure
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1000))]
        samples: u16,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> Result<ExitCode> {
    let Part::LedgerApply { sizes, samples, json } = Arguments::parse().part;
    let options = Options { sizes, samples: samples.into(), amounts: Amounts::BUSY };
    let report = measure(&options, &mut tell)?;
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{}", report.table())?;
    }
    Ok(if report.within { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For people who wait.
fn tell(line: &str) {
    if io::stderr().is_terminal() {
        // Whether anybody can read it changes nothing.
        let _ = writeln!(io::stderr(), "{line}");
    }
}
