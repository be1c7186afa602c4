//! The bytes of a STARK proof: one encoding each.
//!
//! Miden's decoder takes every `u64` for a field element, and ignores what follows the end: a proof would have as many
//! encodings as anybody cares to make. Here every number is canonical, every length is the one that the bytes bear out,
//! and nothing follows.
//!
//! | bytes | |
//! | --- | --- |
//! | 8, 1 | the number of traces, which is 1; the logarithm of its length |
//! | 8, 4 | the same number; the trace's place, which is 0 |
//! | 8, 8 each | how many field elements; the elements |
//! | 8, 32 each | how many commitments; the commitments |
//!
//! All integers are little-endian.

use miden_verifier::math::Felt;

const COMMITMENT_BYTES: usize = 32;
const ELEMENT_BYTES: usize = 8;

/// Whether `proof` is laid out as above, with canonical elements.
pub fn is_canonical(proof: &[u8]) -> bool {
    let canonical = |element: &[u8]| number(element).is_some_and(|number| number < Felt::ORDER);
    elements(proof).is_some_and(|elements| elements.chunks(ELEMENT_BYTES).all(canonical))
}

/// Makes every element of a proof canonical. `None` if `proof` is not laid out as above.
#[cfg(feature = "prover")]
pub fn canonical(mut proof: Vec<u8>) -> Option<Vec<u8>> {
    let range = range(&proof)?;
    for element in proof.get_mut(range)?.chunks_mut(ELEMENT_BYTES) {
        let reduced = number(element)? % Felt::ORDER;
        element.copy_from_slice(&reduced.to_le_bytes());
    }
    Some(proof)
}

/// The elements of a proof.
fn elements(proof: &[u8]) -> Option<&[u8]> {
    proof.get(range(proof)?)
}

/// Where the elements of a proof lie. `None` if it is not laid out as above.
fn range(proof: &[u8]) -> Option<core::ops::Range<usize>> {
    let rest = proof.strip_prefix(&1u64.to_le_bytes())?;
    let (_log_length, rest) = rest.split_first()?;
    let rest = rest.strip_prefix(&1u64.to_le_bytes())?.strip_prefix(&0u32.to_le_bytes())?;
    let (elements, rest) = row(rest, ELEMENT_BYTES)?;
    let (commitments, rest) = row(rest, COMMITMENT_BYTES)?;
    let end = proof.len().checked_sub(COUNT_BYTES.checked_add(commitments.len())?)?;
    rest.is_empty().then_some(end.checked_sub(elements.len())?..end)
}

const COUNT_BYTES: usize = 8;

/// A count and that many items of `size` bytes; then what follows them.
fn row(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (count, rest) = bytes.split_at_checked(COUNT_BYTES)?;
    let count = usize::try_from(number(count)?).ok()?;
    rest.split_at_checked(count.checked_mul(size)?)
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
