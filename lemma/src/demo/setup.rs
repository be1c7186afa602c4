//! The seeded set-up of the example's proof system, run in this process by the same sandbox that a node has.
//!
//! One party, this one, knows the seed and could forge proofs: for demonstration only.

use crate::artifacts::groth16;
use anyhow::Context as _;
use executor::{CancelToken, Executor, Outcome, ProveJob, ProverLimits, Sections, Settings};
use std::path::PathBuf;
use types::BlobId;

/// Hashes in the chain whose start is proved to be known.
pub const CHAIN_LENGTH: u32 = 16;
/// First byte of the set-up's arguments: make keys.
const KEYS: u8 = 0;
/// First byte of the set-up's arguments: make a claim.
const CLAIM: u8 = 1;

/// Keys of the proof system, and what is to be proved under them.
pub struct Setup {
    /// What the prover needs.
    pub proving_key: Vec<u8>,
    /// What the verifier needs: part of the statement.
    pub verifying_key: Vec<u8>,
    /// A claim for each run, with the preimage that makes it true.
    pub claims: Vec<Claim>,
}

/// "I know the start of a chain of hashes that ends here."
pub struct Claim {
    /// The claim: part of the statement.
    pub claim: Vec<u8>,
    /// The start of the chain: the witness.
    pub preimage: [u8; 32],
}

/// Runs the set-up. Blocks.
///
/// # Errors
/// When the sandbox does not run on this machine, or the set-up fails in it.
pub fn run(cache: PathBuf, runs: usize, seed: [u8; 32]) -> anyhow::Result<Setup> {
    let executor = Executor::new(&cache, Settings::default())?;
    let (proving_key, verifying_key) = execute(&executor, KEYS, seed)?;
    let claims = (0..runs).map(|index| {
        let preimage = preimage(&seed, index);
        Ok(Claim { claim: execute(&executor, CLAIM, preimage)?.0, preimage })
    });
    Ok(Setup { proving_key, verifying_key, claims: claims.collect::<anyhow::Result<_>>()? })
}

/// A number below the field's order, another one for each run.
fn preimage(seed: &[u8; 32], index: usize) -> [u8; 32] {
    let mut bytes = BlobId::of(&[seed.as_slice(), &index.to_le_bytes()].concat()).0;
    bytes[31] &= 0x0f;
    bytes
}

fn execute(executor: &Executor, kind: u8, rest: [u8; 32]) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let arguments = [&[kind][..], &CHAIN_LENGTH.to_le_bytes(), &rest].concat();
    let job = ProveJob {
        artifact: groth16::SETUP,
        input: Sections::of_prover(&arguments, []),
        seed: rest,
        limits: ProverLimits::default(),
    };
    match executor.prove(&job, &CancelToken::new(), &|_| ()) {
        Outcome::Success(success) => Ok((success.proof, success.public)),
        Outcome::Failed(failed) => Err(failed.reason).context("the set-up failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preimages_differ_and_are_small_enough() {
        let (one, two) = (preimage(&[1; 32], 0), preimage(&[1; 32], 1));
        assert_ne!(one, two);
        assert!(one[31] < 0x30 && two[31] < 0x30);
    }
}
