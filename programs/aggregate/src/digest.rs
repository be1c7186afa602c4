//! The one public input: the hash of what the circuit is asked to show.

use aggregate_leaf::poseidon::Poseidon;
use ark_bls12_377::{Bls12_377, Fq, Fr, G1Affine, G2Affine};
use ark_ff::PrimeField;
use ark_groth16::VerifyingKey;

/// The smallest power that permutes the field: its order less one is a multiple of 2 and 3, not of 5.
const POWER: u64 = 5;

/// The hash that the circuit and the verifier share.
pub fn poseidon() -> Poseidon<Fq> {
    Poseidon::new(POWER)
}

/// The hash of the number of claims, the leaves' key and the claims.
///
/// The numbers of a point at infinity would be those of no point: such a key must have been refused.
pub fn digest(key: &VerifyingKey<Bls12_377>, claims: &[Fr]) -> Fq {
    let count = Fq::from(claims.len() as u64);
    let claims = claims.iter().map(|claim| embed(*claim));
    let elements: Vec<Fq> = [count].into_iter().chain(key_elements(key)).chain(claims).collect();
    poseidon().hash(&elements)
}

/// A claim as the same number in the larger field.
pub fn embed(claim: Fr) -> Fq {
    Fq::from_le_bytes_mod_order(&aggregate_leaf::groth16::encode_scalar(claim))
}

/// The coordinates of a key's points, in the order of its encoding.
fn key_elements(key: &VerifyingKey<Bls12_377>) -> Vec<Fq> {
    let g1 = |point: &G1Affine| [point.x, point.y];
    let g2 = |point: &G2Affine| [point.x.c0, point.x.c1, point.y.c0, point.y.c1];
    let points = [key.beta_g2, key.gamma_g2, key.delta_g2];
    let first = g1(&key.alpha_g1).into_iter().chain(points.iter().flat_map(g2));
    first.chain(key.gamma_abc_g1.iter().flat_map(g1)).collect()
}
