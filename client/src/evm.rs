//! A proof for Ethereum: the call of the Solidity contract that snarkjs exports for a circuit.
//!
//! The contract has one function, `verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[N] signals)`. Everything
//! is words of 32 bytes, big-endian. A coordinate of G2 is two numbers: EIP-197 puts the imaginary part first, snarkjs'
//! JSON the real one.

use serde::Deserialize;
use sha3::{Digest, Keccak256};

/// A number of the Ethereum machine, big-endian.
pub type Word = [u8; 32];

/// Order of the field that coordinates of BN254 are in.
const COORDINATE_MODULUS: Word = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97, 0x81, 0x6a,
    0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];

/// Order of the field that signals are in.
const SIGNAL_MODULUS: Word = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x28, 0x33, 0xe8,
    0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
];

/// Why a proof cannot be called for on Ethereum.
#[derive(Debug, thiserror::Error)]
pub enum EvmError {
    /// The proof is not what snarkjs writes.
    #[error("the proof is not snarkjs' JSON: {0}")]
    Proof(serde_json::Error),
    /// The signals are not what snarkjs writes.
    #[error("the public signals are not snarkjs' JSON: {0}")]
    Signals(serde_json::Error),
    /// Ethereum's contract is for another proof system.
    #[error("the proof is of {protocol} over {curve}, but Ethereum's contract takes groth16 over bn128")]
    Other {
        /// What the proof says.
        protocol: String,
        /// What the proof says.
        curve: String,
    },
    /// A number that has another spelling, or none.
    #[error("{0:?} is not a decimal number below the modulus")]
    Number(String),
    /// A point at infinity, or one that is not normalised.
    #[error("a point of the proof does not end in 1")]
    Point,
}

#[derive(Deserialize)]
struct Proof {
    protocol: String,
    curve: String,
    pi_a: [String; 3],
    pi_b: [[String; 2]; 3],
    pi_c: [String; 3],
}

/// The call that checks this proof (`proof.json`) of these signals (`public.json`): selector and arguments.
///
/// # Errors
///
/// When the files are not what snarkjs writes for Groth16 over BN254, or a number has more than one spelling.
pub fn calldata(proof: &[u8], signals: &[u8]) -> Result<Vec<u8>, EvmError> {
    let proof: Proof = serde_json::from_slice(proof).map_err(EvmError::Proof)?;
    let signals: Vec<String> = serde_json::from_slice(signals).map_err(EvmError::Signals)?;
    let mut call = selector(signals.len()).to_vec();
    for word in proof.words()? {
        call.extend(word);
    }
    for signal in &signals {
        call.extend(number(signal, &SIGNAL_MODULUS)?);
    }
    Ok(call)
}

impl Proof {
    fn words(&self) -> Result<[Word; 8], EvmError> {
        let Self { protocol, curve, pi_a: [a_x, a_y, a_z], pi_b: [b_x, b_y, b_z], pi_c: [c_x, c_y, c_z] } = self;
        if protocol != "groth16" || curve != "bn128" {
            return Err(EvmError::Other { protocol: protocol.clone(), curve: curve.clone() });
        }
        if a_z != "1" || c_z != "1" || *b_z != ["1", "0"] {
            return Err(EvmError::Point);
        }
        let word = |text: &String| number(text, &COORDINATE_MODULUS);
        let ([b_x_re, b_x_im], [b_y_re, b_y_im]) = (b_x, b_y);
        Ok([word(a_x)?, word(a_y)?, word(b_x_im)?, word(b_x_re)?, word(b_y_im)?, word(b_y_re)?, word(c_x)?, word(c_y)?])
    }
}

/// The first four bytes of the hash of the function's name and types.
fn selector(signals: usize) -> [u8; 4] {
    let name = format!("verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[{signals}])");
    let [a, b, c, d, ..] = <[u8; 32]>::from(Keccak256::digest(name));
    [a, b, c, d]
}

/// A number in its one decimal spelling, below the modulus.
fn number(text: &str, modulus: &Word) -> Result<Word, EvmError> {
    let canonical = text == "0" || !text.starts_with('0');
    let value = digits(text).filter(|value| canonical && value < modulus);
    value.ok_or_else(|| EvmError::Number(text.chars().take(100).collect()))
}

fn digits(text: &str) -> Option<Word> {
    let mut word = [0u8; 32];
    for digit in text.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in word.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    (!text.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROOF: &str = include_str!("../../programs/circom/fixtures/product/proof.json");
    const SIGNALS: &str = include_str!("../../programs/circom/fixtures/product/public.json");
    /// The same call, by snarkjs and solc.
    const CALL: &str = include_str!("../../programs/circom/fixtures/product/calldata.hex");

    fn call(proof: &str, signals: &str) -> Result<Vec<u8>, String> {
        calldata(proof.as_bytes(), signals.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_call_is_that_of_snarkjs() {
        let hex: String = call(PROOF, SIGNALS).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(format!("0x{hex}"), CALL.trim());
    }

    #[test]
    fn the_selector_depends_on_the_number_of_signals() {
        assert_eq!(call(PROOF, SIGNALS).unwrap()[..4], selector(2));
        assert_eq!(call(PROOF, "[]").unwrap().len(), 4 + 8 * 32);
        assert_ne!(selector(1), selector(2));
    }

    #[test]
    fn the_moduli_themselves_are_refused_and_what_is_below_is_not() {
        let coordinate = "21888242871839275222246405745257275088696311157297823662689037894645226208583";
        let signal = "21888242871839275222246405745257275088548364400416034343698204186575808495617";
        assert!(number(coordinate, &COORDINATE_MODULUS).is_err());
        assert!(number(&coordinate.replace("8583", "8582"), &COORDINATE_MODULUS).is_ok());
        assert!(number(signal, &SIGNAL_MODULUS).is_err());
        assert!(number(&signal.replace("5617", "5616"), &SIGNAL_MODULUS).is_ok());
    }

    #[test]
    fn a_number_has_one_spelling() {
        for text in ["", "00", "01", "-1", "+1", " 1", "0x1", "1e3", "１", &"9".repeat(77), &"9".repeat(10_000)] {
            assert!(call(PROOF, &format!("[\"{text}\"]")).is_err(), "{text}");
        }
    }

    #[test]
    fn other_proofs_are_refused_with_the_reason() {
        let other = call(&PROOF.replace("bn128", "bls12381"), SIGNALS).unwrap_err();
        assert_eq!(other, "the proof is of groth16 over bls12381, but Ethereum's contract takes groth16 over bn128");
        let infinite = PROOF.replace("\"1\"", "\"0\"");
        assert_eq!(call(&infinite, SIGNALS).unwrap_err(), "a point of the proof does not end in 1");
        assert!(call("{}", SIGNALS).unwrap_err().starts_with("the proof is not snarkjs' JSON"));
        assert!(call(PROOF, "[1]").unwrap_err().starts_with("the public signals are not snarkjs' JSON"));
    }
}
