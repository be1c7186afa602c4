//! The chain of hashes, and its constraints.

use crate::poseidon::Poseidon;
use ark_bls12_377::Fr;
use ark_ff::AdditiveGroup;
use ark_r1cs_std::{alloc::AllocVar, eq::EqGadget, fields::fp::FpVar};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, Result, SynthesisError};

/// Hashes in a chain.
pub const LENGTH: usize = 8;

/// The smallest power that permutes this field: its order less one is a multiple of 2, 3, 5 and 7.
const POWER: u64 = 11;

/// The end of the chain that starts at `x`.
pub fn chain(x: Fr) -> Fr {
    let poseidon = Poseidon::new(POWER);
    (0..LENGTH).fold(x, |value, _| poseidon.hash(&[value]))
}

/// The circuit: `end` is the end of the chain that starts at `start`.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// The one public input.
    pub end: Fr,
    /// The secret; `None` for a set-up, which needs the shape only.
    pub start: Option<Fr>,
}

impl Chain {
    /// The shape alone, for a set-up.
    pub fn shape() -> Self {
        Self { end: Fr::ZERO, start: None }
    }
}

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<()> {
        let end = FpVar::new_input(cs.clone(), || Ok(self.end))?;
        let poseidon = Poseidon::new(POWER);
        let mut value = FpVar::new_witness(cs.clone(), || self.start.ok_or(SynthesisError::AssignmentMissing))?;
        for _ in 0..LENGTH {
            value = poseidon.constrain(cs.clone(), &[value])?;
        }
        value.enforce_equal(&end)
    }
}
