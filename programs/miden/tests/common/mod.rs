//! The three examples, and one proof made once for all tests of a file.
#![allow(dead_code, reason = "every file of tests uses its part")]

use miden::{program_hash, prove, verify};
use program::{
    Error, Output,
    rehearsal::{self, Rehearsal},
};
use std::sync::LazyLock;

pub const FIBONACCI: &str = include_str!("../../masm/fibonacci.masm");
pub const SHA256: &str = include_str!("../../masm/sha256.masm");
pub const MERKLE: &str = include_str!("../../masm/merkle.masm");

/// The stack of the committed proof, and of [`PROVED`].
pub const TWENTY: &str = r#"{"operand_stack": ["20"]}"#;

/// A proof of the twentieth Fibonacci number.
pub static PROVED: LazyLock<Output> = LazyLock::new(|| run(FIBONACCI, TWENTY, None).unwrap());

pub fn hash(source: &str) -> [u8; 32] {
    program_hash(source.as_bytes()).unwrap()
}

/// Runs a program and proves it.
pub fn run(source: &str, stack: &str, advice: Option<&str>) -> Result<Output, Error> {
    prove_with(&[&hash(source), stack.as_bytes(), source.as_bytes()], advice)
}

pub fn prove_with(inputs: &[&[u8]], advice: Option<&str>) -> Result<Output, Error> {
    let inputs: Vec<&[u8]> = inputs.iter().copied().chain(advice.map(str::as_bytes)).collect();
    Rehearsal::new(1).prove(prove, b"", &inputs)
}

/// Whether the verifier accepts this output for this program and stack.
pub fn accepts(hash: &[u8], stack: &str, output: &Output) -> bool {
    rehearsal::verify(verify, output, &[hash, stack.as_bytes()])
}

/// The numbers in public values.
pub fn numbers(output: &Output) -> Vec<u64> {
    output.public_values.chunks(8).map(|number| u64::from_le_bytes(number.try_into().unwrap())).collect()
}
