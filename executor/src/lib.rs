//! Runs programs within limits: provers by wall-clock, verifiers by fuel, the same on every node.
//!
//! Without features this crate is the contract only: what a job is, which limits hold, how it may end, and how the
//! input of a program is laid out. It knows no chain state and no network.
//!
//! | feature | adds |
//! | --- | --- |
//! | `check` | [`check`]: is this module a well-formed verifier or prover? Validation alone, no engine |
//! | `wasm` | [`Executor`]: runs WebAssembly provers and verifiers |
//! | `native` | [`NativeExecutor`]: runs native Linux provers in a sandbox |
//!
//! A **prover** runs under a wall-clock limit and ends with an [`Outcome`]: a proof, or one of a closed set of
//! reasons, always with its log. Outcomes differ between machines, and that is fine: one prover's failure is one
//! attempt (rule 8).
//!
//! A **verifier** runs under a fuel limit and ends with a [`Verdict`]. `Valid` and `Invalid` depend on nothing but the
//! artifact, its input and the limits, so that honest provers cannot disagree. Whatever could differ between two hosts
//! (stack overflow, wall-clock, a fault of the host) is `NoVerdict` (rule 10).

pub mod abi;
mod cancel;
#[cfg(feature = "check")]
pub mod check;
mod job;
mod log;
#[cfg(all(feature = "native", target_os = "linux"))]
pub mod native;
mod outcome;
mod sections;
#[cfg(feature = "wasm")]
pub mod wasm;

pub use cancel::CancelToken;
#[cfg(feature = "check")]
pub use check::{ModuleError, check_prover, check_verifier};
pub use job::{ProveJob, ProverLimits, VerifierLimits, VerifyJob};
pub use log::{LOG_MARK_BYTES_MAX, LogBuffer, ProgramLog};
#[cfg(all(feature = "native", target_os = "linux"))]
pub use native::{NativeExecutor, NativeImage, NativeJob, NativeProbe, NativeProbeError, NativeSettings, Source};
pub use outcome::{
    FailReason, Failed, InvalidReason, NoVerdictReason, Outcome, ProgramEvent, Success, Usage, Verdict, Verification,
};
pub use sections::{InputTooLarge, Sections, SectionsError, decode_sections};
#[cfg(feature = "wasm")]
pub use wasm::{Executor, ExecutorError, Probe, ProbeError, Settings};
