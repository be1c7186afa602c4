//! Programs that mean harm on a real network, and what is killed there, as an operator would see it.
//!
//! `just bad-inputs`: every bad program there is, one after the other on one node of four, each ending in the state and with
//! the reason that `docs/security.md` says; then a real workload verifies and nothing is left over.
//!
//! `just kills`: a job's process, its sandbox and a whole node are killed while a program proves; each workload is verified.

mod archives;
mod cases;
mod inputs;
mod kills;
mod modules;
#[expect(dead_code, reason = "the other example uses the rest")]
#[path = "../blob_race/net.rs"]
mod net;
mod outcome;
mod real;
mod row;
mod traces;

// The set-up of the demonstration's proof system, with the artifacts that it is about.
#[expect(dead_code, reason = "of the artifacts that the command line holds these are the ones of one program")]
#[path = "../../src/artifacts.rs"]
mod artifacts;
#[path = "../../src/demo/setup.rs"]
mod setup;

#[path = "../../../executor/tests/native/building.rs"]
mod building;

use anyhow::Context as _;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    match env::args().nth(1).as_deref() {
        None => row::run(dir.path()),
        Some("kills") => kills::run(dir.path()),
        Some(_) => anyhow::bail!("bad_inputs [kills]"),
    }
}

/// The hostile program of the sandbox's own tests.
fn hostile(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../executor/tests/native/hostile");
    let built = dir.join("hostile");
    building::build(&sources, &built).map_err(anyhow::Error::msg).context("rustc builds it")?;
    Ok(fs::read(built)?)
}

/// A file of `programs/`.
fn of_programs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs").join(path)
}
