//! All chance of a simulation: numbers that follow from its seed and from what they are for, so that one more draw somewhere
//! changes no other.

use std::ops::Range;

/// The seed of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// 32 bytes for one purpose.
    #[must_use]
    pub fn bytes(self, what: &str, index: u64) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("lemma 2026-11 simulation");
        hasher.update(&self.0.to_le_bytes()).update(&index.to_le_bytes()).update(what.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// A number for one purpose, in a range that is not empty.
    #[must_use]
    pub fn within(self, what: &str, index: u64, range: Range<u64>) -> u64 {
        let bytes = self.bytes(what, index);
        let number = bytes.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        range.start + number % (range.end - range.start)
    }

    /// A seed for one part of the simulation.
    #[must_use]
    pub fn part(self, what: &str, index: u64) -> Self {
        Self(self.within(what, index, 0..u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_seed_purpose_and_index() {
        let one = Seed(1).bytes("delay", 0);
        assert_eq!(one, Seed(1).bytes("delay", 0));
        for other in [Seed(2).bytes("delay", 0), Seed(1).bytes("crash", 0), Seed(1).bytes("delay", 1)] {
            assert_ne!(one, other);
        }
        assert!((0..100).all(|index| (5..8).contains(&Seed(1).within("delay", index, 5..8))));
    }
}
