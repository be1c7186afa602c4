//! The trees: one over the labels of each MiB.

use crate::{
    claim::Claim,
    graph::{LABEL_BYTES, LABELS_PER_MIB, Label},
};

/// Siblings on the path from a leaf to its root.
pub const DEPTH: usize = LABELS_PER_MIB.trailing_zeros() as usize;

/// The trees of one claim.
pub struct Trees {
    key: [u8; 32],
}

impl Trees {
    /// The trees over the labels of this claim.
    pub fn of(claim: &Claim<'_>) -> Self {
        Self { key: claim.key("lemma 1 capacity node") }
    }

    fn node(&self, left: &Label, right: &Label) -> Label {
        let mut input = [0; 2 * LABEL_BYTES];
        let (first, second) = input.split_at_mut(LABEL_BYTES);
        first.copy_from_slice(left);
        second.copy_from_slice(right);
        *blake3::keyed_hash(&self.key, &input).as_bytes()
    }

    /// The root over `label` as leaf number `index`, with these siblings from the leaf up.
    pub fn root_by_path(&self, label: &Label, index: usize, path: &[Label]) -> Label {
        path.iter().enumerate().fold(*label, |below, (height, sibling)| match index >> height & 1 {
            0 => self.node(&below, sibling),
            _ => self.node(sibling, &below),
        })
    }

    /// The root over these leaves, a power of two of them.
    pub fn root(&self, leaves: &[Label]) -> Label {
        let mut level = self.above(leaves);
        while level.len() > 1 {
            level = self.above(&level);
        }
        level.first().copied().unwrap_or_default()
    }

    /// The siblings of leaf number `index` from the leaf up.
    pub fn path(&self, leaves: &[Label], index: usize) -> Vec<Label> {
        let mut path = Vec::new();
        let mut level = leaves.to_vec();
        while level.len() > 1 {
            path.extend(level.get(index >> path.len() ^ 1));
            level = self.above(&level);
        }
        path
    }

    fn above(&self, level: &[Label]) -> Vec<Label> {
        let (pairs, _) = level.as_chunks::<2>();
        pairs.iter().map(|[left, right]| self.node(left, right)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_the_root_from_its_own_place_only() {
        let trees = Trees::of(&Claim::decode(&[7; 52]).unwrap());
        let leaves: Vec<Label> = (0..16).map(|leaf| [leaf; 32]).collect();
        let root = trees.root(&leaves);
        for (index, leaf) in leaves.iter().enumerate() {
            let path = trees.path(&leaves, index);
            for place in 0..16 {
                assert_eq!(trees.root_by_path(leaf, place, &path) == root, place == index, "{index} at {place}");
            }
        }
    }
}
