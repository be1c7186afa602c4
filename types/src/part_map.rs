//! Which parts of a blob are there: one bit for each.

use crate::{
    Data,
    blob::parts,
    limits::{BLOB_MAX, PARTS_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Bytes of the longest map.
pub const PART_MAP_MAX: usize = PARTS_MAX.div_ceil(8) as usize;

/// The parts of a blob that are there, the lowest in the lowest bit. A part beyond the end of the map is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PartMap(Data<PART_MAP_MAX>);

impl PartMap {
    /// A map for a blob of `size` bytes of which nothing is there.
    #[must_use]
    pub fn empty(size: u64) -> Self {
        let bytes = parts(size).min(PARTS_MAX).div_ceil(8) as usize;
        Self(Data::new(vec![0; bytes]).unwrap_or_default())
    }

    /// The map for a blob of `size` bytes that these bytes are; none if they are too few, too many, or name parts that it does
    /// not have.
    #[must_use]
    pub fn read(size: u64, bytes: Vec<u8>) -> Option<Self> {
        if size > BLOB_MAX {
            return None;
        }
        let map = Self(Data::new(bytes).ok()?);
        let fits = map.0.len() == Self::empty(size).0.len();
        let beyond = parts(size)..parts(size).next_multiple_of(8);
        (fits && !beyond.into_iter().any(|part| map.has(part))).then_some(map)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether a part is there.
    #[must_use]
    pub fn has(&self, part: u32) -> bool {
        self.0.get(place(part)).is_some_and(|byte| byte & bit(part) != 0)
    }

    /// A part is there. Says whether it was not before.
    pub fn put(&mut self, part: u32) -> bool {
        let Some(byte) = self.0.get_mut(place(part)) else { return false };
        let before = std::mem::replace(byte, *byte | bit(part));
        before != *byte
    }

    /// No part is there any more.
    pub fn clear(&mut self) {
        for place in 0..self.0.len() {
            if let Some(byte) = self.0.get_mut(place) {
                *byte = 0;
            }
        }
    }

    /// How many parts are there.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    /// The first part from `from` on that is not there, below `end`.
    #[must_use]
    pub fn next_missing(&self, from: u32, end: u32) -> Option<u32> {
        let mut part = from;
        while part < end {
            // A byte that is full is passed over at once.
            let full = part.is_multiple_of(8) && self.0.get(place(part)) == Some(&u8::MAX);
            match full {
                true => part = part.saturating_add(8),
                false if self.has(part) => part = part.saturating_add(1),
                false => return Some(part),
            }
        }
        None
    }
}

const fn place(part: u32) -> usize {
    (part >> 3) as usize
}

const fn bit(part: u32) -> u8 {
    1 << (part & 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PART_BYTES;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_map_is_a_set_of_parts(size in 0..100 * PART_BYTES, puts in proptest::collection::vec(0..120_u32, 0..200)) {
            let (mut map, mut set, end) = (PartMap::empty(size), BTreeSet::new(), parts(size));
            for part in puts.into_iter().filter(|part| *part < end) {
                prop_assert_eq!(map.put(part), set.insert(part));
            }
            prop_assert_eq!(map.count() as usize, set.len());
            for from in 0..end {
                prop_assert_eq!(map.next_missing(from, end), (from..end).find(|part| !set.contains(part)));
            }
            prop_assert_eq!(PartMap::read(size, map.bytes().to_vec()), Some(map));
        }
    }

    #[test]
    fn what_is_no_map_of_a_blob_is_none() {
        let size = 9 * PART_BYTES;
        assert_eq!(PartMap::read(size, vec![0]), None, "too short");
        assert_eq!(PartMap::read(size, vec![0; 3]), None, "too long");
        assert_eq!(PartMap::read(size, vec![0, 2]), None, "there is no tenth part");
        assert!(PartMap::read(size, vec![255, 1]).is_some());
        for size in [BLOB_MAX + 1, u64::MAX] {
            assert_eq!(PartMap::read(size, vec![0; PART_MAP_MAX]), None, "no blob is so large");
        }
        assert!(!PartMap::empty(BLOB_MAX).put(PARTS_MAX));
    }
}
