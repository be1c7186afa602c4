//! Leaves, made once for all tests, and the held aggregation of the first of them.

use aggregate_leaf::{
    chain,
    groth16::{Keys, decode_key, decode_proof, decode_scalar, encode_scalar},
};
use ark_bls12_377::{Bls12_377, Fr};
use ark_groth16::{Proof, VerifyingKey};
use program::{
    Output,
    rehearsal::{self, Rehearsal},
};
use std::sync::LazyLock;

/// The aggregation of one leaf, as `cargo run --example bench -- 1 FOLDER` writes it, by the seeds used here.
pub const KEY: &[u8] = include_bytes!("../../fixtures/key");
pub const LEAF_KEY: &[u8] = include_bytes!("../../fixtures/leaf-key");
pub const CLAIMS: &[u8] = include_bytes!("../../fixtures/claims");
pub const PROOF: &[u8] = include_bytes!("../../fixtures/proof");

pub static LEAF_KEYS: LazyLock<Keys> = LazyLock::new(|| aggregate_leaf::setup([1; 32]).unwrap());

/// A claim with the bundle of its proof.
pub struct Leaf {
    pub claim: Vec<u8>,
    pub bundle: Vec<u8>,
}

pub static LEAVES: LazyLock<[Leaf; 2]> = LazyLock::new(|| [0, 1].map(leaf));

fn leaf(number: u8) -> Leaf {
    let start = [number; 32];
    let claim = encode_scalar(chain(decode_scalar(&start).unwrap()));
    let inputs: [&[u8]; 4] = [&LEAF_KEYS.verifying, &claim, &LEAF_KEYS.proving, &start];
    let output = Rehearsal::new(u64::from(number)).prove(aggregate_leaf::prove, b"", &inputs).unwrap();
    Leaf { bundle: output.encode().unwrap(), claim }
}

impl Leaf {
    pub fn parts(&self) -> (Fr, Proof<Bls12_377>) {
        let output = Output::decode(&self.bundle).unwrap();
        (decode_scalar(&self.claim).unwrap(), decode_proof(&output.proof).unwrap())
    }
}

pub fn leaf_key() -> VerifyingKey<Bls12_377> {
    decode_key(&LEAF_KEYS.verifying, aggregate_leaf::INPUTS).unwrap()
}

/// Whether the verifier accepts these bytes as a proof of this statement.
pub fn accepts(statement: [&[u8]; 3], proof: &[u8]) -> bool {
    rehearsal::verify(aggregate::verify, &Output { proof: proof.to_vec(), public_values: Vec::new() }, &statement)
}
