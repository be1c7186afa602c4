//! The prover, and the set-up of its keys.

use crate::{
    chain::{Chain, chain},
    groth16::{self, Keys, Layout, decode_key, decode_proving_key, decode_scalar, encode_proof, secret},
    verifier::INPUTS,
};
use ark_bls12_377::Bls12_377;
use ark_groth16::ProvingKey;
use ark_relations::gr1cs::SynthesisError;
use program::{Error, Job, Output};

/// Runs the set-up. The same seed gives the same keys, and the power to forge proofs.
///
/// # Errors
///
/// When the circuit does not fit the field, which it does.
pub fn setup(seed: [u8; 32]) -> Result<Keys, SynthesisError> {
    groth16::setup::<Bls12_377>(Chain::shape(), seed)
}

/// Makes a proof from the inputs: verifying key, claim, proving key, start of the chain. Takes no arguments.
///
/// # Errors
///
/// When an input is malformed, when the inputs do not belong together, or when the chain ends elsewhere.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let (key, circuit) = read(job)?;
    job.progress(100);
    let layout = Layout::new(circuit)?;
    job.progress(300);
    job.log(&format!("{} constraints laid out", layout.constraints()));
    let proof = layout.prove(&key, secret(job))?;
    job.progress(1000);
    Ok(Output { proof: encode_proof(&proof), public_values: Vec::new() })
}

/// Reads the inputs and checks that they belong together.
fn read(job: &Job<'_>) -> Result<(ProvingKey<Bls12_377>, Chain), Error> {
    let [verifying_key, claim, proving_key, start] = job.inputs() else {
        return Err(Error::new("inputs must be: verifying key, claim, proving key, start of the chain"));
    };
    if !job.arguments().is_empty() {
        return Err(Error::new("takes no arguments"));
    }
    let end = decode_scalar(claim).ok_or("malformed claim")?;
    let verifying_key = decode_key(verifying_key, INPUTS).ok_or("malformed verifying key")?;
    let start = decode_scalar(start).ok_or("malformed start of the chain")?;
    if chain(start) != end {
        return Err(Error::new("the chain from this start does not end where the claim says"));
    }
    let proving_key = decode_proving_key::<Bls12_377>(proving_key).ok_or("malformed proving key")?;
    if proving_key.vk != verifying_key {
        return Err(Error::new("the proving key belongs to another verifying key"));
    }
    Ok((proving_key, Chain { end, start: Some(start) }))
}
