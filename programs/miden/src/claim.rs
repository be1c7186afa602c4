//! What a proof is about: a program's hash, its stack at the start and at the end.

use miden_verifier::{StackInputs, StackOutputs, Word, math::Felt};
use serde::Deserialize;

/// Bytes of the public values: the 16 numbers on the stack at the end.
pub const OUTPUT_BYTES: usize = 16 * NUMBER_BYTES;

const HASH_BYTES: usize = 4 * NUMBER_BYTES;
const NUMBER_BYTES: usize = 8;

/// The statement: a program and what it starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The root of the program's syntax tree.
    pub program: Word,
    /// The stack at the start.
    pub stack: StackInputs,
}

/// The second input, in the shape of Miden's input files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    operand_stack: Vec<String>,
}

impl Claim {
    /// Reads the two inputs of a statement. `None` unless the hash is 32 bytes of canonical field elements, and the JSON
    /// an object with at most 16 decimal numbers below the field's order.
    pub fn decode(hash: &[u8], inputs: &[u8]) -> Option<Self> {
        let hash: &[u8; HASH_BYTES] = hash.try_into().ok()?;
        let program = Word::new(elements(hash)?.try_into().ok()?);
        let inputs: Inputs = serde_json::from_slice(inputs).ok()?;
        let stack: Option<Vec<Felt>> = inputs.operand_stack.iter().map(|number| decimal(number)).collect();
        Some(Self { program, stack: StackInputs::new(&stack?).ok()? })
    }
}

/// Reads public values. `None` unless they are 16 canonical field elements.
pub fn decode_outputs(bytes: &[u8]) -> Option<StackOutputs> {
    let bytes: &[u8; OUTPUT_BYTES] = bytes.try_into().ok()?;
    StackOutputs::new(&elements(bytes)?).ok()
}

/// The public values for this stack at the end.
pub fn encode_outputs(outputs: &StackOutputs) -> Vec<u8> {
    outputs.iter().flat_map(|number| number.as_canonical_u64().to_le_bytes()).collect()
}

/// Little-endian numbers of 8 bytes, all below the field's order.
fn elements(bytes: &[u8]) -> Option<Vec<Felt>> {
    bytes.chunks(NUMBER_BYTES).map(|number| Felt::new(u64::from_le_bytes(number.try_into().ok()?)).ok()).collect()
}

/// A number as people write it, and in no other way: no sign, no leading zero.
fn decimal(text: &str) -> Option<Felt> {
    let number: u64 = text.parse().ok()?;
    if number.to_string() == text { Felt::new(number).ok() } else { None }
}
