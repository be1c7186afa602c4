//! The constraints: every claim has a proof that the leaves' verifier accepts.

use crate::digest::{digest, poseidon};
use ark_bls12_377::{
    Bls12_377, Config, Fq, Fq2, Fr, G1Affine, G2Affine,
    constraints::{Fq2Var, FqVar, G1Var, G2Var, PairingVar},
};
use ark_crypto_primitives::snark::{BooleanInputVar, SNARKGadget};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, bls12::Bls12Config};
use ark_ff::{AdditiveGroup, BigInteger, BitIteratorBE, Field, PrimeField};
use ark_groth16::{
    Proof, VerifyingKey,
    constraints::{Groth16VerifierGadget, ProofVar, VerifyingKeyVar},
};
use ark_r1cs_std::{
    alloc::{AllocVar, AllocationMode},
    boolean::Boolean,
    eq::EqGadget,
    fields::FieldVar,
    groups::CurveVar,
};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, Result};

type Verifier = Groth16VerifierGadget<Bls12_377, PairingVar>;
type LeafKeyVar = VerifyingKeyVar<Bls12_377, PairingVar>;
type LeafProofVar = ProofVar<Bls12_377, PairingVar>;

/// The circuit: *"each claim has a proof under this key"*. Its public input is the [`digest`] of key and claims.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// The leaves' key, every point in its group and none at infinity.
    pub key: VerifyingKey<Bls12_377>,
    /// What is claimed, and a proof of it.
    pub leaves: Vec<(Fr, Proof<Bls12_377>)>,
}

impl Aggregation {
    /// The shape for so many leaves, for a set-up: what it is filled with does not matter.
    pub fn shape(leaves: usize) -> Self {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let gamma_abc_g1 = vec![g1; aggregate_leaf::INPUTS + 1];
        let key = VerifyingKey { alpha_g1: g1, beta_g2: g2, gamma_g2: g2, delta_g2: g2, gamma_abc_g1 };
        Self { key, leaves: vec![(Fr::ZERO, Proof { a: g1, b: g2, c: g1 }); leaves] }
    }

    fn claims(&self) -> Vec<Fr> {
        self.leaves.iter().map(|(claim, _)| *claim).collect()
    }
}

impl ConstraintSynthesizer<Fq> for Aggregation {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fq>) -> Result<()> {
        let public = FqVar::new_input(cs.clone(), || Ok(digest(&self.key, &self.claims())))?;
        let mut hashed = vec![FqVar::constant(Fq::from(self.leaves.len() as u64))];
        let key = key(&cs, &self.key, &mut hashed)?;
        let claims = self.leaves.iter().map(|(claim, _)| bits(&cs, *claim, &mut hashed)).collect::<Result<Vec<_>>>()?;
        poseidon().constrain(cs.clone(), &hashed)?.enforce_equal(&public)?;

        let key = key.prepare()?;
        for ((_, proof), claim) in self.leaves.iter().zip(claims) {
            let proof = checked(&cs, proof)?;
            let claim = BooleanInputVar::new(vec![claim]);
            Verifier::verify_with_processed_vk(&key, &claim, &proof)?.enforce_equal(&Boolean::TRUE)?;
        }
        Ok(())
    }
}

/// The leaves' key. That its points are on their curves and in their groups is for the aggregation's verifier to check,
/// which has it in the clear.
fn key(cs: &ConstraintSystemRef<Fq>, key: &VerifyingKey<Bls12_377>, hashed: &mut Vec<FqVar>) -> Result<LeafKeyVar> {
    Ok(VerifyingKeyVar {
        alpha_g1: g1(cs, &key.alpha_g1, hashed)?,
        beta_g2: g2(cs, &key.beta_g2, hashed)?,
        gamma_g2: g2(cs, &key.gamma_g2, hashed)?,
        delta_g2: g2(cs, &key.delta_g2, hashed)?,
        gamma_abc_g1: key.gamma_abc_g1.iter().map(|point| g1(cs, point, hashed)).collect::<Result<_>>()?,
    })
}

fn g1(cs: &ConstraintSystemRef<Fq>, point: &G1Affine, hashed: &mut Vec<FqVar>) -> Result<G1Var> {
    let [x, y] = [point.x, point.y].map(|number| FqVar::new_witness(cs.clone(), || Ok(number)));
    let point = G1Var::new(x?, y?, FqVar::one());
    hashed.extend([point.x.clone(), point.y.clone()]);
    Ok(point)
}

fn g2(cs: &ConstraintSystemRef<Fq>, point: &G2Affine, hashed: &mut Vec<FqVar>) -> Result<G2Var> {
    let [x, y] = [point.x, point.y].map(|number| Fq2Var::new_witness(cs.clone(), || Ok(number)));
    let point = G2Var::new(x?, y?, Fq2Var::one());
    hashed.extend([&point.x.c0, &point.x.c1, &point.y.c0, &point.y.c1].map(Clone::clone));
    Ok(point)
}

/// The bits of a claim, the lowest first. The number they make is hashed: with fewer bits than the field has there is one
/// way to write it, and the verifier sees to it that it is below the modulus of the claims.
fn bits(cs: &ConstraintSystemRef<Fq>, claim: Fr, hashed: &mut Vec<FqVar>) -> Result<Vec<Boolean<Fq>>> {
    let bits = Vec::new_witness(cs.clone(), || Ok(bits_of(claim)))?;
    hashed.push(Boolean::le_bits_to_fp(&bits)?);
    Ok(bits)
}

fn bits_of(claim: Fr) -> Vec<bool> {
    let mut bits = claim.into_bigint().to_bits_le();
    bits.truncate(Fr::MODULUS_BIT_SIZE as usize);
    bits
}

/// A proof with its points in their groups and none at infinity, where the gadget's pairing means nothing.
fn checked(cs: &ConstraintSystemRef<Fq>, proof: &Proof<Bls12_377>) -> Result<LeafProofVar> {
    // In G1 the library clears the cofactor of what it allocates: the result is in the group whatever the witness is.
    let a = G1Var::new_witness(cs.clone(), || Ok(proof.a))?;
    let c = G1Var::new_witness(cs.clone(), || Ok(proof.c))?;
    // In G2 it would compare a point with itself and check nothing (arkworks-rs/r1cs-std, issue 199).
    let b = G2Var::new_variable_omit_prime_order_check(cs.clone(), || Ok(proof.b.into()), AllocationMode::Witness)?;
    enforce_in_group(&b)?;
    for is_infinite in [a.is_zero()?, b.is_zero()?, c.is_zero()?] {
        is_infinite.enforce_equal(&Boolean::FALSE)?;
    }
    Ok(ProofVar { a, b, c })
}

/// `ψ(P) = [x]P`, where `ψ` is the Frobenius map seen on the twist and `x` the number that the curve is made from.
///
/// Scott, *A note on group membership tests for G1, G2 and GT on BLS pairing-friendly curves*, 2021: of the points of the
/// twist, only those of the group satisfy it, because the cofactors of the two groups have no common divisor. The curve has
/// odd order, for which the library's formulas are complete.
fn enforce_in_group(point: &G2Var) -> Result<()> {
    let mut multiple = point.clone();
    for bit in BitIteratorBE::without_leading_zeros(Config::X).skip(1) {
        multiple.double_in_place()?;
        if bit {
            multiple += point;
        }
    }
    frobenius(point)?.enforce_equal(&multiple)
}

fn frobenius(point: &G2Var) -> Result<G2Var> {
    let (by_x, by_y) = frobenius_factors();
    let [x, y, z] = [&point.x, &point.y, &point.z].map(|coordinate| coordinate.frobenius_map(1));
    Ok(G2Var::new(x? * by_x, y? * by_y, z?))
}

/// What `ψ` multiplies the conjugates of the two coordinates by. They follow from one point, which it takes to its
/// multiple by `x`.
fn frobenius_factors() -> (Fq2, Fq2) {
    let point = G2Affine::generator();
    let image = point.into_group().mul_bigint(Config::X).into_affine();
    let factor = |of: Fq2, mut number: Fq2| {
        number.conjugate_in_place();
        number.inverse().map_or(Fq2::ZERO, |inverse| inverse * of)
    };
    (factor(image.x, point.x), factor(image.y, point.y))
}
