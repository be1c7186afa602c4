//! "These keys signed these messages": all signatures of a batch hold.
//!
//! Reads one buffer, the signatures one after the other: key (32 bytes), signature (64), length of the message as a
//! little-endian `u32`, message. Commits how many they were and the SHA-256 of the same without the signatures. A
//! signature that does not hold ends the guest with an error, of which there is no proof.
#![no_main]

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
sp1_zkvm::entrypoint!(main);

fn main() {
    let batch = sp1_zkvm::io::read_vec();
    let (mut rest, mut count, mut signed) = (batch.as_slice(), 0u32, Sha256::new());
    while !rest.is_empty() {
        rest = check_first(rest, &mut signed);
        count += 1;
    }
    sp1_zkvm::io::commit_slice(&[count.to_le_bytes().as_slice(), &signed.finalize()].concat());
}

/// Checks the signature at the front, notes in `signed` what it signs, and gives what follows it.
fn check_first<'a>(batch: &'a [u8], signed: &mut Sha256) -> &'a [u8] {
    let (key, rest) = batch.split_first_chunk::<32>().expect("a key");
    let (signature, rest) = rest.split_first_chunk::<64>().expect("a signature");
    let (length, rest) = rest.split_first_chunk::<4>().expect("a length");
    let (message, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).expect("a message");
    let verifier = VerifyingKey::from_bytes(key).expect("a point of the curve");
    verifier.verify_strict(message, &Signature::from_bytes(signature)).expect("a signature that holds");
    signed.update(key);
    signed.update(length);
    signed.update(message);
    rest
}
