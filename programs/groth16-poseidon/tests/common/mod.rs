//! A small chain with its keys, made once for all tests of a file.

use groth16_poseidon::{Claim, Keys, poseidon::Parameters, prove, setup, verify};
use program::{
    Error, Output,
    rehearsal::{self, Rehearsal},
};
use std::sync::LazyLock;

pub const LENGTH: u32 = 16;

/// The preimage, encoded.
pub const PREIMAGE: [u8; 32] = [3; 32];

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| setup(LENGTH, [7; 32]).unwrap());

/// A proof of [`claim`].
pub static PROVED: LazyLock<Output> = LazyLock::new(|| prove_with(1, &KEYS, &claim(LENGTH), &PREIMAGE).unwrap());

/// The encoded claim that the chain of this length from [`PREIMAGE`] ends where it does.
pub fn claim(length: u32) -> Vec<u8> {
    let preimage = groth16_poseidon::decode_scalar(&PREIMAGE).unwrap();
    Claim { length, digest: Parameters::derive().chain(preimage, length) }.encode()
}

/// Calls the prover with randomness from `seed`.
pub fn prove_with(seed: u64, keys: &Keys, claim: &[u8], preimage: &[u8]) -> Result<Output, Error> {
    Rehearsal::new(seed).prove(prove, b"", &[&keys.verifying, claim, &keys.proving, preimage])
}

/// Whether the verifier accepts these bytes as a proof of this claim.
pub fn accepts(key: &[u8], claim: &[u8], proof: &[u8]) -> bool {
    rehearsal::verify(verify, &Output { proof: proof.to_vec(), public_values: Vec::new() }, &[key, claim])
}
