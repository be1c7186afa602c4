//! The proof in bytes: every part has its place, so that one length fits one claim.

use crate::{
    challenge::CHALLENGES,
    graph::{FAR, LABEL_BYTES, Label},
    tree::DEPTH,
};

/// Labels of an opening: the one before, and the far ones.
pub const OPENED: usize = 1 + FAR;

/// Paths of an opening: the label itself, then those of the labels that it is made from.
const PATHS: usize = 1 + OPENED;

/// Labels and digests of an opening.
const OPENING: usize = OPENED + PATHS * DEPTH;

/// Bytes of a proof about this many MiB of labels.
pub const fn proof_bytes(labels_mib: usize) -> usize {
    LABEL_BYTES * (labels_mib + CHALLENGES * OPENING) + NONCE_BYTES
}

const NONCE_BYTES: usize = 8;

/// A proof, taken apart.
pub struct Proof<'a> {
    /// A root for each MiB.
    pub roots: &'a [Label],
    /// What gives the seed its work.
    pub nonce: u64,
    openings: &'a [[Label; OPENING]],
}

/// What a challenge is answered with.
pub struct Opening<'a> {
    /// The label before the challenged one, then the far ones.
    pub labels: &'a [Label; OPENED],
    /// The path of the challenged label, then those of `labels`.
    pub paths: &'a [[Label; DEPTH]],
}

impl<'a> Proof<'a> {
    /// Takes a proof apart. `None` unless it is as long as one about `labels_mib` is.
    pub fn decode(bytes: &'a [u8], labels_mib: usize) -> Option<Self> {
        let (roots, rest) = bytes.split_at_checked(LABEL_BYTES.checked_mul(labels_mib)?)?;
        let (nonce, openings) = rest.split_first_chunk()?;
        let (openings, []) = openings.as_chunks::<LABEL_BYTES>() else { return None };
        let (openings, []) = openings.as_chunks() else { return None };
        let (roots, _) = roots.as_chunks();
        (openings.len() == CHALLENGES).then_some(Self { roots, nonce: u64::from_le_bytes(*nonce), openings })
    }

    /// The openings in the order of the challenges.
    pub fn openings(&self) -> impl Iterator<Item = Opening<'a>> {
        self.openings.iter().filter_map(|opening| {
            let (labels, paths) = opening.split_first_chunk()?;
            Some(Opening { labels, paths: paths.as_chunks().0 })
        })
    }
}
