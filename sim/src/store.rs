//! The blob store of one simulated node: what it holds survives a crash, as on a disk.

use std::collections::BTreeMap;
use types::{
    BlobId,
    blob::{Tree, decode_part, encode_part, part_range, parts},
    host::PartResult,
};

/// A blob of which some parts are still missing.
struct Partial {
    bytes: Vec<u8>,
    kept: Vec<bool>,
}

/// Blobs by name.
#[derive(Default)]
pub struct Store {
    whole: BTreeMap<BlobId, Vec<u8>>,
    partial: BTreeMap<BlobId, Partial>,
}

impl Store {
    /// Keeps a blob.
    pub fn keep(&mut self, bytes: Vec<u8>) -> BlobId {
        let blob = BlobId::of(&bytes);
        self.whole.insert(blob, bytes);
        blob
    }

    /// A blob, if it is whole.
    #[must_use]
    pub fn get(&self, blob: &BlobId) -> Option<&Vec<u8>> {
        self.whole.get(blob)
    }

    /// A part of a blob with the hashes that prove it.
    #[must_use]
    pub fn part(&self, blob: &BlobId, part: u32) -> Option<Vec<u8>> {
        let bytes = self.whole.get(blob)?;
        encode_part(&Tree::of(bytes), bytes, part)
    }

    /// Checks a part that a peer sent, and keeps it.
    pub fn keep_part(&mut self, blob: BlobId, size: u64, part: u32, encoded: &[u8]) -> PartResult {
        if self.whole.contains_key(&blob) {
            return PartResult::Whole;
        }
        let Ok(bytes) = decode_part(blob, size, part, encoded) else { return PartResult::Wrong };
        let Ok(length) = usize::try_from(size) else { return PartResult::Fault };
        let fresh = || Partial { bytes: vec![0; length], kept: vec![false; parts(size) as usize] };
        let partial = self.partial.entry(blob).or_insert_with(fresh);
        let start = part_range(size, part).0 as usize;
        partial.bytes[start..start + bytes.len()].copy_from_slice(&bytes);
        partial.kept[part as usize] = true;
        if !partial.kept.iter().all(|kept| *kept) {
            return PartResult::Kept;
        }
        let whole = self.partial.remove(&blob).map(|partial| partial.bytes).unwrap_or_default();
        self.whole.insert(blob, whole);
        PartResult::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_travels_part_by_part_and_a_wrong_part_is_found_out() {
        let (mut one, mut other) = (Store::default(), Store::default());
        let bytes: Vec<u8> = (0..600_000u32).map(|at| at as u8).collect();
        let (blob, size) = (one.keep(bytes.clone()), bytes.len() as u64);
        let mut bent = one.part(&blob, 0).expect("part");
        bent[100] ^= 1;
        assert_eq!(other.keep_part(blob, size, 0, &bent), PartResult::Wrong);
        for (part, result) in [(2, PartResult::Kept), (0, PartResult::Kept), (1, PartResult::Whole)] {
            assert_eq!(other.keep_part(blob, size, part, &one.part(&blob, part).expect("part")), result);
        }
        assert_eq!(other.get(&blob), Some(&bytes));
        assert_eq!(one.part(&blob, 3), None);
    }
}
