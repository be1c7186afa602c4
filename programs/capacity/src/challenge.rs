//! The challenges: which labels a prover has to open follows from what it committed to.

use crate::{
    claim::Claim,
    graph::{LABEL_BYTES, LABELS_PER_MIB, Label},
};

/// Labels that a proof opens, each with all that it is made from.
pub const CHALLENGES: usize = 192;

/// Zero bits that a seed begins with. A prover that does not like its challenges and changes a label to get others pays for
/// 2²² hashes each time; an honest one pays once, half a second.
pub const WORK_BITS: u32 = 22;

/// What turns commitments into challenges, for one claim.
pub struct Draw {
    roots_key: [u8; 32],
    seed_key: [u8; 32],
    labels: u64,
}

impl Draw {
    /// The draw for this claim.
    pub fn of(claim: &Claim<'_>) -> Self {
        Self {
            roots_key: claim.key("lemma 1 capacity roots"),
            seed_key: claim.key("lemma 1 capacity seed"),
            labels: (claim.labels_mib() as u64).saturating_mul(LABELS_PER_MIB as u64),
        }
    }

    /// One digest of all roots.
    pub fn commitment(&self, roots: &[Label]) -> Label {
        *blake3::keyed_hash(&self.roots_key, roots.as_flattened()).as_bytes()
    }

    /// The seed of a commitment and a nonce, whether or not it [`has_work`].
    pub fn seed(&self, commitment: &Label, nonce: u64) -> Label {
        let mut input = [0; LABEL_BYTES + 8];
        let (first, second) = input.split_at_mut(LABEL_BYTES);
        first.copy_from_slice(commitment);
        second.copy_from_slice(&nonce.to_le_bytes());
        *blake3::keyed_hash(&self.seed_key, &input).as_bytes()
    }

    /// The indices to open: any but 0, which has no label before it.
    pub fn indices(&self, seed: &Label) -> Vec<u64> {
        let mut bytes = [0; 8 * CHALLENGES];
        blake3::Hasher::new_keyed(seed).finalize_xof().fill(&mut bytes);
        let (numbers, _) = bytes.as_chunks::<8>();
        let others = self.labels.saturating_sub(1).max(1);
        numbers.iter().map(|number| 1 + u64::from_le_bytes(*number) % others).collect()
    }
}

/// Whether a seed begins with [`WORK_BITS`] zero bits.
pub fn has_work(seed: &Label) -> bool {
    seed.first_chunk().is_some_and(|bytes| u64::from_be_bytes(*bytes).leading_zeros() >= WORK_BITS)
}
