//! The chores of the repository that cargo does not do by itself: `cargo xtask tidy`, `cargo xtask programs`.

mod programs;
mod tidy;

use std::io::{Write, stderr};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check the rules of the repository that the compiler does not know
    Tidy {
        /// Also the licences of what programs/ depends on (downloads them)
        #[arg(long)]
        full: bool,
    },
    /// Build the artifacts under programs/artifacts/
    Programs {
        /// Compare the committed artifacts with what the sources give, where the same toolchain is at hand
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Tidy { full } => tidy::run(full),
        Chore::Programs { check } => build_programs(check),
    }
}

fn build_programs(check: bool) -> Result<ExitCode> {
    match programs::run(check) {
        // A check that cannot be made here has not failed.
        Err(error) if check && error.is::<programs::NotHere>() => writeln!(stderr(), "{error}")?,
        done => done?,
    }
    Ok(ExitCode::SUCCESS)
}
