//! Does the runtime work on this machine? Runs real modules instead of asking for features.

use super::Executor;
use crate::{
    CancelToken, FailReason, Failed, Outcome, ProveJob, ProverLimits, Sections, Success, Verdict, Verification,
    VerifierLimits, VerifyJob,
};

/// What the probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The engine that ran, as in the genesis.
    pub engine: &'static str,
    /// Fuel that the built-in verifier used: the same on every node.
    pub fuel: u64,
}

/// What went differently from what it must.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The built-in prover made no proof.
    #[error("the built-in prover failed: {0}")]
    Prover(FailReason),
    /// The built-in prover made something else than it must.
    #[error("the built-in prover made another output than expected")]
    Output,
    /// The built-in verifier did not accept its input.
    #[error("the built-in verifier said {0:?}")]
    Verifier(Verdict),
    /// The built-in verifier used another amount of fuel than on other nodes: verdicts would differ.
    #[error("the built-in verifier used {got} fuel instead of {expected}")]
    Fuel {
        /// Fuel on other nodes.
        expected: u64,
        /// Fuel here.
        got: u64,
    },
    /// The built-in endless loop did not end as a timeout.
    #[error("the built-in endless loop did not end as a timeout")]
    Timeout,
}

const PROVER: &[u8] = include_bytes!("probe/prover.wasm");
const VERIFIER: &[u8] = include_bytes!("probe/verifier.wasm");
/// A proof and a statement whose bytes, lengths included, add up to 257: the verifier returns 1.
const PROOF: &[u8] = &[5];
const STATEMENT: &[u8] = &[250];
/// Fuel of the verifier on this input: 15 for each of its 14 bytes, 3 at the end, 1 for the constant in `alloc`, and 1
/// for entering each of the two functions.
const FUEL: u64 = 216;

pub(super) fn probe(executor: &Executor) -> Result<Probe, ProbeError> {
    probe_prover(executor)?;
    probe_timeout(executor)?;
    let fuel = probe_verifier(executor)?;
    Ok(Probe { engine: super::engine::VERIFIER_ENGINE, fuel })
}

fn probe_prover(executor: &Executor) -> Result<(), ProbeError> {
    match prove(executor, PROOF, 60_000) {
        Outcome::Success(Success { proof, .. }) if proof == [1, 0, 0, 0, 5] => Ok(()),
        Outcome::Success(_) => Err(ProbeError::Output),
        Outcome::Failed(failed) => Err(ProbeError::Prover(failed.reason)),
    }
}

fn probe_timeout(executor: &Executor) -> Result<(), ProbeError> {
    match prove(executor, &[0; 64], 1) {
        Outcome::Failed(Failed { reason: FailReason::Timeout, .. }) => Ok(()),
        _ => Err(ProbeError::Timeout),
    }
}

fn prove(executor: &Executor, arguments: &[u8], wall_ms: u64) -> Outcome {
    let limits = ProverLimits { memory_bytes: 1 << 20, wall_ms, ..ProverLimits::default() };
    let job = ProveJob { artifact: PROVER, input: Sections::of_prover(arguments, []), seed: [0; 32], limits };
    executor.prove(&job, &CancelToken::new(), &|_| ())
}

fn probe_verifier(executor: &Executor) -> Result<u64, ProbeError> {
    let limits = VerifierLimits { fuel: 1_000_000, memory_bytes: 1 << 20, wall_ms: 60_000 };
    let job = VerifyJob { artifact: VERIFIER, input: Sections::of_verifier(PROOF, &[], [STATEMENT]), limits };
    match executor.verify(&job) {
        Verification { verdict: Verdict::Valid, fuel: FUEL, .. } => Ok(FUEL),
        Verification { verdict: Verdict::Valid, fuel, .. } => Err(ProbeError::Fuel { expected: FUEL, got: fuel }),
        Verification { verdict, .. } => Err(ProbeError::Verifier(verdict)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_binaries_are_their_texts() {
        let binary = |text| wat::parse_str(text).expect("valid text");
        assert_eq!(super::PROVER, binary(include_str!("probe/prover.wat")));
        assert_eq!(super::VERIFIER, binary(include_str!("probe/verifier.wat")));
    }
}
