//! The claim: the part of the statement that says what is proved, apart from the key.

use crate::encoding::decode_scalar;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

/// Longest chain. Bounds what a prover may be asked to lay out in memory.
pub const CHAIN_MAX: u32 = 4096;

/// Bytes of an encoded [`Claim`].
pub const CLAIM_BYTES: usize = 36;

/// *"`digest` is the end of a chain of `length` hashes whose start I know."*
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Number of hashes, 1 to [`CHAIN_MAX`].
    pub length: u32,
    /// Where the chain ends.
    pub digest: Fr,
}

impl Claim {
    /// Reads a claim. `None` unless `bytes` are exactly what [`Claim::encode`] writes for one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, digest) = bytes.split_first_chunk()?;
        let length = decode_length(length)?;
        Some(Self { length, digest: decode_scalar(digest)? })
    }

    /// The length as little-endian `u32`, then the digest as 32 little-endian bytes.
    pub fn encode(&self) -> Vec<u8> {
        [&self.length.to_le_bytes()[..], &self.digest.into_bigint().to_bytes_le()].concat()
    }
}

/// Reads a chain length. `None` outside 1 to [`CHAIN_MAX`].
pub(crate) fn decode_length(bytes: &[u8; 4]) -> Option<u32> {
    let length = u32::from_le_bytes(*bytes);
    (1..=CHAIN_MAX).contains(&length).then_some(length)
}
