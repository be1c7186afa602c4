//! How a run may end.

use crate::ProgramLog;

/// The end of a prover's run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned success.
    Success(Success),
    /// It did not.
    Failed(Failed),
}

impl Outcome {
    /// What the program logged, however it ended.
    #[must_use]
    pub fn log(&self) -> &ProgramLog {
        match self {
            Self::Success(success) => &success.log,
            Self::Failed(failed) => &failed.log,
        }
    }

    /// What the run used, however it ended.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Success(success) => success.usage,
            Self::Failed(failed) => failed.usage,
        }
    }
}

/// What a prover produced. Nothing has been checked yet: run the verifier on it before announcing (rule 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    /// The proof. Empty if the program wrote none.
    pub proof: Vec<u8>,
    /// The public values. Empty if the program wrote none.
    pub public: Vec<u8>,
    /// What the program logged.
    pub log: ProgramLog,
    /// What the run used.
    pub usage: Usage,
}

/// A run without a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub reason: FailReason,
    /// What the program logged until then.
    pub log: ProgramLog,
    /// What the run used.
    pub usage: Usage,
}

/// Why a prover's run ended without a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailReason {
    /// The program returned this code.
    #[error("the program exited with code {0}")]
    Exit(i32),
    /// The program did something it must not do, or gave up (`unreachable`).
    #[error("the program trapped: {0}")]
    Trap(String),
    /// A signal ended it that nobody sent from outside: it crashed, gave up (`abort`), or did this to itself.
    #[error("the program was ended by signal {0}")]
    Signal(i32),
    /// The wall-clock limit was reached.
    #[error("the program ran past its time")]
    Timeout,
    /// The program asked for more memory than its limit.
    #[error("the program ran out of memory")]
    OutOfMemory,
    /// It failed with its disk full.
    #[error("the program ran out of disk")]
    Disk,
    /// The fuel limit was reached. Provers are limited by time; this is for engines that count as well.
    #[error("the program ran out of fuel")]
    OutOfFuel,
    /// The proof or the public values exceed their limit.
    #[error("the program's output is too large")]
    OutputTooLarge,
    /// It ended well, but what it left is no proof: nothing, a link, a directory, a file that cannot be read.
    #[error("the program left no usable output: {0}")]
    BadOutput(String),
    /// The caller cancelled the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// The artifact is not a prover.
    #[error("the artifact is not a prover: {0}")]
    BadModule(String),
    /// This node could not run it. Says nothing about the program.
    #[error("the host failed: {0}")]
    HostError(String),
}

/// What a prover's run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Milliseconds from the program's start to its end.
    pub wall_ms: u64,
    /// Most memory in use, in bytes: of WebAssembly the linear memory, of a native program that of all its processes.
    pub memory_peak_bytes: u64,
    /// Milliseconds of processor time, over all threads and processes of the program. None where nothing tells.
    pub cpu_ms: Option<u64>,
    /// Most bytes on its disk that were seen: it is looked at every few milliseconds. WebAssembly has no disk.
    pub disk_peak_bytes: u64,
    /// Calls of host functions. Native programs have none.
    pub host_calls: u64,
}

/// What a running prover reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramEvent {
    /// The module is compiled, or the sandbox is made, and the program starts: its clock runs from here.
    Started,
    /// Bytes it logged, in order: all of them, also those that the log at the end leaves out.
    Log(Vec<u8>),
    /// How far it says it is, 1 to 1000, always growing.
    Progress(u16),
}

/// The end of a verifier's run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The answer.
    pub verdict: Verdict,
    /// Fuel used, at most the limit. The same on every node unless there was no verdict. A trap in the middle of a
    /// function reports the fuel of its last checkpoint.
    pub fuel: u64,
    /// Milliseconds in the program, compilation excluded. For information.
    pub wall_ms: u64,
}

/// What a verifier says about a proof (rule 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It returned 1. Deterministic.
    Valid,
    /// Anything else that the program or its limits decided. Deterministic.
    Invalid(InvalidReason),
    /// The host could not tell. Never sign anything because of this.
    NoVerdict(NoVerdictReason),
}

/// Why a proof is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReason {
    /// The verifier returned this code, which is not 1.
    #[error("the verifier returned {0}")]
    Exit(i32),
    /// The verifier trapped.
    #[error("the verifier trapped: {0}")]
    Trap(String),
    /// The fuel limit was reached.
    #[error("the verifier ran out of fuel")]
    OutOfFuel,
    /// The memory or table limit was reached.
    #[error("the verifier ran out of memory")]
    OutOfMemory,
    /// `alloc` returned null or a pointer from which the input would leave the memory.
    #[error("the verifier's alloc returned a bad pointer")]
    BadPointer,
    /// The input cannot be addressed with 32 bits.
    #[error("the input is too large")]
    InputTooLarge,
    /// The artifact is not a verifier.
    #[error("the artifact is not a verifier: {0}")]
    BadModule(String),
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVerdictReason {
    /// The native stack was exhausted. Frame sizes belong to the compiler, not to the protocol.
    #[error("the verifier's stack overflowed")]
    StackOverflow,
    /// The local safety net of [`VerifierLimits::wall_ms`](crate::VerifierLimits::wall_ms).
    #[error("the verifier ran past this node's time")]
    WallClock,
    /// This node could not run it.
    #[error("the host failed: {0}")]
    HostFault(String),
}
