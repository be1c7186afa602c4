//! What the sandbox costs: the same work inside and outside, in turns, and the time until a program starts.
//!
//! `cargo run --release -p executor --features native --example sandbox-bench -- [pairs] [rounds]`

#[expect(dead_code, reason = "the bench attacks nobody")]
mod lab;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use executor::native::{NativeSettings, run_if_sandbox_process};
use executor::{Outcome, Success};
use lab::{Lab, hostile};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    run_if_sandbox_process();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let pairs = numbers.next().transpose()?.unwrap_or(20).max(1);
    let rounds = numbers.next().transpose()?.unwrap_or(100_000_000);
    let dir = tempfile::tempdir()?;
    let program = hostile(dir.path())?;
    let lab = Lab::new(std::fs::read(&program)?, NativeSettings::default())?;
    let threads = std::thread::available_parallelism()?.get();
    let deed = format!("work {threads} {rounds}");
    let (mut ratios, mut starts) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        // Whoever goes first finds another machine: take turns.
        let (within, without) = if pair % 2 == 0 {
            let within = inside(&lab, &deed, threads, &mut starts)?;
            (within, outside(&program, dir.path(), &deed)?)
        } else {
            let without = outside(&program, dir.path(), &deed)?;
            (inside(&lab, &deed, threads, &mut starts)?, without)
        };
        ratios.push(within / without);
    }
    let mut out = std::io::stdout();
    writeln!(out, "{}; {pairs} pairs, {threads} threads, {rounds} rounds each", lab.probe)?;
    writeln!(out, "inside / outside: {}", summary(&mut ratios, ""))?;
    writeln!(out, "start: {}", summary(&mut starts, " ms"))?;
    Ok(())
}

/// Time of the work inside, as the program measures it. Notes how long everything else took.
fn inside(lab: &Lab, deed: &str, threads: usize, starts: &mut Vec<f64>) -> Result<f64, Failure> {
    let mut job = lab.job(deed);
    (job.cpus, job.limits.wall_ms) = (threads, 600_000);
    let begun = Instant::now();
    let started = std::cell::Cell::new(None);
    let outcome =
        lab.watch(&job, &executor::CancelToken::new(), &|_| started.set(started.get().or(Some(begun.elapsed()))));
    starts.extend(started.get().map(|start| start.as_secs_f64() * 1000.0));
    match outcome {
        Outcome::Success(Success { proof, .. }) => micros(&proof),
        Outcome::Failed(failed) => Err(failed.reason.into()),
    }
}

/// The same outside.
fn outside(program: &Path, dir: &Path, deed: &str) -> Result<f64, Failure> {
    std::fs::write(dir.join("arguments"), deed)?;
    let status = Command::new(program).env("LEMMA_INPUT_DIR", dir).env("LEMMA_OUTPUT_DIR", dir).status()?;
    if !status.success() {
        return Err(status.to_string().into());
    }
    micros(&std::fs::read(dir.join("proof"))?)
}

fn micros(proof: &[u8]) -> Result<f64, Failure> {
    Ok(std::str::from_utf8(proof)?.trim_start_matches("held: ").parse::<f64>()?)
}

/// Median, and the interval that holds the true median with a confidence of 95 % (by order statistics).
fn summary(values: &mut [f64], unit: &str) -> String {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let margin = (0.98 * (count as f64).sqrt()).ceil() as usize;
    let at = |index: usize| values.get(index.min(count.saturating_sub(1))).copied().unwrap_or(f64::NAN);
    let (low, high) = (at((count / 2).saturating_sub(margin)), at(count / 2 + margin));
    format!("median {:.3}{unit}, 95 % interval {low:.3} to {high:.3}{unit}", at(count / 2))
}
