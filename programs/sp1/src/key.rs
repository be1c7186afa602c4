//! What names a guest.

use slop_algebra::{AbstractField, PrimeField32};
use sp1_primitives::SP1Field;

/// A guest's verifying key, by its hash: the 32 bytes that SP1's tools print as `bytes32`. They are eight numbers below the
/// field's order as the digits of one number to the base 2³¹, the first digit the highest; big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; Key::BYTES]);

impl Key {
    /// Its length.
    pub const BYTES: usize = 32;

    /// The key in these bytes, if they are one: eight digits, each below the field's order.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let key = Self(bytes.try_into().ok()?);
        (key.0[0] == 0 && (0..8).all(|at| key.digit(at) < SP1Field::ORDER_U32)).then_some(key)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Its eight numbers, as SP1's own verifier takes them.
    pub fn elements(&self) -> [SP1Field; 8] {
        std::array::from_fn(|at| SP1Field::from_canonical_u32(self.digit(at)))
    }

    /// The digit `at`, 31 bits. It begins 8 + 31 × `at` bits into the key and touches at most five of its bytes.
    fn digit(&self, at: usize) -> u32 {
        let (first, skipped) = Self::place(at);
        let bytes = self.0[first..].iter().chain(&[0]).take(5);
        let window = bytes.fold(0u64, |window, byte| window << 8 | u64::from(*byte));
        (window >> (9 - skipped)) as u32 & 0x7fff_ffff
    }

    /// The first byte that the digit `at` touches, and how many bits of it belong to others.
    const fn place(at: usize) -> (usize, usize) {
        let bit = 8 + 31 * at;
        (bit / 8, bit % 8)
    }
}

impl From<[SP1Field; 8]> for Key {
    fn from(elements: [SP1Field; 8]) -> Self {
        let mut bytes = [0; Self::BYTES];
        for (at, element) in elements.iter().enumerate() {
            let (first, skipped) = Self::place(at);
            let window = u64::from(element.as_canonical_u32()) << (9 - skipped);
            bytes[first..].iter_mut().zip(&window.to_be_bytes()[3..]).for_each(|(byte, part)| *byte |= part);
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(words: [u32; 8]) -> Key {
        words.map(SP1Field::from_canonical_u32).into()
    }

    #[test]
    fn digits_and_bytes_are_each_others_inverse() {
        let highest = SP1Field::ORDER_U32 - 1;
        for words in [[0; 8], [highest; 8], [1, 2, 3, 4, 5, 6, 7, 8], [0x1234_5678, 0, highest, 1, 0, 0, highest, 0]] {
            let key = key(words);
            assert_eq!(std::array::from_fn(|at| key.digit(at)), words);
            assert_eq!(Key::decode(key.bytes()), Some(key));
            assert_eq!(key.elements().map(|element| element.as_canonical_u32()), words);
        }
    }

    #[test]
    fn the_first_digit_is_the_highest() {
        let mut bytes = [0; 32];
        bytes[31] = 1;
        assert_eq!(key([0, 0, 0, 0, 0, 0, 0, 1]).bytes(), &bytes);
        bytes = [0; 32];
        bytes[1..5].copy_from_slice(&2u32.to_be_bytes());
        assert_eq!(key([1, 0, 0, 0, 0, 0, 0, 0]).bytes(), &bytes);
    }

    #[test]
    fn other_bytes_are_no_key() {
        let zero = key([0; 8]);
        assert_eq!(Key::decode(&zero.bytes()[1..]), None);
        assert_eq!(Key::decode(&[zero.bytes().as_slice(), &[0]].concat()), None);
        let mut long = *zero.bytes();
        long[0] = 1;
        assert_eq!(Key::decode(&long), None);
        let mut order = [0; 32];
        order[28..].copy_from_slice(&SP1Field::ORDER_U32.to_be_bytes());
        assert_eq!(Key::decode(&order), None);
    }
}
