//! How much slower verifiers are in the node's sandbox than the same source compiled for this machine.
//!
//! ```text
//! just verifier-bench [PAIRS] [ARTIFACTS]
//! ```
//!
//! Native and sandboxed take turns, 40 pairs unless told otherwise. Sandboxed is all that a node does for a proof once
//! the module is loaded: a thread, an instance, copying the input, the call. `ARTIFACTS` is a folder laid out as
//! `programs/artifacts`, to compare modules that were built in another way; without it the committed ones are measured.

mod cases;
mod measure;

use executor::{Executor, Settings};
use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ARTIFACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../artifacts");
/// Fewer say too little.
const PAIRS_MIN: usize = 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // cargo adds a flag of its own.
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    let pairs = arguments.next().map_or(Ok(2 * PAIRS_MIN), |pairs| pairs.parse())?;
    if pairs < PAIRS_MIN {
        return Err(format!("{pairs} pairs say too little: at least {PAIRS_MIN}").into());
    }
    let artifacts = arguments.next().map_or_else(|| ARTIFACTS.into(), PathBuf::from);
    let cases = cases::all()?;
    loading(&artifacts)?;
    let cache = tempfile::tempdir()?;
    let executor = Executor::new(cache.path(), Settings::default())?;
    let mut out = io::stdout();
    writeln!(out, "| verifier | native | WebAssembly | ratio, {pairs} pairs | 95 % interval | fuel |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
    for case in &cases {
        let pairs = measure::pairs(case, &executor, &artifact(&artifacts, case.program)?, pairs)?;
        writeln!(out, "| {} | {pairs} |", case.name)?;
    }
    Ok(())
}

/// What a node pays once per program, and once per start with what it keeps on disk.
fn loading(artifacts: &Path) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "| module | bytes | compile | load from disk |\n| --- | --- | --- | --- |")?;
    for program in cases::PROGRAMS {
        let (artifact, cache) = (artifact(artifacts, program)?, tempfile::tempdir()?);
        let load = || -> Result<f64> {
            let executor = Executor::new(cache.path(), Settings::default())?;
            let start = Instant::now();
            executor.prepare_verifier(&artifact)?;
            Ok(start.elapsed().as_secs_f64() * 1000.0)
        };
        let (compile, load) = (load()?, load()?);
        writeln!(out, "| {program} | {} | {compile:.0} ms | {load:.2} ms |", artifact.len())?;
    }
    Ok(writeln!(out)?)
}

fn artifact(artifacts: &Path, program: &str) -> Result<Vec<u8>> {
    let path = artifacts.join(program).join("verifier.wasm");
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}
