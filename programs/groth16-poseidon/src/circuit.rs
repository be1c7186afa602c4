//! The constraints: a chain of Poseidon hashes from a secret to a public value.

use crate::poseidon::{FULL_ROUNDS, Parameters, WIDTH, is_full};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_r1cs_std::{GR1CSVar, alloc::AllocVar, eq::EqGadget, fields::FieldVar, fields::fp::FpVar};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, Result, SynthesisError};

/// How many partial rounds a linear combination may grow before it becomes a variable.
///
/// The second element of the state meets no S-box in a partial round, so that its linear combination grows by a term
/// in each. Left alone, the matrices of a chain of a thousand hashes would take hundreds of megabytes.
const PIN_EVERY: usize = 8;

type State = [FpVar<Fr>; WIDTH];

/// The circuit: `digest` is `H` applied `length` times to a preimage.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// Number of hashes: the shape of the circuit, and its first public input.
    pub length: u32,
    /// The second public input.
    pub digest: Fr,
    /// The secret; `None` for a set-up, which needs the shape only.
    pub preimage: Option<Fr>,
}

impl Chain {
    /// The shape alone, for a set-up.
    pub fn shape(length: u32) -> Self {
        Self { length, digest: Fr::ZERO, preimage: None }
    }
}

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<()> {
        let length = Fr::from(self.length);
        // Binds the length to the keys: see the description of the crate.
        FpVar::new_input(cs.clone(), || Ok(length))?.enforce_equal(&FpVar::constant(length))?;
        let digest = FpVar::new_input(cs.clone(), || Ok(self.digest))?;

        let parameters = Parameters::derive();
        let mut value = FpVar::new_witness(cs, || self.preimage.ok_or(SynthesisError::AssignmentMissing))?;
        for _ in 0..self.length {
            value = hash(&parameters, value)?;
        }
        value.enforce_equal(&digest)
    }
}

/// `H(x)`, constrained.
fn hash(parameters: &Parameters, x: FpVar<Fr>) -> Result<FpVar<Fr>> {
    let mut state = [FpVar::zero(), x];
    for (round, constants) in parameters.constants.iter().enumerate() {
        state = [&state[0] + constants[0], &state[1] + constants[1]];
        state[0] = sbox(&state[0])?;
        if is_full(round) {
            state[1] = sbox(&state[1])?;
        } else if (round - FULL_ROUNDS / 2) % PIN_EVERY == PIN_EVERY - 1 {
            state[1] = pin(&state[1])?;
        }
        state = mix(parameters, &state);
    }
    let [first, _] = state;
    Ok(first)
}

/// `x⁵`, three constraints.
fn sbox(x: &FpVar<Fr>) -> Result<FpVar<Fr>> {
    Ok(x.square()?.square()? * x)
}

/// The matrix times the state: linear, no constraints.
fn mix(parameters: &Parameters, state: &State) -> State {
    parameters.matrix.map(|row| &state[0] * row[0] + &state[1] * row[1])
}

/// A new variable with the value of `x`, one constraint.
fn pin(x: &FpVar<Fr>) -> Result<FpVar<Fr>> {
    let pinned = FpVar::new_witness(x.cs(), || x.value())?;
    pinned.enforce_equal(x)?;
    Ok(pinned)
}
