//! SP1 6.10: programs for RISC-V ("guests"), proved as they are.
//!
//! The statement is *"the guest with this verifying key, on inputs that only the prover needs, ended well and committed these
//! public values"*; the proof is SP1's compressed one, a STARK of constant size without a trusted set-up. One program for all
//! guests: it is deployed once. What a prover needs besides the statement is the prover's affair.
//!
//! | input | role | |
//! | --- | --- | --- |
//! | 0 | statement | the guest's verifying key: 32 bytes, SP1's `bytes32` ([`Key`]) |
//!
//! Public values are the bytes that the guest committed, at most [`PUBLIC_VALUES_MAX`]. The proof is SP1's own `SP1Proof`,
//! encoded as its tools do: its public verifier takes it.
//!
//! # What a proof is worth
//!
//! SP1's parameters aim at 100 bits. The key binds the guest's instructions, its memory at the start and the address where it
//! begins; what the guest means is for its reader. An exit code other than zero is no proof. SP1's other kinds of proof (core, Plonk, Groth16) are refused,
//! and with them all of its mock proofs. **A proof is not zero-knowledge**: do not rely on it to hide an input.

#[cfg(feature = "executor")]
mod executor;
mod key;
#[cfg(feature = "prover")]
mod prover;
mod verifier;

#[cfg(feature = "executor")]
pub use executor::{Execution, execute};
pub use key::Key;
#[cfg(feature = "prover")]
pub use prover::{prove, setup};
pub use verifier::{PUBLIC_VALUES_MAX, verify};

program::verifier!(verify);

/// Says no: a proof is checked without randomness.
#[cfg(target_family = "wasm")]
fn no_randomness(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}
#[cfg(target_family = "wasm")]
getrandom::register_custom_getrandom!(no_randomness);
