//! Groth16 over any pair of groups: one encoding of every number and point, the equation, and how a proof is made.

use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, pairing::Pairing};
use ark_ff::{One, PrimeField};
use ark_groth16::{Groth16, Proof, ProvingKey, VerifyingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal, R1CS_PREDICATE_LABEL,
    SynthesisError, SynthesisMode,
};
use ark_relations::utils::matrix::Matrix;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use program::{Error, Job};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The keys of one circuit, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What the prover needs: arkworks' uncompressed encoding.
    pub proving: Vec<u8>,
    /// What the verifier needs, [`key_bytes`] of it.
    pub verifying: Vec<u8>,
}

/// Bytes of a proof: `A` in G1, `B` in G2, `C` in G1, compressed.
pub fn proof_bytes<E: Pairing>() -> usize {
    let (g1, g2) = (E::G1Affine::zero(), E::G2Affine::zero());
    2 * g1.compressed_size() + g2.compressed_size()
}

/// Bytes of a verifying key for a circuit with so many public inputs: `α` in G1, `β`, `γ`, `δ` in G2, the number of inputs
/// and one as little-endian `u64`, and that many points of G1, uncompressed.
pub fn key_bytes<E: Pairing>(inputs: usize) -> usize {
    count_offset::<E>() + size_of::<u64>() + (inputs + 1) * E::G1Affine::zero().uncompressed_size()
}

/// Where a verifying key says how many points follow.
fn count_offset<E: Pairing>() -> usize {
    E::G1Affine::zero().uncompressed_size() + 3 * E::G2Affine::zero().uncompressed_size()
}

/// Reads a field element. `None` unless `bytes` are the little-endian bytes of a number below the modulus.
pub fn decode_scalar<F: PrimeField>(bytes: &[u8]) -> Option<F> {
    let scalar = F::deserialize_compressed(bytes).ok()?;
    (encode(|to| scalar.serialize_compressed(to)) == bytes).then_some(scalar)
}

/// The bytes that [`decode_scalar`] reads.
pub fn encode_scalar<F: PrimeField>(scalar: F) -> Vec<u8> {
    encode(|to| scalar.serialize_compressed(to))
}

/// Reads a proof. `None` unless `bytes` are its one encoding, with every point in its group and none at infinity.
///
/// arkworks checks that a coordinate is below the modulus, but ignores some bits beside it: encoding what was decoded and
/// comparing closes such gaps, whatever they are.
pub fn decode_proof<E: Pairing>(bytes: &[u8]) -> Option<Proof<E>> {
    let proof = Proof::<E>::deserialize_compressed(bytes).ok()?;
    let is_finite = !proof.a.is_zero() && !proof.b.is_zero() && !proof.c.is_zero();
    (is_finite && encode_proof(&proof) == bytes).then_some(proof)
}

/// The bytes that [`decode_proof`] reads.
pub fn encode_proof<E: Pairing>(proof: &Proof<E>) -> Vec<u8> {
    encode(|to| proof.serialize_compressed(to))
}

/// Reads a verifying key. `None` unless `bytes` are its one encoding, for so many public inputs, with every point in its
/// group and none at infinity.
pub fn decode_key<E: Pairing>(bytes: &[u8], inputs: usize) -> Option<VerifyingKey<E>> {
    let count = bytes.get(count_offset::<E>()..)?.first_chunk()?;
    // Before anything is allocated for that many points.
    if bytes.len() != key_bytes::<E>(inputs) || u64::from_le_bytes(*count) != inputs as u64 + 1 {
        return None;
    }
    let key = VerifyingKey::<E>::deserialize_uncompressed(bytes).ok()?;
    let is_finite = ![key.beta_g2, key.gamma_g2, key.delta_g2].iter().any(AffineRepr::is_zero)
        && !key.gamma_abc_g1.iter().chain([&key.alpha_g1]).any(AffineRepr::is_zero);
    (is_finite && encode(|to| key.serialize_uncompressed(to)) == bytes).then_some(key)
}

/// Reads a proving key. The points stay unchecked: a wrong one gives a proof that nobody accepts, and a million checks take
/// longer than the proof.
pub fn decode_proving_key<E: Pairing>(mut bytes: &[u8]) -> Option<ProvingKey<E>> {
    let key = ProvingKey::deserialize_uncompressed_unchecked(&mut bytes).ok()?;
    bytes.is_empty().then_some(key)
}

/// Writing to memory does not fail.
fn encode<Z>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), Z>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_or_else(|_| Vec::new(), |()| bytes)
}

/// The equation of Groth, *On the Size of Pairing-based Non-interactive Arguments*, Eurocrypt 2016, section 3.2:
/// `e(A, B) = e(α, β) · e(Σ aᵢ·Lᵢ, γ) · e(C, δ)`, brought to one side so that one final exponentiation is enough.
pub fn holds<E: Pairing>(key: &VerifyingKey<E>, inputs: &[E::ScalarField], proof: &Proof<E>) -> bool {
    let Some(public) = public_point(key, inputs) else { return false };
    // Three points change their sign instead of one, because points of G1 are cheaper to turn around.
    let left = [proof.a.into_group(), -key.alpha_g1.into_group(), -public, -proof.c.into_group()];
    let right = [proof.b, key.beta_g2, key.gamma_g2, key.delta_g2];
    E::multi_pairing(E::G1::normalize_batch(&left), right).0.is_one()
}

/// The public inputs folded into one point. `None` for a key with another number of them.
fn public_point<E: Pairing>(key: &VerifyingKey<E>, inputs: &[E::ScalarField]) -> Option<E::G1> {
    let (constant, points) = key.gamma_abc_g1.split_first().filter(|(_, points)| points.len() == inputs.len())?;
    let terms = points.iter().zip(inputs).map(|(point, input)| point.into_group().mul_bigint(input.into_bigint()));
    Some(terms.sum::<E::G1>() + constant)
}

/// The keys of a circuit, by **one party**: whoever knows the seed can forge proofs.
///
/// # Errors
///
/// When the circuit does not fit the field.
pub fn setup<E: Pairing>(
    shape: impl ConstraintSynthesizer<E::ScalarField>,
    seed: [u8; 32],
) -> Result<Keys, SynthesisError> {
    let mut random = ChaCha20Rng::from_seed(seed);
    let key = Groth16::<E>::generate_random_parameters_with_reduction(shape, &mut random)?;
    let proving = encode(|to| key.serialize_uncompressed(to));
    Ok(Keys { proving, verifying: encode(|to| key.vk.serialize_uncompressed(to)) })
}

/// What a proof is made from: a circuit with its values.
pub struct Layout<F: PrimeField> {
    matrices: Vec<Matrix<F>>,
    inputs: usize,
    constraints: usize,
    values: Vec<F>,
}

impl<F: PrimeField> Layout<F> {
    /// Lays out a circuit with its values.
    ///
    /// # Errors
    ///
    /// When a value is missing.
    pub fn new(circuit: impl ConstraintSynthesizer<F>) -> Result<Self, Error> {
        let system = ConstraintSystem::new_ref();
        system.set_optimization_goal(OptimizationGoal::Constraints);
        system.set_mode(SynthesisMode::Prove { construct_matrices: true, generate_lc_assignments: false });
        let no_circuit = |error| Error::new(format!("no circuit: {error}"));
        circuit.generate_constraints(system.clone()).map_err(no_circuit)?;
        system.finalize();
        Self::take(&system).map_err(no_circuit)
    }

    fn take(system: &ConstraintSystemRef<F>) -> Result<Self, SynthesisError> {
        let matrices = system.to_matrices()?.remove(R1CS_PREDICATE_LABEL).ok_or(SynthesisError::PredicateNotFound)?;
        let values = [system.instance_assignment()?, system.witness_assignment()?].concat();
        let (inputs, constraints) = (system.num_instance_variables(), system.num_constraints());
        Ok(Self { matrices, inputs, constraints, values })
    }

    /// How many constraints there are.
    pub fn constraints(&self) -> usize {
        self.constraints
    }

    /// Makes the proof. The seed hides the witness: it must be secret and used once.
    ///
    /// # Errors
    ///
    /// When the key is for another circuit.
    pub fn prove<E: Pairing<ScalarField = F>>(&self, key: &ProvingKey<E>, seed: [u8; 32]) -> Result<Proof<E>, Error> {
        if [key.a_query.len(), key.b_g1_query.len(), key.b_g2_query.len()] != [self.values.len(); 3] {
            return Err(Error::new("the proving key is for another circuit"));
        }
        let mut random = ChaCha20Rng::from_seed(seed);
        Groth16::<E>::create_proof_with_reduction_and_matrices(
            key,
            F::rand(&mut random),
            F::rand(&mut random),
            &self.matrices,
            self.inputs,
            self.constraints,
            &self.values,
        )
        .map_err(|error| Error::new(format!("no proof: {error}")))
    }
}

/// A seed from the host, for [`Layout::prove`].
pub fn secret(job: &Job<'_>) -> [u8; 32] {
    let mut seed = [0; 32];
    job.random(&mut seed);
    seed
}
