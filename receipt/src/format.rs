//! The file: magic, version, then the canonical encoding of [`Receipt`].

use borsh::{BorshDeserialize, BorshSerialize};
use types::{
    ChainId, CodecError, codec,
    limits::{PROOF_MAX, VALUE_MAX},
};

/// How every receipt begins.
pub const MAGIC: &[u8; 13] = b"lemma-receipt";

/// The version that this crate writes and reads: the byte after [`MAGIC`].
pub const VERSION: u8 = 1;

/// The longest encoded header or certificate, in bytes.
pub const FINALITY_MAX: usize = 4 * 1024;

/// The longest proof of one value, in bytes.
pub const STATE_PROOF_MAX: usize = 64 * 1024;

/// The longest receipt, in bytes.
pub const RECEIPT_MAX: usize =
    2 * FINALITY_MAX + 3 * (VALUE_MAX + STATE_PROOF_MAX) + PROOF_MAX as usize + PREFIX + 1024;

const PREFIX: usize = MAGIC.len() + 1;

/// A value of the state with its proof against a state root.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proven {
    /// The encoded value, at most [`VALUE_MAX`] bytes.
    pub value: Vec<u8>,
    /// Its proof, at most [`STATE_PROOF_MAX`] bytes.
    pub proof: Vec<u8>,
}

/// The evidence that a workload ended as it did. Nothing of it is believed before [`crate::check`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    /// The network, which is also the namespace of its consensus signatures.
    pub chain: ChainId,
    /// The encoded [`ports::Header`] of a final block, at or after the workload's end.
    pub header: Vec<u8>,
    /// The finalization certificate of that block, as the engine encodes it.
    pub certificate: Vec<u8>,
    /// The [`types::Workload`], in an end state.
    pub workload: Proven,
    /// The [`types::draw::Draw`] of its last attempt; there if and only if it had one and is no test, which is not drawn.
    pub draw: Option<Proven>,
    /// The [`types::record::VerdictSet`] that judged the proof; there if and only if the workload is Verified.
    pub set: Option<Proven>,
    /// The encoded [`types::message::Bundle`] of proof and public values; only if the workload is Verified, and missing where
    /// whoever made the receipt found it too large.
    pub bundle: Option<Vec<u8>>,
}

/// Why bytes are not a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// They do not begin as receipts do.
    #[error("this is not a receipt")]
    Magic,
    /// They are of a version that this program does not know.
    #[error("receipt version {0} is unknown; this program reads version {VERSION}")]
    Version(u8),
    /// What follows is not the canonical encoding of a receipt.
    #[error("the receipt is damaged: {0}")]
    Damaged(#[from] CodecError),
}

impl Receipt {
    /// The bytes of the file. They are the same wherever the same evidence is encoded.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend(codec::encode(self));
        bytes
    }

    /// Decodes a file, all of it.
    ///
    /// # Errors
    /// When the bytes are longer than a receipt can be, or are not the one encoding of a receipt.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(FormatError::Magic)?;
        let (version, rest) = rest.split_first().ok_or(FormatError::Magic)?;
        if *version != VERSION {
            return Err(FormatError::Version(*version));
        }
        let receipt: Self = codec::decode(rest, RECEIPT_MAX - PREFIX)?;
        receipt.check_lengths()?;
        Ok(receipt)
    }

    fn check_lengths(&self) -> Result<(), CodecError> {
        bounded(self.header.len(), FINALITY_MAX)?;
        bounded(self.certificate.len(), FINALITY_MAX)?;
        for proven in [Some(&self.workload), self.draw.as_ref(), self.set.as_ref()].into_iter().flatten() {
            bounded(proven.value.len(), VALUE_MAX)?;
            bounded(proven.proof.len(), STATE_PROOF_MAX)?;
        }
        bounded(self.bundle.as_ref().map_or(0, Vec::len), PROOF_MAX as usize)
    }
}

fn bounded(got: usize, max: usize) -> Result<(), CodecError> {
    if got > max { Err(CodecError::TooLong { got, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Receipt {
        let proven = |byte| Proven { value: vec![byte; 3], proof: vec![byte; 2] };
        Receipt {
            chain: ChainId([7; 32]),
            header: vec![1; 5],
            certificate: vec![2; 4],
            workload: proven(3),
            draw: Some(proven(4)),
            set: None,
            bundle: Some(vec![5]),
        }
    }

    #[test]
    fn a_receipt_survives_its_encoding() {
        assert_eq!(Receipt::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn what_is_cut_or_lengthened_is_refused() {
        let bytes = sample().encode();
        for len in 0..bytes.len() {
            assert!(Receipt::decode(&bytes[..len]).is_err(), "{len}");
        }
        assert!(Receipt::decode(&[bytes, vec![0]].concat()).is_err());
    }

    #[test]
    fn other_files_and_versions_are_named_as_such() {
        assert_eq!(Receipt::decode(b"PK\x03\x04 and so on"), Err(FormatError::Magic));
        let mut bytes = sample().encode();
        bytes[MAGIC.len()] = 2;
        assert_eq!(Receipt::decode(&bytes), Err(FormatError::Version(2)));
    }

    #[test]
    fn every_part_is_bounded() {
        let long = Receipt { certificate: vec![0; FINALITY_MAX + 1], ..sample() };
        let max = CodecError::TooLong { got: FINALITY_MAX + 1, max: FINALITY_MAX };
        assert_eq!(Receipt::decode(&long.encode()), Err(FormatError::Damaged(max)));
        let mut claims = sample().encode();
        claims.truncate(PREFIX + 32);
        claims.extend(u32::MAX.to_le_bytes());
        assert!(Receipt::decode(&claims).is_err());
    }
}
