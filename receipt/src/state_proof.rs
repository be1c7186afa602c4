//! The proof of one present value against a state root.
//!
//! The state is a log of operations under a Merkle mountain range, with a bitmap of those that are current grafted onto it
//! (`qmdb::current::ordered::variable` with BLAKE3, 32-byte keys and chunks of 32 bytes). A proof holds the place of the
//! value's operation, its chunk of the bitmap, the digests up to the root, and the next key of the state.

use bytes::Bytes;
use commonware_codec::{Copying, Decode as _};
use commonware_cryptography::blake3::{Blake3, Digest};
use commonware_storage::{
    mmr::Family,
    qmdb::{any::value::VariableEncoding, current::ordered::proof::constant::KeyValueProof},
};
use commonware_utils::sequence::FixedBytes;
use ports::{Hash, Key};

/// Bytes of a chunk of the bitmap.
const CHUNK_BYTES: usize = 32;
/// The most digests that a proof holds: a range proof of one operation in the largest possible log.
const DIGESTS_MAX: usize = 128;

type Proof = KeyValueProof<Family, FixedBytes<32>, Digest, CHUNK_BYTES>;

/// Why a value is not shown to lie in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateProofError {
    /// The bytes are no proof.
    #[error("the proof is malformed")]
    Malformed,
    /// The proof is for another root, key or value.
    #[error("the proof does not show this value under this key")]
    Mismatch,
}

/// Checks that the state with this root holds `value` under `key`.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_value(root: &Hash, key: &Key, value: &[u8], proof: &[u8]) -> Result<(), StateProofError> {
    let proof = Proof::decode_cfg(Copying(proof), &(DIGESTS_MAX, ())).map_err(|_| StateProofError::Malformed)?;
    let (key, value) = (FixedBytes::new(*key), Bytes::copy_from_slice(value));
    let shown = proof.verify::<Blake3, VariableEncoding<Bytes>>(key, value, &Digest(*root));
    shown.then_some(()).ok_or(StateProofError::Mismatch)
}
