//! The verifier.

use crate::groth16::{decode_key, decode_proof, decode_scalar, holds};
use ark_bls12_377::Bls12_377;
use program::Statement;

/// Public inputs of the circuit: the claim.
pub const INPUTS: usize = 1;

/// Bytes of a claim: a field element.
pub const CLAIM_BYTES: usize = 32;

/// Whether `proof` proves the statement: a verifying key and a claim. There are no public values.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [key, claim] = statement.inputs() else { return false };
    // Cheap refusals first.
    let Some(claim) = decode_scalar(claim) else { return false };
    let Some(proof) = decode_proof::<Bls12_377>(proof) else { return false };
    let Some(key) = decode_key(key, INPUTS) else { return false };
    public_values.is_empty() && holds(&key, &[claim], &proof)
}
