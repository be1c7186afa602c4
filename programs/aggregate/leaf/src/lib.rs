//! Groth16 over BLS12-377: knowledge of a preimage under a chain of Poseidon hashes, made to be aggregated.
//!
//! The statement is *"I know `x` such that `y` is the end of a chain of [`LENGTH`] hashes that starts at `x`"*. The curve is
//! the inner one of a pair: what it computes in, BW6-761 proves about. So the program `aggregate` can prove that it has
//! checked many of these proofs.
//!
//! | | bytes |
//! | --- | --- |
//! | statement input 0 | the verifying key, [`groth16::key_bytes`] |
//! | statement input 1 | the claim: `y` as 32 little-endian bytes |
//! | witness input 2 | the proving key |
//! | witness input 3 | `x` as 32 little-endian bytes |
//! | arguments | none |
//! | proof | `A`, `B`, `C`, compressed: 192 bytes |
//! | public values | none |
//!
//! A key says whatever its maker wanted: who reads a receipt must know where the key in the statement comes from.
//!
//! **The set-up is for demonstration.** [`setup`] is run by one party, from a seed, and whoever knows the seed can forge
//! proofs. A network that means it takes keys from a ceremony.

mod chain;
pub mod groth16;
pub mod poseidon;
mod prover;
mod verifier;

pub use chain::{Chain, LENGTH, chain};
pub use prover::{prove, setup};
pub use verifier::{CLAIM_BYTES, INPUTS, verify};

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);
