//! A small claim and its proof, made once for all tests of a file.

use capacity::{CLAIM_BYTES, prove, verify};
use program::{
    Output,
    rehearsal::{self, Rehearsal},
};
use std::sync::LazyLock;

/// So much memory that three MiB are labelled.
pub const MEMORY_MIB: u32 = 35;

/// MiB that are labelled for [`MEMORY_MIB`].
pub const LABELS_MIB: usize = 3;

/// A proof for [`claim`] of [`MEMORY_MIB`].
pub static PROVED: LazyLock<Output> = LazyLock::new(|| prove_claim(&claim(MEMORY_MIB)));

/// An encoded claim with this much memory.
pub fn claim(memory_mib: u32) -> [u8; CLAIM_BYTES] {
    let mut bytes = [9; CLAIM_BYTES];
    for (place, number) in bytes[32..].chunks_exact_mut(4).zip([2, memory_mib, 100, 1, 24]) {
        place.copy_from_slice(&u32::to_le_bytes(number));
    }
    bytes
}

/// A proof for this claim.
pub fn prove_claim(claim: &[u8]) -> Output {
    Rehearsal::new(1).prove(prove, b"", &[claim]).unwrap()
}

/// Whether the verifier accepts these bytes as a proof of this claim.
pub fn accepts(claim: &[u8], proof: &[u8]) -> bool {
    rehearsal::verify(verify, &Output { proof: proof.to_vec(), public_values: Vec::new() }, &[claim])
}
