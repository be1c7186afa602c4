//! Does the sandbox work on this machine, and by which means? Runs a real program instead of asking for features.

use std::fmt;

use super::cgroup::Groups;
use super::spec::Isolation;
use super::{Means, NativeExecutor, NativeJob, Source, filter, run, system, watch};
use crate::{CancelToken, FailReason, Failed, Outcome, ProverLimits, Success};

/// By which means native programs are held on this machine. Shown as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeProbe {
    /// Whether a program gets namespaces of its own: a private root, its own processes, no network. Without them only
    /// static programs of one process run, held by landlock and the system call filter.
    pub namespaces: bool,
    /// What limits memory.
    pub memory: MemoryLimit,
    /// Version of landlock; 0 if the kernel has none.
    pub landlock: u32,
    /// Why there are no namespaces, if there are none.
    pub reason: Option<String>,
}

/// What limits the memory of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLimit {
    /// A control group of version 2.
    GroupV2,
    /// A control group of version 1.
    GroupV1,
    /// No control group: the memory of the processes is looked at every few milliseconds.
    Watched,
}

impl fmt::Display for NativeProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let isolation = if self.namespaces { "namespaces" } else { "no namespaces" };
        let memory = match self.memory {
            MemoryLimit::GroupV2 => "cgroup v2",
            MemoryLimit::GroupV1 => "cgroup v1",
            MemoryLimit::Watched => "watched memory",
        };
        write!(f, "{isolation}, {memory}, landlock {}, seccomp", self.landlock)?;
        self.reason.iter().try_for_each(|reason| write!(f, " ({reason})"))
    }
}

/// Why no native program can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeProbeError {
    /// There is no filter for this architecture.
    #[error("there is no sandbox for {}", std::env::consts::ARCH)]
    Architecture,
    /// Neither namespaces nor landlock hold.
    #[error("with namespaces: {namespaces}; without: {landlock}")]
    Nothing {
        /// What failed with namespaces.
        namespaces: String,
        /// What failed with landlock alone.
        landlock: String,
    },
}

/// Landlock alone must refuse to cut files as well (version 3): nothing else would.
const LANDLOCK_ALONE: u32 = 3;
const ARGUMENTS: &[u8] = b"probe";
const LOOP: &[u8] = b"L";

pub(super) fn probe(executor: &NativeExecutor) -> Result<(Means, NativeProbe), NativeProbeError> {
    let program = program().ok_or(NativeProbeError::Architecture)?;
    let groups = if executor.settings.without_groups { Groups::None } else { Groups::detect() };
    groups.sweep();
    let landlock = system::landlock_version();
    let with = |isolation| Means { isolation, groups: groups.clone(), landlock };
    let reason = match try_namespaces(executor, &with(Isolation::Namespaces), program) {
        Ok(()) => return Ok(answer(with(Isolation::Namespaces), None)),
        Err(reason) => reason,
    };
    match try_landlock(executor, &with(Isolation::Landlock), program) {
        Ok(()) => Ok(answer(with(Isolation::Landlock), Some(reason))),
        Err(landlock) => Err(NativeProbeError::Nothing { namespaces: reason, landlock }),
    }
}

fn answer(means: Means, reason: Option<String>) -> (Means, NativeProbe) {
    let memory = match means.groups {
        Groups::V2(_) => MemoryLimit::GroupV2,
        Groups::V1 { .. } => MemoryLimit::GroupV1,
        Groups::None => MemoryLimit::Watched,
    };
    let namespaces = means.isolation == Isolation::Namespaces;
    let probe = NativeProbe { namespaces, memory, landlock: means.landlock, reason };
    (means, probe)
}

fn try_namespaces(executor: &NativeExecutor, means: &Means, program: &[u8]) -> Result<(), String> {
    if executor.settings.without_namespaces {
        return Err("switched off".to_owned());
    }
    if means.groups == Groups::None && !watch::is_possible() {
        return Err("neither a control group nor the kernel's list of children".to_owned());
    }
    run(executor, means, program)
}

fn try_landlock(executor: &NativeExecutor, means: &Means, program: &[u8]) -> Result<(), String> {
    if means.landlock < LANDLOCK_ALONE {
        return Err(format!("landlock has version {}, which needs {LANDLOCK_ALONE}", means.landlock));
    }
    run(executor, means, program)
}

/// Once to its end, and once past its time.
fn run(executor: &NativeExecutor, means: &Means, program: &[u8]) -> Result<(), String> {
    match prove(executor, means, program, ARGUMENTS, 60_000) {
        Outcome::Success(Success { proof, .. }) if proof == ARGUMENTS => {}
        Outcome::Success(_) => return Err("the built-in program made something else than it must".to_owned()),
        Outcome::Failed(Failed { reason, .. }) => return Err(reason.to_string()),
    }
    match prove(executor, means, program, LOOP, 1) {
        Outcome::Failed(Failed { reason: FailReason::Timeout, .. }) => Ok(()),
        _ => Err("the built-in endless loop did not end as a timeout".to_owned()),
    }
}

fn prove(executor: &NativeExecutor, means: &Means, program: &[u8], arguments: &[u8], wall_ms: u64) -> Outcome {
    let job = NativeJob {
        workload: "probe",
        artifact_id: *blake3::hash(program).as_bytes(),
        artifact: Source::Bytes(program),
        arguments,
        inputs: Vec::new(),
        cpus: 1,
        disk_bytes: 1 << 20,
        processes_max: 1,
        limits: ProverLimits { memory_bytes: 64 << 20, wall_ms, ..ProverLimits::default() },
    };
    run::prove(executor, means, &job, &CancelToken::new(), &|_| ())
}

/// The built-in program, if there is one for this architecture. Its source lies beside it.
fn program() -> Option<&'static [u8]> {
    match filter::native()? {
        super::syscalls::Architecture::X86_64 => Some(include_bytes!("probe/program-x86_64")),
        super::syscalls::Architecture::Aarch64 => Some(include_bytes!("probe/program-aarch64")),
    }
}
