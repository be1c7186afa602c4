//! The graph: what a label is made from.

use crate::claim::Claim;
use std::array;

/// Bytes of a label, and of a digest.
pub const LABEL_BYTES: usize = 32;

/// A label, or a digest of some.
pub type Label = [u8; LABEL_BYTES];

/// Labels of one MiB.
pub const LABELS_PER_MIB: usize = (1 << 20) / LABEL_BYTES;

/// Labels that a label is made from besides the one before it.
pub const FAR: usize = 2;

/// An index, the label before, and the far ones.
const INPUT_BYTES: usize = 8 + LABEL_BYTES * (1 + FAR);

/// The labels of one claim.
pub struct Graph {
    key: [u8; 32],
}

impl Graph {
    /// The graph that this claim asks for.
    pub fn of(claim: &Claim<'_>) -> Self {
        Self { key: claim.key("lemma 1 capacity label") }
    }

    /// The label at `index`, from the one before and those at [`far`].
    pub fn label(&self, index: u64, previous: &Label, far: [&Label; FAR]) -> Label {
        let mut input = [0; INPUT_BYTES];
        let (front, labels) = input.split_at_mut(8);
        front.copy_from_slice(&index.to_le_bytes());
        for (place, label) in labels.chunks_exact_mut(LABEL_BYTES).zip([previous].into_iter().chain(far)) {
            place.copy_from_slice(label);
        }
        *blake3::keyed_hash(&self.key, &input).as_bytes()
    }
}

/// Where the far labels of `index` are, all before it: the label just before decides. For index 0, 0.
pub fn far(index: u64, previous: &Label) -> [u64; FAR] {
    let (numbers, _) = previous.as_chunks::<8>();
    array::from_fn(|at| numbers.get(at).and_then(|bytes| u64::from_le_bytes(*bytes).checked_rem(index)).unwrap_or(0))
}
