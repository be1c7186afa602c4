//! Poseidon as a sponge of width 3, over the two fields of the pair of curves.
//!
//! Grassi, Khovratovich, Rechberger, Roy, Schofnegger: *Poseidon: A New Hash Function for Zero-Knowledge Proof Systems*,
//! USENIX Security 2021. 8 full and 57 partial rounds are what the authors give for 128 bits of security at this width with
//! the S-box `x⁵`; a higher power needs no more. Constants and matrix come from the Grain LFSR of appendix E.

use ark_crypto_primitives::sponge::{
    CryptographicSponge, FieldBasedCryptographicSponge,
    constraints::CryptographicSpongeVar,
    poseidon::{PoseidonConfig, PoseidonSponge, constraints::PoseidonSpongeVar, find_poseidon_ark_and_mds},
};
use ark_ff::PrimeField;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSystemRef, SynthesisError};

const RATE: usize = 2;
const CAPACITY: usize = 1;
const FULL_ROUNDS: usize = 8;
const PARTIAL_ROUNDS: usize = 57;

/// The hash of some number of field elements. The same elements with a zero after them may have the same hash: let the
/// first one say how many there are, unless their number is always the same.
pub struct Poseidon<F: PrimeField>(PoseidonConfig<F>);

impl<F: PrimeField> Poseidon<F> {
    /// With the S-box `x^power`. The power must have no divisor in common with the order of the field less one.
    pub fn new(power: u64) -> Self {
        let (constants, matrix) = find_poseidon_ark_and_mds::<F>(
            u64::from(F::MODULUS_BIT_SIZE),
            RATE,
            FULL_ROUNDS as u64,
            PARTIAL_ROUNDS as u64,
            0,
        );
        Self(PoseidonConfig::new(FULL_ROUNDS, PARTIAL_ROUNDS, power, matrix, constants, RATE, CAPACITY))
    }

    /// The hash.
    pub fn hash(&self, elements: &[F]) -> F
    where
        F: ark_crypto_primitives::sponge::Absorb,
    {
        let mut sponge = PoseidonSponge::new(&self.0);
        elements.iter().for_each(|element| sponge.absorb(element));
        sponge.squeeze_native_field_elements(1).into_iter().sum()
    }

    /// The hash, constrained.
    ///
    /// # Errors
    ///
    /// When a value is not there that the prover needs.
    pub fn constrain(&self, cs: ConstraintSystemRef<F>, elements: &[FpVar<F>]) -> Result<FpVar<F>, SynthesisError> {
        let mut sponge = PoseidonSpongeVar::new(cs, &self.0);
        elements.iter().try_for_each(|element| sponge.absorb(element))?;
        Ok(sponge.squeeze_field_elements(1)?.into_iter().sum())
    }
}
