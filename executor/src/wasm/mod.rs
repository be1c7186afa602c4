//! Running WebAssembly programs on wasmtime.
//!
//! | file | what it decides |
//! | --- | --- |
//! | `engine` | how modules are compiled; the fuel schedule |
//! | `modules` | which compiled modules are at hand: in memory, on disk, or compiled now |
//! | `disk` | the directory of compiled modules |
//! | `guest` | one instance: memory limit, input, the call, how it ended |
//! | `watch` | the clock: ticks, deadlines, cancellation |
//! | `prover`, `verifier` | the two kinds of run |
//! | `probe` | whether any of this works on this machine |
//!
//! Every run has a thread of its own, whose stack is as large as the engine promises to the program: the caller's
//! thread may be of any size. Calls block until the run is over.

mod disk;
pub mod engine;
mod guest;
mod modules;
mod probe;
mod prover;
mod slots;
mod verifier;
mod watch;

use std::path::{Path, PathBuf};

use crate::{CancelToken, Outcome, ProgramEvent, ProveJob, Verification, VerifyJob};
use engine::Engines;
use modules::Modules;
pub use probe::{Probe, ProbeError};
use slots::Slots;
use watch::Ticker;

/// How this node runs programs. None of it decides a verdict, except that too small a stack means more *no verdict*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Stack of a verifier, in bytes. At most 2 MiB.
    pub verifier_stack_bytes: usize,
    /// Stack of a prover, in bytes. At most 2 MiB.
    pub prover_stack_bytes: usize,
    /// Verifiers that run at once; others wait. Bounds memory: this many times the memory limit.
    pub verifiers_max: usize,
    /// Compilations at once; others wait.
    pub compilations_max: usize,
    /// Compiled modules kept in memory.
    pub modules_max: usize,
    /// Bytes of compiled code kept in memory.
    pub modules_bytes_max: usize,
    /// Bytes of compiled modules kept on disk.
    pub disk_bytes_max: u64,
    /// How often deadlines and cancellation are looked at while a program runs, in milliseconds.
    pub tick_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            verifier_stack_bytes: 1 << 20,
            prover_stack_bytes: 2 << 20,
            verifiers_max: 4,
            compilations_max: 2,
            modules_max: 32,
            modules_bytes_max: 256 << 20,
            disk_bytes_max: 1 << 30,
            tick_ms: 5,
        }
    }
}

/// Why an executor could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The directory of compiled modules cannot be used.
    #[error("the directory {path} cannot be used")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// wasmtime does not run with this configuration on this machine.
    #[error("the WebAssembly engine cannot be made: {0}")]
    Engine(String),
    /// The thread that counts time could not be started.
    #[error("the ticker thread cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// Runs provers and verifiers. One per node; shared between threads by reference.
pub struct Executor {
    settings: Settings,
    prover: prover::Prover,
    modules: Modules,
    verifiers: Slots,
    ticker: Ticker,
}

impl Executor {
    /// An executor that keeps compiled modules in `dir`, which is made if it does not exist, readable by this user
    /// alone. No other process may use the directory.
    ///
    /// # Errors
    /// When the directory cannot be used or the engine does not run on this machine. That nothing failed does not mean
    /// that programs run: [`probe`](Self::probe) says that.
    pub fn new(dir: &Path, settings: Settings) -> Result<Self, ExecutorError> {
        let engines = Engines::new(&settings).map_err(|error| ExecutorError::Engine(format!("{error:#}")))?;
        let disk = disk::Disk::open(dir, settings.disk_bytes_max)
            .map_err(|source| ExecutorError::Directory { path: dir.to_owned(), source })?;
        let ticker = Ticker::start(&engines, settings.tick_ms).map_err(ExecutorError::Ticker)?;
        let prover = prover::Prover::new(&engines).map_err(|error| ExecutorError::Engine(format!("{error:#}")))?;
        let verifiers = Slots::new(settings.verifiers_max);
        Ok(Self { settings, prover, modules: Modules::new(engines, disk, &settings), verifiers, ticker })
    }

    /// Runs a prover to its end: at the latest when its time is over, or shortly after `cancel` is cancelled
    /// (compilation, before the program starts, is finished first). `on_event` is called on this thread.
    pub fn prove(&self, job: &ProveJob<'_>, cancel: &CancelToken, on_event: &dyn Fn(ProgramEvent)) -> Outcome {
        prover::prove(self, job, cancel, on_event)
    }

    /// Runs a verifier to its end. Waits while `verifiers_max` others run.
    #[must_use]
    pub fn verify(&self, job: &VerifyJob<'_>) -> Verification {
        verifier::verify(self, job)
    }

    /// Compiles an artifact ahead of its first use, for instance when a program is deployed.
    ///
    /// # Errors
    /// Why it cannot be a verifier, as text.
    pub fn prepare_verifier(&self, artifact: &[u8]) -> Result<(), String> {
        self.modules.get(engine::Kind::Verifier, artifact).map(drop).map_err(|error| error.to_string())
    }

    /// Runs a built-in prover and verifier and compares what they do with what they must do, fuel included. A node
    /// offers the WebAssembly runtime only after this succeeded.
    ///
    /// # Errors
    /// What went differently.
    pub fn probe(&self) -> Result<Probe, ProbeError> {
        probe::probe(self)
    }
}
