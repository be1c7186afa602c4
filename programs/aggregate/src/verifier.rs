//! The verifier: checks the leaves' key, hashes the statement anew and checks one proof.

use crate::digest::digest;
use aggregate_leaf::{
    CLAIM_BYTES,
    groth16::{decode_key, decode_proof, decode_scalar, holds},
};
use ark_bls12_377::{Bls12_377, Fr};
use ark_bw6_761::BW6_761;
use program::Statement;

/// Public inputs of the circuit: the hash.
pub const INPUTS: usize = 1;

/// Most proofs that become one. Bounds what a prover may be asked to lay out in memory.
pub const LEAVES_MAX: usize = 12;

/// Whether `proof` proves the statement: two verifying keys and the claims. There are no public values.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [key, leaf_key, claims] = statement.inputs() else { return false };
    // Cheap refusals first.
    let Some(claims) = decode_claims(claims).filter(|_| public_values.is_empty()) else { return false };
    let Some(leaf_key) = decode_key::<Bls12_377>(leaf_key, aggregate_leaf::INPUTS) else { return false };
    let Some(proof) = decode_proof::<BW6_761>(proof) else { return false };
    let Some(key) = decode_key(key, INPUTS) else { return false };
    holds(&key, &[digest(&leaf_key, &claims)], &proof)
}

/// Reads claims. `None` unless there are 1 to [`LEAVES_MAX`] of them and nothing else.
pub fn decode_claims(bytes: &[u8]) -> Option<Vec<Fr>> {
    let (claims, []) = bytes.as_chunks::<CLAIM_BYTES>() else { return None };
    let is_count_good = (1..=LEAVES_MAX).contains(&claims.len());
    is_count_good.then(|| claims.iter().map(|claim| decode_scalar(claim)).collect())?
}
