//! The example program that the demonstration deploys: its artifacts are part of the binary.

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
