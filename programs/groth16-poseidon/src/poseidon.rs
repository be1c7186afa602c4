//! Poseidon with two field elements of state over the scalar field of BN254, as circomlib has it for one input.
//!
//! Grassi, Khovratovich, Rechberger, Roy, Schofnegger: *Poseidon: A New Hash Function for Zero-Knowledge Proof
//! Systems*, USENIX Security 2021. Width 2, S-box `x⁵`, 8 full and 56 partial rounds, the round numbers that the
//! authors give for 128 bits of security and this field. Constants and matrix come from the Grain LFSR of appendix E
//! and are derived here, not copied. `H(x)` is the first element of the permutation of `[0, x]`.

use ark_bn254::Fr;
use ark_crypto_primitives::sponge::poseidon::find_poseidon_ark_and_mds;
use ark_ff::{AdditiveGroup, Field, PrimeField};

/// Field elements of state.
pub const WIDTH: usize = 2;
/// Rounds that apply the S-box to all of the state: half of them first, half of them last.
pub const FULL_ROUNDS: usize = 8;
/// Rounds in between, that apply it to the first element.
pub const PARTIAL_ROUNDS: usize = 56;

/// The constants of the permutation.
pub struct Parameters {
    /// What each round adds to the state.
    pub constants: Vec<[Fr; WIDTH]>,
    /// What multiplies the state at the end of each round.
    pub matrix: [[Fr; WIDTH]; WIDTH],
}

impl Parameters {
    /// Derives the constants.
    pub fn derive() -> Self {
        let (constants, matrix) = find_poseidon_ark_and_mds::<Fr>(
            u64::from(Fr::MODULUS_BIT_SIZE),
            WIDTH - 1,
            FULL_ROUNDS as u64,
            PARTIAL_ROUNDS as u64,
            0,
        );
        let constants = constants.iter().map(|round| [round[0], round[1]]).collect();
        Self { constants, matrix: [[matrix[0][0], matrix[0][1]], [matrix[1][0], matrix[1][1]]] }
    }

    /// `H(x)`.
    pub fn hash(&self, x: Fr) -> Fr {
        let mut state = [Fr::ZERO, x];
        for (round, constants) in self.constants.iter().enumerate() {
            state = [state[0] + constants[0], state[1] + constants[1]];
            state[0] = sbox(state[0]);
            if is_full(round) {
                state[1] = sbox(state[1]);
            }
            state = self.matrix.map(|row| row[0] * state[0] + row[1] * state[1]);
        }
        state[0]
    }

    /// `H` applied `length` times to `x`.
    pub fn chain(&self, x: Fr, length: u32) -> Fr {
        (0..length).fold(x, |value, _| self.hash(value))
    }
}

/// Whether this round applies the S-box to all of the state.
pub fn is_full(round: usize) -> bool {
    !(FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS).contains(&round)
}

fn sbox(x: Fr) -> Fr {
    x.square().square() * x
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::MontFp;

    #[test]
    fn the_hash_is_circomlibs() {
        // The value circomlib's own test of its Poseidon expects for the single input 1.
        let expected: Fr = MontFp!("18586133768512220936620570745912940619677854269274689475585506675881198879027");
        assert_eq!(Parameters::derive().hash(Fr::ONE), expected);
    }

    #[test]
    fn a_chain_is_the_hash_repeated() {
        let poseidon = Parameters::derive();
        let x = Fr::from(7u64);
        assert_eq!(poseidon.chain(x, 0), x);
        assert_eq!(poseidon.chain(x, 2), poseidon.hash(poseidon.hash(x)));
    }
}
