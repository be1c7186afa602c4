//! "I know where this chain of N SHA-256 hashes starts."
//!
//! Reads one buffer: N as a little-endian `u32`, then the 32 bytes of the start. Commits N and the chain's end.
#![no_main]

use sha2::{Digest, Sha256};
sp1_zkvm::entrypoint!(main);

fn main() {
    let input = sp1_zkvm::io::read_vec();
    let (count, start) = input.split_first_chunk::<4>().expect("input: a count and a start");
    let start: [u8; 32] = start.try_into().expect("a start of 32 bytes");
    let end = (0..u32::from_le_bytes(*count)).fold(start, |link, _| Sha256::digest(link).into());
    sp1_zkvm::io::commit_slice(&[count.as_slice(), &end].concat());
}
