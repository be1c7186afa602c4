//! The prover, and the set-up of its keys.

use crate::{
    circuit::Aggregation,
    verifier::{INPUTS, decode_claims},
};
use aggregate_leaf::groth16::{
    self, Keys, Layout, decode_key, decode_proof, decode_proving_key, encode_proof, holds, secret,
};
use ark_bls12_377::{Bls12_377, Fr};
use ark_bw6_761::BW6_761;
use ark_groth16::{Proof, ProvingKey, VerifyingKey};
use ark_relations::gr1cs::SynthesisError;
use program::{Error, Job, Output};
use rayon::ThreadPoolBuilder;

/// Runs the set-up for so many leaves. The same seed gives the same keys, and the power to forge proofs.
///
/// # Errors
///
/// When the circuit does not fit the field.
pub fn setup(leaves: usize, seed: [u8; 32]) -> Result<Keys, SynthesisError> {
    groth16::setup::<BW6_761>(Aggregation::shape(leaves), seed)
}

/// Makes one proof of many. Takes no arguments; [the inputs](crate).
///
/// # Errors
///
/// When an input is malformed, when the inputs do not belong together, or when a proof does not prove its claim.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let (key, circuit) = read(job)?;
    let seed = secret(job);
    job.log(&format!("{} proofs, each proves its claim", circuit.leaves.len()));
    job.progress(100);
    let layout = Layout::new(circuit)?;
    job.log(&format!("{} constraints laid out, {} threads", layout.constraints(), job.limits().threads));
    job.progress(200);
    let pool = ThreadPoolBuilder::new().num_threads(job.limits().threads).build();
    let pool = pool.map_err(|error| Error::new(format!("no threads: {error}")))?;
    let proof = pool.install(|| layout.prove(&key, seed))?;
    job.progress(1000);
    Ok(Output { proof: encode_proof(&proof), public_values: Vec::new() })
}

/// Reads the inputs and checks that they belong together.
fn read(job: &Job<'_>) -> Result<(ProvingKey<BW6_761>, Aggregation), Error> {
    let [key, leaf_key, claims, proving_key, bundles @ ..] = job.inputs() else {
        return Err(Error::new("inputs must be: verifying key, leaves' verifying key, claims, proving key, proofs"));
    };
    if !job.arguments().is_empty() {
        return Err(Error::new("takes no arguments"));
    }
    let claims = decode_claims(claims).ok_or("malformed claims")?;
    let leaf_key = decode_key(leaf_key, aggregate_leaf::INPUTS).ok_or("malformed verifying key of the leaves")?;
    let key = decode_key(key, INPUTS).ok_or("malformed verifying key")?;
    let leaves = leaves(&leaf_key, &claims, bundles)?;
    let proving_key = decode_proving_key::<BW6_761>(proving_key).ok_or("malformed proving key")?;
    if proving_key.vk != key {
        return Err(Error::new("the proving key belongs to another verifying key"));
    }
    Ok((proving_key, Aggregation { key: leaf_key, leaves }))
}

/// Each claim with its proof, which must prove it.
fn leaves(
    key: &VerifyingKey<Bls12_377>,
    claims: &[Fr],
    bundles: &[&[u8]],
) -> Result<Vec<(Fr, Proof<Bls12_377>)>, Error> {
    if claims.len() != bundles.len() {
        return Err(Error::new(format!("{} claims, but {} proofs", claims.len(), bundles.len())));
    }
    let leaf = |(number, (claim, bundle)): (usize, (&Fr, &&[u8]))| {
        let wrong = |what| Error::new(format!("proof {number} {what}"));
        let bundle = Output::decode(bundle).filter(|bundle| bundle.public_values.is_empty());
        let bundle = bundle.ok_or_else(|| wrong("is no bundle of a proof without public values"))?;
        let proof = decode_proof(&bundle.proof).ok_or_else(|| wrong("is malformed"))?;
        let proves = holds(key, &[*claim], &proof);
        proves.then_some((*claim, proof)).ok_or_else(|| wrong("does not prove its claim under the leaves' key"))
    };
    claims.iter().zip(bundles).enumerate().map(leaf).collect()
}
