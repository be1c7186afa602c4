//! The header of a block: what finality signs, small enough to travel in every receipt.

use crate::{Hash, Peer};
use bytes::Bytes;

/// The first byte of every encoded header.
pub const HEADER_VERSION: u8 = 1;

const FIXED_LEN: usize = 1 + 8 * 7 + 32 * 6;

/// The header of a block. Its hash, BLAKE3 over its encoding, is the hash of the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Epoch of the round in which the block was proposed.
    pub epoch: u64,
    /// View of that round.
    pub view: u64,
    /// The validator that proposed it.
    pub leader: Peer,
    /// View of the parent that consensus built upon.
    pub parent_view: u64,
    /// Hash of the parent.
    pub parent: Hash,
    /// Height; genesis is 0.
    pub height: u64,
    /// Chain time in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// Canonical root of the state after the block: what evidence is checked against.
    pub state_root: Hash,
    /// Root over the log of state operations: what a state sync is checked against.
    pub operations_root: Hash,
    /// First operation a state sync needs.
    pub operations_start: u64,
    /// One past the last operation.
    pub operations_end: u64,
    /// BLAKE3 of the body.
    pub body_hash: Hash,
    /// BLAKE3 of the encoded resharing payload, or zero where there is none.
    pub reshare_hash: Hash,
}

/// Why bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// Another length than every header has.
    Length {
        /// Bytes that were given.
        got: usize,
        /// Bytes of a header.
        expected: usize,
    },
    /// Another version.
    Version(u8),
}

impl std::fmt::Display for HeaderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length { got, expected } => write!(f, "a header has {expected} bytes, not {got}"),
            Self::Version(version) => write!(f, "header version {version} is unknown"),
        }
    }
}

impl std::error::Error for HeaderError {}

impl Header {
    /// The length of every encoded header, in bytes.
    pub const LEN: usize = FIXED_LEN;

    /// The canonical encoding: version, then the fields in order, integers big-endian.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(Self::LEN);
        out.push(HEADER_VERSION);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.view.to_be_bytes());
        out.extend_from_slice(&self.leader);
        out.extend_from_slice(&self.parent_view.to_be_bytes());
        out.extend_from_slice(&self.parent);
        out.extend_from_slice(&self.height.to_be_bytes());
        out.extend_from_slice(&self.time_ms.to_be_bytes());
        out.extend_from_slice(&self.state_root);
        out.extend_from_slice(&self.operations_root);
        out.extend_from_slice(&self.operations_start.to_be_bytes());
        out.extend_from_slice(&self.operations_end.to_be_bytes());
        out.extend_from_slice(&self.body_hash);
        out.extend_from_slice(&self.reshare_hash);
        out.into()
    }

    /// Decodes the canonical encoding and nothing else.
    ///
    /// # Errors
    /// When the length or the version is not a header's.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let length = HeaderError::Length { got: bytes.len(), expected: Self::LEN };
        if bytes.len() != Self::LEN {
            return Err(length);
        }
        let mut rest = Fields(bytes);
        let [version] = rest.take().ok_or(length)?;
        if version != HEADER_VERSION {
            return Err(HeaderError::Version(version));
        }
        rest.header().ok_or(length)
    }

    /// The hash of the block.
    #[must_use]
    pub fn hash(&self) -> Hash {
        *blake3::hash(&self.encode()).as_bytes()
    }
}

/// The fields that are still to be read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn header(&mut self) -> Option<Header> {
        Some(Header {
            epoch: self.number()?,
            view: self.number()?,
            leader: self.take()?,
            parent_view: self.number()?,
            parent: self.take()?,
            height: self.number()?,
            time_ms: self.number()?,
            state_root: self.take()?,
            operations_root: self.take()?,
            operations_start: self.number()?,
            operations_end: self.number()?,
            body_hash: self.take()?,
            reshare_hash: self.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            epoch: 1,
            view: 2,
            leader: [3; 32],
            parent_view: 4,
            parent: [5; 32],
            height: 6,
            time_ms: 7,
            state_root: [8; 32],
            operations_root: [9; 32],
            operations_start: 10,
            operations_end: 11,
            body_hash: [12; 32],
            reshare_hash: [13; 32],
        }
    }

    #[test]
    fn a_header_survives_its_encoding() {
        let bytes = sample().encode();
        assert_eq!(bytes.len(), Header::LEN);
        assert_eq!(Header::decode(&bytes), Ok(sample()));
    }

    #[test]
    fn every_other_length_and_version_is_refused() {
        let bytes = sample().encode();
        for len in (0..bytes.len()).chain([bytes.len() + 1]) {
            let mut other = bytes.to_vec();
            other.resize(len, 0);
            assert!(matches!(Header::decode(&other), Err(HeaderError::Length { .. })));
        }
        let mut other = bytes.to_vec();
        other[0] = 2;
        assert_eq!(Header::decode(&other), Err(HeaderError::Version(2)));
    }

    #[test]
    fn the_encoding_is_frozen() {
        let hash = blake3::Hash::from_bytes(sample().hash()).to_hex();
        assert_eq!(hash.as_str(), "943b0858aa9ff9e74f6590272c457e671c6026ef56bbe1224798a9bad9c2c7cc");
    }
}
