//! Checks a proof that the network made with Miden's own verifier, the crate `miden-verifier`, and nothing of this program:
//!
//! ```text
//! cargo run --release -p miden --example public-verifier -- HASH STACK.json PROOF PUBLIC-VALUES
//! ```
//!
//! `HASH` is the program's, in hex; the last two are what `lemma proof get ID -o FILE` writes, the second with `--part public`.

use miden_verifier::{ExecutionProof, Kernel, ProgramInfo, StackInputs, StackOutputs, Word, math::Felt};
use serde_json::Value;
use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [hash, stack, proof, public_values] = arguments.as_slice() else {
        return Err("arguments: hash, stack.json, proof, public values".into());
    };
    let hash = Word::new(felts(&unhex(hash)?)?.try_into().map_err(|_| "a hash has 32 bytes")?);
    let stack = StackInputs::new(&stack_of(&fs::read(stack)?)?)?;
    let outputs = StackOutputs::new(&felts(&fs::read(public_values)?)?)?;
    let proof = ExecutionProof::from_bytes(&fs::read(proof)?)?;
    let security_bits = miden_verifier::verify(ProgramInfo::new(hash, Kernel::default()), stack, outputs, proof)?;
    let top = outputs.iter().next().ok_or("the stack at the end is empty")?;
    Ok(writeln!(io::stdout(), "verified, {security_bits} bits of security; the stack ends with {top} on top")?)
}

/// The numbers in `{"operand_stack": ["20"]}`.
fn stack_of(json: &[u8]) -> Result<Vec<Felt>> {
    let json: Value = serde_json::from_slice(json)?;
    let numbers = json.get("operand_stack").and_then(Value::as_array).ok_or("no operand_stack")?;
    numbers.iter().map(|number| Ok(Felt::new(number.as_str().ok_or("a number is no text")?.parse()?)?)).collect()
}

/// Little-endian numbers of eight bytes.
fn felts(bytes: &[u8]) -> Result<Vec<Felt>> {
    bytes.chunks(8).map(|number| Ok(Felt::new(u64::from_le_bytes(number.try_into()?))?)).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}
