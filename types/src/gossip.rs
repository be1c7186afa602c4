//! What members say to each other over p2p.

use crate::{
    BlobId, Data, Height, limits::PART_MAX, message::SignedProverMessage, registry::SignedHeartbeat,
    transaction::SignedTransaction, verdict::SignedVerdict,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A message on the control channel.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Gossip {
    /// A transaction for the mempool.
    Transaction(SignedTransaction),
    /// A prover's message, for whoever leads.
    Prover(SignedProverMessage),
    /// A share of a beacon.
    BeaconShare {
        /// The height.
        height: Height,
        /// The epoch of the share.
        epoch: u64,
        /// The partial signature.
        share: Data<96>,
    },
    /// A verdict.
    Verdict(SignedVerdict),
    /// A prover's sign of life, for whoever leads.
    Heartbeat(SignedHeartbeat),
    /// Asks for a part of a blob.
    Want {
        /// The blob.
        blob: BlobId,
        /// Its size, as the one who asks knows it.
        size: u64,
        /// The part, counted from 0.
        part: u32,
    },
    /// The answer where the blob is not there.
    Lack {
        /// The blob.
        blob: BlobId,
    },
}

/// A message on the bulk channel: a part of a blob with the hashes that prove it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BulkPart {
    /// The blob.
    pub blob: BlobId,
    /// The part, counted from 0.
    pub part: u32,
    /// As [`crate::blob::encode_part`] makes it.
    pub bytes: Data<PART_MAX>,
}
