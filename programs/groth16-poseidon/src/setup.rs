//! The single-party set-up, **for demonstration only**: whoever knows the seed can forge proofs.
//!
//! It is a third artifact with the ABI of a prover, so that a node's sandbox runs it and a node needs no arkworks.

use crate::{
    circuit::Chain,
    claim::{Claim, decode_length},
    encoding::{KEY_BYTES, decode_scalar},
    poseidon::Parameters,
};
use ark_bn254::Bn254;
use ark_groth16::Groth16;
use ark_relations::gr1cs::SynthesisError;
use ark_serialize::CanonicalSerialize;
use program::{Error, Job, Output};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// First byte of the arguments: make keys.
const KEYS: u8 = 0;
/// First byte of the arguments: make a claim.
const CLAIM: u8 = 1;

/// The keys for one length of chain, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What the prover needs: arkworks' uncompressed encoding.
    pub proving: Vec<u8>,
    /// What the verifier needs, [`KEY_BYTES`] bytes.
    pub verifying: Vec<u8>,
}

/// Runs the set-up for chains of `length` hashes. The same seed gives the same keys, and the power to forge proofs.
///
/// # Errors
///
/// When the circuit of that length does not fit the field.
pub fn setup(length: u32, seed: [u8; 32]) -> Result<Keys, SynthesisError> {
    let mut random = ChaCha20Rng::from_seed(seed);
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(Chain::shape(length), &mut random)?;
    let mut proving = Vec::with_capacity(key.uncompressed_size());
    let mut verifying = Vec::with_capacity(KEY_BYTES);
    // Writing to memory does not fail.
    key.serialize_uncompressed(&mut proving).map_err(|_| SynthesisError::Unsatisfiable)?;
    key.vk.serialize_uncompressed(&mut verifying).map_err(|_| SynthesisError::Unsatisfiable)?;
    Ok(Keys { proving, verifying })
}

/// The third artifact, a prover by its ABI. Takes no inputs and 37 bytes of arguments:
///
/// | byte 0 | bytes 1..5 | bytes 5..37 | proof | public values |
/// | --- | --- | --- | --- | --- |
/// | 0 | `N`, little-endian `u32` | seed | the proving key | the verifying key |
/// | 1 | `N`, little-endian `u32` | preimage, little-endian | the encoded [`Claim`] | none |
///
/// # Errors
///
/// When arguments or inputs are not these.
pub fn run_setup(job: &Job<'_>) -> Result<Output, Error> {
    if !job.inputs().is_empty() {
        return Err(Error::new("takes no inputs"));
    }
    let (kind, length, rest) = read(job.arguments()).ok_or("arguments must be: kind, length, 32 bytes")?;
    match kind {
        KEYS => make_keys(job, length, rest),
        CLAIM => make_claim(length, &rest),
        _ => Err(Error::new("kind must be 0 (keys) or 1 (claim)")),
    }
}

fn read(arguments: &[u8]) -> Option<(u8, u32, [u8; 32])> {
    let (kind, rest) = arguments.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    Some((*kind, decode_length(length)?, rest.try_into().ok()?))
}

fn make_keys(job: &Job<'_>, length: u32, seed: [u8; 32]) -> Result<Output, Error> {
    job.log("single-party set-up, for demonstration only: whoever knows the seed can forge proofs");
    let keys = setup(length, seed).map_err(|error| Error::new(format!("no keys: {error}")))?;
    job.progress(1000);
    Ok(Output { proof: keys.proving, public_values: keys.verifying })
}

fn make_claim(length: u32, preimage: &[u8; 32]) -> Result<Output, Error> {
    let preimage = decode_scalar(preimage).ok_or("malformed preimage")?;
    let claim = Claim { length, digest: Parameters::derive().chain(preimage, length) };
    Ok(Output { proof: claim.encode(), public_values: Vec::new() })
}
