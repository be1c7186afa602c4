//! Stands in for nanorand, which would bring imports from JavaScript into a verifier.
//!
//! Miden's cryptography depends on the channels of flume, and flume on nanorand, to be fair when it waits for several
//! channels at once. Nothing in a prover or verifier does that. The real crate draws its seed through wasm-bindgen, whose
//! functions no linker removes. This one has what flume calls, and counts.
#![no_std]

use core::ops::Range;

/// A sequence that is fair and no secret.
#[derive(Clone, Debug, Default)]
pub struct WyRand(usize);

impl WyRand {
    /// The sequence from its start.
    pub const fn new() -> Self {
        Self(0)
    }
}

/// What flume asks of a generator.
pub trait Rng {
    /// The next number in `range`; its start, if it is empty.
    fn generate_range(&mut self, range: Range<usize>) -> usize;
}

impl Rng for WyRand {
    fn generate_range(&mut self, range: Range<usize>) -> usize {
        self.0 = self.0.wrapping_add(1);
        let numbers = range.end.saturating_sub(range.start).max(1);
        range.start.saturating_add(self.0 % numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_range_has_its_turn_and_none_outside() {
        let mut sequence = WyRand::new();
        let mut seen = [0; 3];
        for _ in 0..6 {
            seen[sequence.generate_range(4..7) - 4] += 1;
        }
        assert_eq!((seen, sequence.generate_range(9..9)), ([2; 3], 9));
    }
}
