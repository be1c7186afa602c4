//! The circuit `product` over both curves, as circom and snarkjs made it, and the fixtures of `setup.mjs --fixtures`.

#![allow(dead_code, reason = "each test file takes what it needs")]

use circom::{prove, verify};
use program::{
    Error, Output,
    rehearsal::{self, Rehearsal},
};

/// The files of one circuit.
#[derive(Clone, Copy)]
pub struct Circuit {
    pub key: &'static [u8],
    pub signals: &'static [u8],
    /// Made by snarkjs.
    pub proof: &'static [u8],
    pub zkey: &'static [u8],
    pub witness: &'static [u8],
    pub constraints: &'static [u8],
}

macro_rules! circuit {
    ($folder:literal) => {
        Circuit {
            key: include_bytes!(concat!("../../fixtures/", $folder, "/verification_key.json")),
            signals: include_bytes!(concat!("../../fixtures/", $folder, "/public.json")),
            proof: include_bytes!(concat!("../../fixtures/", $folder, "/proof.json")),
            zkey: include_bytes!(concat!("../../fixtures/", $folder, "/circuit.zkey")),
            witness: include_bytes!(concat!("../../fixtures/", $folder, "/witness.wtns")),
            constraints: include_bytes!(concat!("../../fixtures/", $folder, "/circuit.r1cs")),
        }
    };
}

pub const BN254: Circuit = circuit!("product");
pub const BLS12_381: Circuit = circuit!("product-bls12381");
pub const BOTH: [Circuit; 2] = [BN254, BLS12_381];

impl Circuit {
    /// Proves with the zkey.
    pub fn prove(&self, seed: u64) -> Result<Output, Error> {
        run(seed, &[self.key, self.signals, self.zkey, self.witness])
    }

    /// Whether these bytes are accepted as a proof of the circuit's statement.
    pub fn accepts(&self, proof: &[u8]) -> bool {
        accepts(self.key, self.signals, proof)
    }

    /// The same with another key, as text.
    pub fn with_key(&self, key: &str) -> bool {
        accepts(key.as_bytes(), self.signals, self.proof)
    }

    pub fn key_text(&self) -> &'static str {
        std::str::from_utf8(self.key).unwrap()
    }

    pub fn proof_text(&self) -> &'static str {
        std::str::from_utf8(self.proof).unwrap()
    }
}

/// Calls the prover with these inputs.
pub fn run(seed: u64, inputs: &[&[u8]]) -> Result<Output, Error> {
    Rehearsal::new(seed).prove(prove, b"", inputs)
}

/// Whether the verifier accepts.
pub fn accepts(key: &[u8], signals: &[u8], proof: &[u8]) -> bool {
    rehearsal::verify(verify, &Output { proof: proof.to_vec(), public_values: Vec::new() }, &[key, signals])
}
