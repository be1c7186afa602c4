//! A program tried on this machine, with no node: its prover within the limits of a run, its verifier within those of the network.

mod machine;
mod tamper;

pub use machine::Machine;
pub use tamper::{Round, tamper};

use crate::{
    commands::Context,
    exit::Failure,
    output::{FAINT, Output, styled},
    units::{Span, size},
};
use executor::{FailReason, InvalidReason, NoVerdictReason, Outcome, ProgramEvent, Success, Usage, Verdict};
use serde::Serialize;
use std::{
    borrow::Cow,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};
use types::{InputRole, Millis, Runtime, limits::ARTIFACT_MAX};

/// First bytes of a WebAssembly module.
const MODULE: &[u8] = b"\0asm";

/// What is tried.
#[derive(Debug)]
pub struct Trial {
    /// What runs the prover.
    pub runtime: Runtime,
    /// The file that makes proofs.
    pub prover: PathBuf,
    /// The module that checks them.
    pub verifier: Vec<u8>,
    /// The fuel that one verification may use.
    pub fuel: u64,
    /// Arguments of the run.
    pub arguments: Vec<u8>,
    /// Inputs of the run, in order.
    pub inputs: Vec<Given>,
    /// What the prover may use.
    pub allowance: Allowance,
}

/// An input.
#[derive(Debug)]
pub struct Given {
    /// Who sees it.
    pub role: InputRole,
    /// What it is.
    pub material: Material,
}

/// Bytes, here or in a file.
#[derive(Debug)]
pub enum Material {
    /// Held.
    Bytes(Vec<u8>),
    /// In a file.
    File(PathBuf),
}

impl Material {
    /// The bytes, of which there must be no more than `max`.
    pub fn bytes(&self, max: u64) -> anyhow::Result<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::File(path) => Ok(Cow::Owned(read_within(path, max)?)),
        }
    }
}

/// What a prover may use.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Processor cores.
    pub cpus: u32,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Disk, in bytes.
    pub disk_bytes: u64,
    /// How long it may compute, in milliseconds.
    pub wall_ms: u64,
}

/// What came of a trial.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// Whether there is a proof that the verifier takes.
    pub verified: bool,
    /// Why not.
    pub reason: Option<String>,
    /// How long the prover took.
    pub wall_ms: u64,
    /// Processor time of the prover.
    pub cpu_ms: Option<u64>,
    /// The most memory that it had.
    pub memory_bytes: u64,
    /// The most disk that it used, its output not counted.
    pub disk_bytes: u64,
    /// Bytes of the proof.
    pub proof_bytes: usize,
    /// The public values, as hex; the first kilobyte of them.
    pub public_values: String,
    /// Fuel of the verification.
    pub fuel: u64,
    /// The fuel that it may use.
    pub fuel_limit: u64,
    /// How long the verification took.
    pub verify_ms: u64,
}

/// Bytes of a file's pages: what it takes of a disk that lies in memory.
const fn pages(bytes: &[u8]) -> u64 {
    const PAGE: u64 = 4096;
    (bytes.len() as u64).div_ceil(PAGE) * PAGE
}

/// Bytes of the public values that are shown.
const SHOWN_BYTES: usize = 1024;

impl Tried {
    fn of(usage: Usage, made: Option<&Success>, fuel_limit: u64) -> Self {
        let output = made.map_or(0, |made| pages(&made.proof) + pages(&made.public));
        let public = made.map(|made| made.public.as_slice()).unwrap_or_default();
        Self {
            verified: false,
            reason: None,
            wall_ms: usage.wall_ms,
            cpu_ms: usage.cpu_ms,
            memory_bytes: usage.memory_peak_bytes,
            disk_bytes: usage.disk_peak_bytes.saturating_sub(output),
            proof_bytes: made.map_or(0, |made| made.proof.len()),
            public_values: hex::encode(public.get(..SHOWN_BYTES).unwrap_or(public)),
            fuel: 0,
            fuel_limit,
            verify_ms: 0,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let time = |ms| Span(Millis(ms)).to_string();
        let cpu = self.cpu_ms.map_or(String::new(), |ms| format!(", {} of processors", time(ms)));
        let mut lines = vec![format!("prove   {}{cpu}", time(self.wall_ms))];
        lines.push(format!("memory  {}, disk {}", size(self.memory_bytes), size(self.disk_bytes)));
        if self.proof_bytes > 0 {
            lines.push(format!("proof   {}", size(self.proof_bytes as u64)));
            lines.push(format!("verify  {}, {} of {} fuel", time(self.verify_ms), self.fuel, self.fuel_limit));
        }
        if !self.public_values.is_empty() {
            lines.push(format!("public  {}", self.public_values));
        }
        match &self.reason {
            None => lines.push("the verifier accepts the proof".to_owned()),
            Some(reason) => lines.push(format!("no proof: {reason}")),
        }
        lines.join("\n")
    }

    /// The error of a trial without a proof.
    pub fn failure(&self) -> Option<Failure> {
        let reason = self.reason.as_ref()?;
        let hint = "its log is above; limits are raised by --memory, --disk, --max-time and --fuel".to_owned();
        let message = format!("there is no proof: {reason}");
        Some(Failure { code: crate::exit::Code::WithoutProof, message, hint })
    }
}

impl Trial {
    /// Proves and verifies, telling how it goes.
    pub fn run(&self, machine: &Machine, out: Output) -> anyhow::Result<(Tried, Option<Success>)> {
        out.note(styled(FAINT, format_args!("proving by {}", self.prover.display())));
        let outcome = machine.prove(self, &|event| tell(out, event))?;
        let usage = outcome.usage();
        match outcome {
            Outcome::Failed(failed) => {
                let mut tried = Tried::of(usage, None, self.fuel);
                tried.reason = Some(told(&failed.reason));
                Ok((tried, None))
            }
            Outcome::Success(made) => {
                let mut tried = Tried::of(usage, Some(&made), self.fuel);
                out.note(styled(FAINT, "verifying"));
                let statement = self.statement()?;
                let judged = machine.verify(self, &made.proof, &made.public, &statement);
                (tried.fuel, tried.verify_ms) = (judged.fuel, judged.wall_ms);
                tried.reason = too_large(&made).or_else(|| refusal(&judged.verdict));
                tried.verified = tried.reason.is_none();
                Ok((tried, Some(made)))
            }
        }
    }

    /// The inputs that the verifier sees.
    pub fn statement(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let max = machine::params().verifier_memory_max;
        let statement = self.inputs.iter().filter(|input| input.role == InputRole::Statement);
        statement.map(|input| Ok(input.material.bytes(max)?.into_owned())).collect()
    }
}

fn too_large(made: &Success) -> Option<String> {
    let (bytes, max) = (made.proof.len() as u64 + made.public.len() as u64, machine::params().proof_bytes_max);
    (bytes > max).then(|| format!("the proof has {bytes} bytes, where the network takes {max}"))
}

/// Why a run ended, with the words for limits that a run can ask more of.
fn told(reason: &FailReason) -> String {
    let option = match reason {
        FailReason::Timeout => "--max-time",
        FailReason::OutOfMemory => "--memory",
        FailReason::Disk => "--disk",
        other => return other.to_string(),
    };
    format!("{reason} ({option})")
}

/// Why there is no verdict that the proof is valid.
pub fn refusal(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Valid => None,
        Verdict::Invalid(InvalidReason::OutOfFuel) => Some("the verifier ran out of fuel (--fuel)".to_owned()),
        Verdict::Invalid(reason) => Some(format!("the verifier refuses it: {reason}")),
        Verdict::NoVerdict(NoVerdictReason::WallClock) => {
            Some("the verifier takes longer than a node waits: use less fuel".to_owned())
        }
        Verdict::NoVerdict(reason) => Some(format!("there is no verdict: {reason}")),
    }
}

/// What a prover says, as it says it. A log may hold anything.
fn tell(out: Output, event: ProgramEvent) {
    match event {
        ProgramEvent::Started => {}
        ProgramEvent::Progress(permille) => {
            out.note(styled(FAINT, format_args!("{}.{} %", permille / 10, permille % 10)));
        }
        ProgramEvent::Log(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let plain: String = text.trim_end().chars().filter(|it| *it == '\n' || !it.is_control()).collect();
            out.note(styled(FAINT, plain));
        }
    }
}

/// What runs a prover: a module says so by its first bytes.
pub fn runtime_of(prover: &Path) -> anyhow::Result<Runtime> {
    let start = start_of(prover, MODULE.len() as u64)?;
    Ok(if start == MODULE { Runtime::Wasm } else { Runtime::LinuxX86_64 })
}

/// Reads a file that has no more than so many bytes.
pub fn read_within(path: &Path, max: u64) -> anyhow::Result<Vec<u8>> {
    let bytes = start_of(path, max.saturating_add(1))?;
    if bytes.len() as u64 > max {
        let message = format!("{} has more than the {} that are allowed", path.display(), size(max));
        return Err(Failure::usage(message, "docs/protocol.md has the bounds").into());
    }
    Ok(bytes)
}

/// The first bytes of a file.
pub fn start_of(path: &Path, max: u64) -> anyhow::Result<Vec<u8>> {
    let wrong = |error| Failure::usage(format!("{} cannot be read: {error}", path.display()), "check the path");
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(max).read_to_end(&mut bytes)).map_err(wrong)?;
    Ok(bytes)
}

/// Reads a module.
pub fn read_module(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_within(path, ARTIFACT_MAX)
}

/// Where what a trial fetches from a node is kept while it lasts.
#[derive(Debug)]
pub struct Fetched {
    dir: tempfile::TempDir,
}

impl Fetched {
    /// Nothing yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { dir: tempfile::tempdir()? })
    }

    /// A blob of the node's store as a file.
    pub async fn blob(&self, context: &Context, blob: types::BlobId) -> anyhow::Result<PathBuf> {
        let file = self.dir.path().join(blob.to_string());
        if !file.exists() {
            context.out.note(styled(FAINT, format_args!("fetching blob {blob}")));
            context.client()?.blob_file(blob, &file, crate::commands::blob::moved(context.out)).await?;
        }
        Ok(file)
    }
}
