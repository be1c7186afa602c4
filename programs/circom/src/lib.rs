//! Groth16 for any circom circuit: snarkjs' keys, signals and proofs, over BN254 and BLS12-381.
//!
//! One program for all circuits: the verification key is part of the statement, so that nothing has to be deployed for a
//! new circuit. What the files are is what circom and snarkjs write, byte for byte.
//!
//! | | file |
//! | --- | --- |
//! | statement input 0 | `verification_key.json` ([`snarkjs::VerifyingKey`]) |
//! | statement input 1 | `public.json`, the public signals ([`snarkjs::Signals`]) |
//! | witness input 2 | the proving key: a `.zkey` ([`zkey`]), or arkworks' `ProvingKey`, uncompressed |
//! | witness input 3 | the witness, a `.wtns` ([`wtns`]), or what makes it: the circuit's generator, a `.wasm` ([`generator`]) |
//! | witness input | only with a generator: its `input.json` |
//! | witness input | only with arkworks' key: the circuit's constraints, a `.r1cs` ([`r1cs`]) |
//! | arguments | none |
//! | proof | `proof.json` ([`snarkjs::Proof`]) |
//! | public values | none: the signals are in the statement |
//!
//! **What is bound.** A proof is judged against the whole key and all signals of the statement. A number has one spelling:
//! decimal, below its modulus, without a leading zero; a signal plus the modulus is refused. Every point is on its curve
//! and in its group. What a key *means* is decided by the ceremony that made it: who reads a receipt must know where the
//! key in its statement comes from.
//!
//! A proof of Groth16 can be re-randomised by anybody into another one for the same statement, and both are accepted.

mod curve;
#[cfg(feature = "prover")]
mod prover;
pub mod snarkjs;
mod verifier;

pub use curve::Curve;
#[cfg(feature = "prover")]
pub use prover::{binfile, generator, prove, r1cs, test_setup, wtns, zkey};
pub use verifier::verify;

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);
