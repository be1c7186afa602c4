//! The verifier.

use crate::{Claim, decode_outputs, transcript};
use miden_verifier::{ExecutionProof, HashFunction, Kernel, ProgramInfo, StackOutputs};
use program::Statement;

/// The weakest proof accepted, in bits of security as Miden counts them.
pub const SECURITY_BITS_MIN: u32 = 96;

/// Whether `proof` shows that the program, started with the statement's stack, ends with the stack in `public_values`.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    accepts(statement, proof, public_values).unwrap_or(false)
}

/// `None` for anything malformed.
fn accepts(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> Option<bool> {
    let [hash, inputs] = statement.inputs() else { return None };
    let claim = Claim::decode(hash, inputs)?;
    is_proved(&claim, decode_outputs(public_values)?, decode_proof(proof)?)
}

/// Whether the proof is one of this execution. Miden's parameters are constants of this version; were that to change, the
/// security level is checked all the same.
pub(crate) fn is_proved(claim: &Claim, outputs: StackOutputs, proof: ExecutionProof) -> Option<bool> {
    let info = ProgramInfo::new(claim.program, Kernel::default());
    let security_bits = miden_verifier::verify(info, claim.stack, outputs, proof).ok()?;
    Some(security_bits >= SECURITY_BITS_MIN)
}

/// Reads a proof: by BLAKE3, without precompiles, in its one encoding.
fn decode_proof(bytes: &[u8]) -> Option<ExecutionProof> {
    let proof = ExecutionProof::from_bytes(bytes).ok()?;
    let expected = proof.hash_fn() == HashFunction::Blake3_256 && proof.precompile_requests().is_empty();
    (expected && transcript::is_canonical(proof.stark_proof()) && proof.to_bytes() == bytes).then_some(proof)
}
