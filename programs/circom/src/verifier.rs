//! The verifier: one product of four pairings.

use crate::{
    curve::Curve,
    snarkjs::{KeyText, Proof, Signals, VerifyingKey},
};
use ark_bls12_381::Bls12_381;
use ark_bn254::Bn254;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, PrimeField, Zero};
use program::Statement;

/// Whether `proof` proves the statement: a verification key and public signals. There are no public values.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [key, signals] = statement.inputs() else { return false };
    let Some(key) = KeyText::read(key) else { return false };
    public_values.is_empty()
        && match key.curve() {
            Bn254::NAME => is_proved::<Bn254>(&key, signals, proof),
            Bls12_381::NAME => is_proved::<Bls12_381>(&key, signals, proof),
            _ => false,
        }
}

/// Cheap refusals first: the points of the key come last.
fn is_proved<E: Curve>(key: &KeyText<'_>, signals: &[u8], proof: &[u8]) -> bool {
    let read = || {
        let signals = Signals::read(signals).filter(|signals| signals.0.len() == key.signals())?;
        Some((signals, Proof::<E>::read(proof)?, key.check::<E>()?))
    };
    read().is_some_and(|(signals, proof, key)| holds(&key, &signals, &proof))
}

/// The equation of Groth, *On the Size of Pairing-based Non-interactive Arguments*, Eurocrypt 2016, section 3.2:
/// `e(A, B) = e(α, β) · e(Σ sᵢ·ICᵢ, γ) · e(C, δ)`, brought to one side so that one final exponentiation is enough.
pub(crate) fn holds<E: Curve>(key: &VerifyingKey<E>, signals: &Signals<E::ScalarField>, proof: &Proof<E>) -> bool {
    let Some(public) = public_point(key, signals) else { return false };
    // Three points change their sign instead of one, because points of G1 are cheaper to turn around.
    let left = [proof.a.into_group(), -key.alpha.into_group(), -public, -proof.c.into_group()];
    let right = [proof.b, key.beta, key.gamma, key.delta];
    E::multi_pairing(E::G1::normalize_batch(&left), right).0.is_one()
}

/// The signals folded into one point. `None` for a key with another number of them.
fn public_point<E: Curve>(key: &VerifyingKey<E>, signals: &Signals<E::ScalarField>) -> Option<E::G1> {
    let (constant, points) = key.ic.split_first().filter(|(_, points)| points.len() == signals.0.len())?;
    let terms = points.iter().zip(&signals.0).filter(|(_, signal)| !signal.is_zero());
    let sum: E::G1 = terms.map(|(point, signal)| point.mul_bigint(signal.into_bigint())).sum();
    Some(sum + constant)
}
