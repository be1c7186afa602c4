//! Programs whose artifacts are part of the binary: the one that tests capacity, and the example that the demonstration deploys.

use types::{Artifact, BlobId};

/// The program that a prover runs to show that it has the capacity it declares. Every node has it from its start.
pub mod capacity {
    /// An artifact of the program: here stands which one it is.
    macro_rules! artifact {
        ($file:literal) => {
            include_bytes!(concat!("../../programs/artifacts/capacity/", $file))
        };
    }

    /// Makes proofs.
    pub const PROVER: &[u8] = artifact!("prover.wasm");
    /// Checks them.
    pub const VERIFIER: &[u8] = artifact!("verifier.wasm");
    /// Proof system and version.
    pub const PROOF_SYSTEM: &str = "lemma-capacity/1";
    /// The fuel that one verification may use: three times what the largest takes.
    pub const FUEL_LIMIT: u64 = 100_000_000;
    /// How long one test may compute at most, in milliseconds: the chain gives the largest a little more than ten minutes.
    pub const COMPUTE_MAX_MS: u64 = 900_000;
}

/// What every node has in its store without fetching it.
pub const BUILTIN: &[&[u8]] = &[capacity::PROVER, capacity::VERIFIER];

/// Groth16 over BN254: knowledge of the start of a chain of Poseidon hashes.
pub mod groth16 {
    /// Makes proofs.
    pub const PROVER: &[u8] = include_bytes!("../../programs/artifacts/groth16-poseidon/prover.wasm");
    /// Checks them.
    pub const VERIFIER: &[u8] = include_bytes!("../../programs/artifacts/groth16-poseidon/verifier.wasm");
    /// Makes keys and claims, in one place: for demonstration.
    pub const SETUP: &[u8] = include_bytes!("../../programs/artifacts/groth16-poseidon/setup.wasm");
    /// Proof system and version.
    pub const PROOF_SYSTEM: &str = "groth16-bn254/arkworks-0.6";
    /// The fuel that one verification may use.
    pub const FUEL_LIMIT: u64 = 1_000_000_000;
}

/// How a program names an artifact.
#[must_use]
pub fn artifact(bytes: &[u8]) -> Artifact {
    Artifact { blob: BlobId::of(bytes), size: bytes.len() as u64 }
}
