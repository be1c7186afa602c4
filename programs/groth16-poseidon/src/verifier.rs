//! The verifier: one product of four pairings.

use crate::{
    claim::Claim,
    encoding::{decode_key, decode_proof},
};
use ark_bn254::{Bn254, G1Affine};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, pairing::Pairing};
use ark_ff::PrimeField;
use ark_groth16::{Proof, VerifyingKey};
use program::Statement;

/// Whether `proof` proves the statement: a verifying key and a [`Claim`]. There are no public values.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [key, claim] = statement.inputs() else { return false };
    // Cheap refusals first.
    let Some(claim) = Claim::decode(claim) else { return false };
    let (Some(proof), Some(key)) = (decode_proof(proof), decode_key(key)) else { return false };
    let Some(point) = public_point(&key, &claim) else { return false };
    public_values.is_empty() && holds(&key, point, &proof)
}

/// The equation of Groth, *On the Size of Pairing-based Non-interactive Arguments*, Eurocrypt 2016, section 3.2:
/// `e(A, B) = e(α, β) · e(Σ aᵢ·Lᵢ, γ) · e(C, δ)`, brought to one side so that one final exponentiation is enough.
fn holds(key: &VerifyingKey<Bn254>, public_point: G1Affine, proof: &Proof<Bn254>) -> bool {
    let left = [proof.a, -key.alpha_g1, -public_point, -proof.c];
    let right = [proof.b, key.beta_g2, key.gamma_g2, key.delta_g2];
    Bn254::multi_pairing(left, right).0 == <Bn254 as Pairing>::TargetField::from(1u8)
}

/// The public inputs, length and digest, folded into one point. `None` for a key with another number of them.
fn public_point(key: &VerifyingKey<Bn254>, claim: &Claim) -> Option<G1Affine> {
    let [constant, length, digest] = key.gamma_abc_g1[..] else { return None };
    let length = length.into_group().mul_bigint([u64::from(claim.length)]);
    let digest = digest.into_group().mul_bigint(claim.digest.into_bigint());
    Some((length + digest + constant).into_affine())
}
