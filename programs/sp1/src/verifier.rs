//! The verifier.

use crate::Key;
use bincode::Options;
use program::Statement;
use sp1_verifier::{SP1Proof, compressed::SP1CompressedVerifier};

/// The most that a guest may commit, in bytes.
pub const PUBLIC_VALUES_MAX: usize = 1024 * 1024;

/// The longest proof read: a compressed one has 1.3 MB.
const PROOF_MAX: usize = 4 * 1024 * 1024;

/// Whether `proof` shows that the guest of the statement's key committed `public_values`.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    accepts(statement, proof, public_values).unwrap_or(false)
}

/// `None` for anything malformed.
fn accepts(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> Option<bool> {
    let [key] = statement.inputs() else { return None };
    let key = Key::decode(key)?;
    let SP1Proof::Compressed(proof) = decode(proof)? else { return None };
    let fits = public_values.len() <= PUBLIC_VALUES_MAX;
    let verifier = SP1CompressedVerifier::new();
    Some(fits && verifier.verify_compressed_with_public_values(&proof, public_values, &key.elements()).is_ok())
}

/// Reads a proof in its one encoding: no bytes after the end, no number in another spelling.
fn decode(bytes: &[u8]) -> Option<SP1Proof> {
    if bytes.len() > PROOF_MAX {
        return None;
    }
    let options = bincode::DefaultOptions::new().with_fixint_encoding().with_limit(PROOF_MAX as u64);
    let proof = options.deserialize(bytes).ok()?;
    (options.serialize(&proof).ok()? == bytes).then_some(proof)
}
