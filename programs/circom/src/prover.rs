//! The prover: checks that its inputs belong together, makes the proof, and looks at it as every verifier will.

mod arkworks;
pub mod binfile;
pub mod generator;
pub mod r1cs;
mod reduction;
pub mod test_setup;
pub mod wtns;
pub mod zkey;

use crate::{
    curve::Curve,
    snarkjs::{KeyText, Proof, Signals, VerifyingKey},
    verifier::holds,
};
use ark_bls12_381::Bls12_381;
use ark_bn254::Bn254;
use ark_ff::PrimeField;
use program::{Error, Job, Output};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rayon::ThreadPoolBuilder;

/// Makes a proof from the inputs; [the crate](crate) says which. Takes no arguments.
///
/// # Errors
///
/// When an input is malformed, when the inputs do not belong together, or when the witness is none.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    if !job.arguments().is_empty() {
        return Err(Error::new("takes no arguments"));
    }
    let [key, inputs @ ..] = job.inputs() else { return Err(Error::new("no inputs")) };
    let key = KeyText::read(key).ok_or("malformed verification key: it must be snarkjs' JSON for groth16")?;
    let proof = match key.curve() {
        Bn254::NAME => prove_over::<Bn254>(job, &key, inputs),
        Bls12_381::NAME => prove_over::<Bls12_381>(job, &key, inputs),
        other => Err(Error::new(format!("the curve {other} is neither bn128 nor bls12381"))),
    }?;
    job.progress(1000);
    Ok(Output { proof, public_values: Vec::new() })
}

fn prove_over<E: Curve>(job: &Job<'_>, key: &KeyText<'_>, inputs: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let [signals, proving_key, witness, more @ ..] = inputs else {
        return Err(Error::new("inputs must be: verification key, public signals, proving key, witness, and an r1cs"));
    };
    let key = key.check::<E>().ok_or("malformed verification key: a number or a point is none")?;
    let signals = Signals::<E::ScalarField>::read(signals).ok_or("malformed public signals")?;
    let (witness, constraints) = variables(witness, more)?;
    agree(&key, &signals, &witness)?;
    job.progress(50);
    let secret = Secret::random(job);
    let threads = job.limits().threads;
    job.log(&format!("{} variables, {} public, {threads} threads", witness.len(), signals.0.len()));
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Error::new(format!("no threads: {error}")))?;
    let proof = pool.install(|| make(&key, proving_key, constraints, &witness, secret))?;
    job.progress(950);
    if !holds(&key, &signals, &proof) {
        return Err(Error::new("no proof: the witness does not satisfy the circuit, or the proving key is damaged"));
    }
    Ok(proof.write())
}

/// The witness, given or generated, and the inputs after it.
fn variables<'a, 'i, F: PrimeField>(witness: &[u8], more: &'a [&'i [u8]]) -> Result<(Vec<F>, &'a [&'i [u8]]), Error> {
    if !generator::is_generator(witness) {
        return Ok((wtns::read(witness)?, more));
    }
    let [input, more @ ..] = more else { return Err(Error::new("a witness generator needs its input.json after it")) };
    Ok((generator::run(witness, input)?, more))
}

/// Whether the witness says the same signals as the statement, as many as the key wants.
fn agree<E: Curve>(
    key: &VerifyingKey<E>,
    signals: &Signals<E::ScalarField>,
    witness: &[E::ScalarField],
) -> Result<(), Error> {
    let wanted = key.ic.len().saturating_sub(1);
    if signals.0.len() != wanted {
        return Err(Error::new(format!("{} public signals, but the verification key wants {wanted}", signals.0.len())));
    }
    match witness.split_first() {
        Some((one, rest)) if *one == E::ScalarField::from(1u64) && rest.starts_with(&signals.0) => Ok(()),
        _ => Err(Error::new("the witness has other public signals than the statement")),
    }
}

/// What hides the witness.
#[derive(Clone, Copy)]
struct Secret<F> {
    r: F,
    s: F,
}

impl<F: PrimeField> Secret<F> {
    fn random(job: &Job<'_>) -> Self {
        let mut seed = [0; 32];
        job.random(&mut seed);
        let mut random = ChaCha20Rng::from_seed(seed);
        Self { r: F::rand(&mut random), s: F::rand(&mut random) }
    }
}

/// The proof by either kind of key.
fn make<E: Curve>(
    key: &VerifyingKey<E>,
    proving_key: &[u8],
    constraints: &[&[u8]],
    witness: &[E::ScalarField],
    secret: Secret<E::ScalarField>,
) -> Result<Proof<E>, Error> {
    match constraints {
        [] if zkey::is_zkey(proving_key) => zkey::Zkey::read(proving_key)?.prove(key, witness, secret),
        [constraints] if !zkey::is_zkey(proving_key) => {
            arkworks::prove(key, proving_key, &r1cs::R1cs::read(constraints)?, witness, secret)
        }
        [] => Err(Error::new("the proving key is no zkey; arkworks' needs an r1cs as a fifth input")),
        _ => Err(Error::new("too many inputs: a zkey needs no r1cs, arkworks' key needs one")),
    }
}
