//! Keys, proofs and field elements from bytes: exactly one encoding each, every point on its curve and in its group.
//!
//! arkworks checks that a coordinate is smaller than the modulus, but in an uncompressed point it ignores the bit that
//! says which of the two `y` was meant, and in a point at infinity the coordinates. Encoding what was decoded and
//! comparing closes both gaps, whatever they are.

use ark_bn254::{Bn254, Fr};
use ark_ff::PrimeField;
use ark_groth16::{Proof, VerifyingKey};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// Public inputs of the circuit: length and digest.
pub(crate) const PUBLIC_INPUTS: usize = 2;

const SCALAR_BYTES: usize = 32;
const G1_BYTES: usize = 64;
const G2_BYTES: usize = 128;

/// Bytes of a proof: `A` in G1, `B` in G2, `C` in G1, compressed.
pub const PROOF_BYTES: usize = 128;

/// Where a verifying key says how many points follow for the public inputs.
const COUNT_OFFSET: usize = G1_BYTES + 3 * G2_BYTES;
const COUNT: [u8; 8] = (PUBLIC_INPUTS as u64 + 1).to_le_bytes();

/// Bytes of a verifying key: `α` in G1, `β`, `γ`, `δ` in G2, the number 3 as little-endian `u64` and that many points
/// of G1, uncompressed.
pub const KEY_BYTES: usize = COUNT_OFFSET + COUNT.len() + (PUBLIC_INPUTS + 1) * G1_BYTES;

/// Reads an element of the scalar field. `None` unless `bytes` are 32 little-endian bytes of a number below the
/// modulus.
pub fn decode_scalar(bytes: &[u8]) -> Option<Fr> {
    let bytes: &[u8; SCALAR_BYTES] = bytes.try_into().ok()?;
    let scalar = Fr::from_le_bytes_mod_order(bytes);
    let mut canonical = [0; SCALAR_BYTES];
    scalar.serialize_compressed(&mut canonical[..]).ok()?;
    (canonical == *bytes).then_some(scalar)
}

/// Reads a proof. `None` unless `bytes` are its one encoding.
pub fn decode_proof(bytes: &[u8]) -> Option<Proof<Bn254>> {
    let bytes: &[u8; PROOF_BYTES] = bytes.try_into().ok()?;
    let proof = Proof::deserialize_compressed(&bytes[..]).ok()?;
    let mut canonical = [0; PROOF_BYTES];
    proof.serialize_compressed(&mut canonical[..]).ok()?;
    (canonical == *bytes).then_some(proof)
}

/// Reads a verifying key. `None` unless `bytes` are its one encoding.
pub fn decode_key(bytes: &[u8]) -> Option<VerifyingKey<Bn254>> {
    let bytes: &[u8; KEY_BYTES] = bytes.try_into().ok()?;
    // Before anything is allocated for that many points.
    if bytes[COUNT_OFFSET..COUNT_OFFSET + COUNT.len()] != COUNT {
        return None;
    }
    let key = VerifyingKey::deserialize_uncompressed(&bytes[..]).ok()?;
    let mut canonical = [0; KEY_BYTES];
    key.serialize_uncompressed(&mut canonical[..]).ok()?;
    (canonical == *bytes).then_some(key)
}
