//! What is to be run, and within which limits.

use crate::Sections;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// One run of a prover.
#[derive(Clone, Debug)]
pub struct ProveJob<'a> {
    /// The prover artifact: a WebAssembly module in its binary form.
    pub artifact: &'a [u8],
    /// The arguments, then every input in run order.
    pub input: Sections<'a>,
    /// Seed of what the program gets from `random`. A node passes randomness of the operating system; a test passes a
    /// constant and gets the same proof again.
    pub seed: [u8; 32],
    /// When it is stopped.
    pub limits: ProverLimits,
}

/// One run of a verifier.
#[derive(Clone, Debug)]
pub struct VerifyJob<'a> {
    /// The verifier artifact: a WebAssembly module in its binary form.
    pub artifact: &'a [u8],
    /// The proof, the public values, then the statement inputs in order.
    pub input: Sections<'a>,
    /// When it is stopped.
    pub limits: VerifierLimits,
}

/// What a prover may use. Reaching any of these ends it with a reason, except for the log, which loses its middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProverLimits {
    /// Linear memory, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock of the program itself in milliseconds, on a monotonic clock, from its start: compiling the module
    /// does not count (rule 8).
    pub wall_ms: u64,
    /// Size of the proof, in bytes (rule 9).
    pub proof_bytes_max: u64,
    /// Size of the public values, in bytes.
    pub public_bytes_max: u64,
    /// Bytes of log that are kept.
    pub log_bytes_max: u64,
    /// Calls of host functions: they cost the host time that nothing else accounts for.
    pub host_calls_max: u64,
    /// Bytes that host functions move in total.
    pub host_bytes_max: u64,
}

impl Default for ProverLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1024 * MIB,
            wall_ms: 10 * 60 * 1000,
            proof_bytes_max: 64 * MIB,
            public_bytes_max: MIB,
            log_bytes_max: 256 * KIB,
            host_calls_max: 10_000_000,
            host_bytes_max: 1024 * MIB,
        }
    }
}

/// What a verifier may use. `fuel` and `memory_bytes` are agreed on by the network: they decide verdicts. The stack
/// limit belongs to the engine and is set once, in `Settings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierLimits {
    /// Fuel, in units of the fuel schedule. Running out is *invalid*.
    pub fuel: u64,
    /// Linear memory, in bytes. Asking for more is *invalid*.
    pub memory_bytes: u64,
    /// Wall-clock in milliseconds: a safety net of this node alone. Reaching it is *no verdict*.
    pub wall_ms: u64,
}

impl Default for VerifierLimits {
    fn default() -> Self {
        Self { fuel: 10_000_000_000, memory_bytes: 64 * MIB, wall_ms: 120_000 }
    }
}
