//! A set-up **for tests**: one party makes the keys and could forge proofs with what it drew.

use super::{arkworks::verifying_key, r1cs::R1cs};
use crate::{curve::Curve, snarkjs::write_key};
use ark_bls12_381::Bls12_381;
use ark_bn254::Bn254;
use ark_ff::PrimeField;
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable};
use ark_serialize::CanonicalSerialize;
use program::Error;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The keys of a circuit, as files.
pub struct Keys {
    /// arkworks' `ProvingKey`, uncompressed.
    pub proving: Vec<u8>,
    /// `verification_key.json`.
    pub verifying: Vec<u8>,
}

/// Makes keys for a `.r1cs` over either curve. The same seed gives the same keys, and the power to forge proofs.
///
/// # Errors
///
/// When the file is no circuit over BN254 or BLS12-381, or too large for the field.
pub fn test_setup(circuit: &[u8], seed: [u8; 32]) -> Result<Keys, Error> {
    match R1cs::read(circuit) {
        Ok(circuit) => keys::<Bn254>(circuit, seed),
        Err(_) => keys::<Bls12_381>(R1cs::read(circuit)?, seed),
    }
}

fn keys<E: Curve>(circuit: R1cs<E::ScalarField>, seed: [u8; 32]) -> Result<Keys, Error> {
    let failed = |error: SynthesisError| Error::new(format!("no keys: {error}"));
    let mut random = ChaCha20Rng::from_seed(seed);
    let key = Groth16::<E>::generate_random_parameters_with_reduction(circuit, &mut random).map_err(failed)?;
    let mut proving = Vec::with_capacity(key.uncompressed_size());
    key.serialize_uncompressed(&mut proving).map_err(|error| Error::new(format!("no keys: {error}")))?;
    Ok(Keys { proving, verifying: write_key(&verifying_key::<E>(&key)) })
}

impl<F: PrimeField> ConstraintSynthesizer<F> for R1cs<F> {
    fn generate_constraints(self, system: ConstraintSystemRef<F>) -> Result<(), SynthesisError> {
        let unknown = || Err(SynthesisError::AssignmentMissing);
        let mut wires = vec![Variable::One];
        for wire in 1..self.variables {
            let public = wire <= self.public;
            wires.push(if public {
                system.new_input_variable(unknown)?
            } else {
                system.new_witness_variable(unknown)?
            });
        }
        let row = |terms: &[(F, usize)]| -> Option<LinearCombination<F>> {
            let terms: Option<_> = terms.iter().map(|(factor, wire)| Some((*factor, *wires.get(*wire)?))).collect();
            Some(LinearCombination(terms?))
        };
        let [a, b, c] = &self.matrices;
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let (Some(a), Some(b), Some(c)) = (row(a), row(b), row(c)) else {
                return Err(SynthesisError::Unsatisfiable);
            };
            system.enforce_r1cs_constraint(|| a, || b, || c)?;
        }
        Ok(())
    }
}
