//! What is verified: for each example program proofs of its own, made here where there is no fixture.

use crate::Result;
use groth16_poseidon::{Claim, poseidon::Parameters};
use program::{Output, Prove, Verify, rehearsal::Rehearsal};

/// The programs that are measured, as their artifacts' folders are called.
pub const PROGRAMS: [&str; 5] = ["groth16-poseidon", "circom", "miden", "aggregate", "capacity"];

/// A proof that a verifier must accept.
pub struct Case {
    /// What the table calls it.
    pub name: &'static str,
    /// The folder of the artifact.
    pub program: &'static str,
    /// The verifier, compiled for this machine.
    pub verify: Verify,
    /// Proof and public values.
    pub output: Output,
    /// The inputs that the verifier sees.
    pub statement: Vec<Vec<u8>>,
}

impl Case {
    /// The statement's inputs, borrowed.
    pub fn inputs(&self) -> Vec<&[u8]> {
        self.statement.iter().map(Vec::as_slice).collect()
    }
}

macro_rules! circom {
    ($name:literal, $folder:literal) => {
        Case {
            name: $name,
            program: "circom",
            verify: circom::verify,
            output: made(include_bytes!(concat!("../../../circom/fixtures/", $folder, "/proof.json"))),
            statement: vec![
                include_bytes!(concat!("../../../circom/fixtures/", $folder, "/verification_key.json")).into(),
                include_bytes!(concat!("../../../circom/fixtures/", $folder, "/public.json")).into(),
            ],
        }
    };
}

macro_rules! miden {
    ($program:literal, $advice:expr) => {
        miden(
            concat!("miden ", $program),
            include_bytes!(concat!("../../../miden/masm/", $program, ".masm")),
            include_bytes!(concat!("../../../miden/masm/", $program, ".stack.json")),
            $advice,
        )?
    };
}

/// All cases.
pub fn all() -> Result<Vec<Case>> {
    Ok(vec![
        groth16_poseidon()?,
        circom!("circom, BN254", "product"),
        circom!("circom, BLS12-381", "product-bls12381"),
        miden!("fibonacci", b"{}"),
        miden!("sha256", include_bytes!("../../../miden/masm/sha256.advice.json")),
        miden!("merkle", include_bytes!("../../../miden/masm/merkle.advice.json")),
        aggregate(),
        capacity()?,
    ])
}

/// A proof that others made.
fn made(proof: &[u8]) -> Output {
    Output { proof: proof.into(), public_values: Vec::new() }
}

fn proved(prove: Prove, inputs: &[&[u8]]) -> Result<Output> {
    Ok(Rehearsal::new(1).prove(prove, b"", inputs)?)
}

fn groth16_poseidon() -> Result<Case> {
    const LENGTH: u32 = 16;
    let preimage = [3; 32];
    let keys = groth16_poseidon::setup(LENGTH, [7; 32])?;
    let start = groth16_poseidon::decode_scalar(&preimage).ok_or("the preimage is no field element")?;
    let claim = Claim { length: LENGTH, digest: Parameters::derive().chain(start, LENGTH) }.encode();
    Ok(Case {
        name: "groth16-poseidon",
        program: "groth16-poseidon",
        verify: groth16_poseidon::verify,
        output: proved(groth16_poseidon::prove, &[&keys.verifying, &claim, &keys.proving, &preimage])?,
        statement: vec![keys.verifying, claim],
    })
}

fn miden(name: &'static str, source: &[u8], stack: &[u8], advice: &[u8]) -> Result<Case> {
    let hash = miden::program_hash(source)?;
    Ok(Case {
        name,
        program: "miden",
        verify: miden::verify,
        output: proved(miden::prove, &[&hash, stack, source, advice])?,
        statement: vec![hash.into(), stack.into()],
    })
}

/// Of one leaf: the time does not depend on how many there are.
fn aggregate() -> Case {
    Case {
        name: "aggregate",
        program: "aggregate",
        verify: aggregate::verify,
        output: made(include_bytes!("../../../aggregate/fixtures/proof")),
        statement: vec![
            include_bytes!("../../../aggregate/fixtures/key").into(),
            include_bytes!("../../../aggregate/fixtures/leaf-key").into(),
            include_bytes!("../../../aggregate/fixtures/claims").into(),
        ],
    }
}

/// A claim of 64 MiB, of which 32 are labelled.
fn capacity() -> Result<Case> {
    let mut claim = vec![9; 32];
    claim.extend([2u32, 64, 100, 1, 24].into_iter().flat_map(u32::to_le_bytes));
    Ok(Case {
        name: "capacity",
        program: "capacity",
        verify: capacity::verify,
        output: proved(capacity::prove, &[&claim])?,
        statement: vec![claim],
    })
}
