//! Many proofs become one: Groth16 over BW6-761, proving that proofs over BLS12-377 were checked.
//!
//! The statement is *"for each of these claims I know a proof that the verifier of `aggregate-leaf` accepts under this
//! verifying key"*. So one proof of 288 bytes stands for as many as there are claims.
//!
//! | | bytes |
//! | --- | --- |
//! | statement input 0 | the verifying key of the aggregation |
//! | statement input 1 | the verifying key of the leaves |
//! | statement input 2 | the claims, 32 bytes each, at most [`LEAVES_MAX`] |
//! | witness input 3 | the proving key of the aggregation |
//! | witness inputs 4… | the proofs, in the order of the claims: each the bundle of an earlier workload, as the network names it |
//! | arguments | none |
//! | proof | `A`, `B`, `C`, compressed: 288 bytes |
//! | public values | none |
//!
//! **What is bound.** The circuit has one public input, the hash of the number of claims, the leaves' key and the claims
//! ([`digest`]). The verifier computes it anew from the statement, and refuses a key of the leaves with a point outside its
//! group: the circuit relies on that. A key of the aggregation is for one number of claims, and for leaves of any circuit
//! with one public input. A claim may stand there twice, and the same proof serve both: the statement shows it.
//!
//! **What is not.** A proof does not say which workload, prover or program made the proofs it has seen; claims and keys are
//! all there is. Keys say what their makers wanted: the set-up here ([`setup`]) is run by one party, for demonstration.

mod circuit;
mod digest;
#[cfg(feature = "prover")]
mod prover;
mod verifier;

pub use circuit::Aggregation;
pub use digest::digest;
#[cfg(feature = "prover")]
pub use prover::{prove, setup};
pub use verifier::{INPUTS, LEAVES_MAX, decode_claims, verify};

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);
