//! Groth16 over BN254: knowledge of a preimage under a chain of Poseidon hashes.
//!
//! The statement is *"I know `x` such that `y = H(H(… H(x) …))`, with `N` hashes"*, where `H` is Poseidon as circomlib
//! has it for one input ([`poseidon`]). It is proved with arkworks 0.6.
//!
//! | | bytes |
//! | --- | --- |
//! | statement input 0 | the verifying key, [`KEY_BYTES`] bytes |
//! | statement input 1 | `N` as little-endian `u32`, then `y` as 32 little-endian bytes ([`Claim`]) |
//! | witness input 2 | the proving key |
//! | witness input 3 | `x` as 32 little-endian bytes |
//! | arguments | none |
//! | proof | `A`, `B`, `C`, compressed: 128 bytes |
//! | public values | none |
//!
//! **What the verifying key binds.** The public inputs of the circuit are `N` and `y`, and the circuit for `N` hashes
//! demands that the first equals its own number of hashes. A key made by [`setup`] for 16 hashes therefore accepts no
//! proof of a statement that says 1000. A key that somebody else made says whatever its maker wanted: who reads a
//! receipt must know where the key in the statement comes from.
//!
//! **The set-up is for demonstration.** [`setup`] is run by one party, from a seed, and whoever knows the seed can
//! forge proofs. A network that means it takes keys from a ceremony.

mod circuit;
mod claim;
mod encoding;
pub mod poseidon;
mod prover;
mod setup;
mod verifier;

pub use circuit::Chain;
pub use claim::{CHAIN_MAX, CLAIM_BYTES, Claim};
pub use encoding::{KEY_BYTES, PROOF_BYTES, decode_key, decode_proof, decode_scalar};
pub use prover::prove;
pub use setup::{Keys, run_setup, setup};
pub use verifier::verify;

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "setup")]
program::prover!(run_setup);
#[cfg(feature = "verifier")]
program::verifier!(verify);
