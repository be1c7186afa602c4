//! The prover: checks that it knows what it is asked to prove, lays out the circuit and makes the proof.

use crate::{
    circuit::Chain,
    claim::Claim,
    encoding::{PROOF_BYTES, decode_key, decode_scalar},
    poseidon::Parameters,
};
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::{Groth16, Proof, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal, R1CS_PREDICATE_LABEL,
    SynthesisError, SynthesisMode,
};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use program::{Error, Job, Output};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Makes a proof from the inputs: verifying key, claim, proving key, preimage. Takes no arguments.
///
/// # Errors
///
/// When an input is malformed, when the inputs do not belong together, or when the preimage is not one.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let (key, circuit) = read(job)?;
    job.progress(100);
    job.log(&format!("chain of {} hashes ends where the claim says", circuit.length));
    let system = lay_out(circuit, &key)?;
    job.progress(300);
    job.log(&format!("{} constraints laid out", system.num_constraints()));
    let proof = make(&key, &system, &mut random(job)).map_err(|error| Error::new(format!("no proof: {error}")))?;
    job.progress(1000);
    let mut bytes = Vec::with_capacity(PROOF_BYTES);
    proof.serialize_compressed(&mut bytes).map_err(|error| Error::new(format!("no encoding of the proof: {error}")))?;
    Ok(Output { proof: bytes, public_values: Vec::new() })
}

/// Reads the inputs and checks that they belong together.
fn read(job: &Job<'_>) -> Result<(ProvingKey<Bn254>, Chain), Error> {
    let [verifying_key, claim, proving_key, preimage] = job.inputs() else {
        return Err(Error::new("inputs must be: verifying key, claim, proving key, preimage"));
    };
    if !job.arguments().is_empty() {
        return Err(Error::new("takes no arguments: the length of the chain is in the claim"));
    }
    let Claim { length, digest } = Claim::decode(claim).ok_or("malformed claim")?;
    let verifying_key = decode_key(verifying_key).ok_or("malformed verifying key")?;
    let preimage = decode_scalar(preimage).ok_or("malformed preimage")?;
    if Parameters::derive().chain(preimage, length) != digest {
        return Err(Error::new("the chain from this preimage does not end where the claim says"));
    }
    let proving_key = decode_proving_key(proving_key).ok_or("malformed proving key")?;
    if proving_key.vk != verifying_key {
        return Err(Error::new("the proving key belongs to another verifying key"));
    }
    Ok((proving_key, Chain { length, digest, preimage: Some(preimage) }))
}

/// Reads a proving key. The points stay unchecked: a wrong one gives a proof that nobody accepts, and a million checks
/// take longer than the proof.
fn decode_proving_key(mut bytes: &[u8]) -> Option<ProvingKey<Bn254>> {
    let key = ProvingKey::deserialize_uncompressed_unchecked(&mut bytes).ok()?;
    bytes.is_empty().then_some(key)
}

/// The constraints and the assignment, for a key with as many variables.
fn lay_out(circuit: Chain, key: &ProvingKey<Bn254>) -> Result<ConstraintSystemRef<Fr>, Error> {
    let system = ConstraintSystem::new_ref();
    system.set_optimization_goal(OptimizationGoal::Constraints);
    system.set_mode(SynthesisMode::Prove { construct_matrices: true, generate_lc_assignments: false });
    circuit.generate_constraints(system.clone()).map_err(|error| Error::new(format!("no circuit: {error}")))?;
    system.finalize();
    let variables = system.num_instance_variables() + system.num_witness_variables();
    if [key.a_query.len(), key.b_g1_query.len(), key.b_g2_query.len()] != [variables; 3] {
        return Err(Error::new("the proving key is for another length of chain"));
    }
    Ok(system)
}

fn make(
    key: &ProvingKey<Bn254>,
    system: &ConstraintSystemRef<Fr>,
    random: &mut ChaCha20Rng,
) -> Result<Proof<Bn254>, SynthesisError> {
    let matrices = system.to_matrices()?.remove(R1CS_PREDICATE_LABEL).ok_or(SynthesisError::PredicateNotFound)?;
    let assignment = [system.instance_assignment()?, system.witness_assignment()?].concat();
    Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
        key,
        Fr::rand(random),
        Fr::rand(random),
        &matrices,
        system.num_instance_variables(),
        system.num_constraints(),
        &assignment,
    )
}

/// A generator of the proof's randomness, which hides the preimage. Seeded by the host.
fn random(job: &Job<'_>) -> ChaCha20Rng {
    let mut seed = [0; 32];
    job.random(&mut seed);
    ChaCha20Rng::from_seed(seed)
}
