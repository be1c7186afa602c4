//! The body of a block: what its leader put in, in the order in which it takes effect.
//!
//! First what is due by chain time, then beacons with their draws, then messages of provers, settlements, evidence, heartbeats,
//! transactions.

use crate::{
    Beacon, Certificate, CodecError, Data, Height, List, codec,
    limits::{
        BEACONS_PER_BLOCK, BODY_MAX, EVIDENCE_PER_BLOCK, HEARTBEATS_PER_BLOCK, PROOF_INLINE_MAX,
        PROVER_MESSAGES_PER_BLOCK, SETTLEMENTS_PER_BLOCK, TRANSACTIONS_PER_BLOCK,
    },
    message::SignedProverMessage,
    offence::Evidence,
    registry::SignedHeartbeat,
    transaction::SignedTransaction,
    verdict::Subject,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A proof with its certificate (rule 11).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Settlement {
    /// What is settled.
    pub subject: Subject,
    /// What the verdict set says of it.
    pub certificate: Certificate,
    /// The bundle of proof and public values, where it is small enough and valid.
    pub bundle: Option<Data<PROOF_INLINE_MAX>>,
}

/// The beacon of a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BeaconEntry {
    /// The height.
    pub height: Height,
    /// Its beacon.
    pub beacon: Beacon,
}

/// The body of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Body {
    /// Beacons, in the order of their heights.
    pub beacons: List<BeaconEntry, BEACONS_PER_BLOCK>,
    /// Messages of provers.
    pub messages: List<SignedProverMessage, PROVER_MESSAGES_PER_BLOCK>,
    /// Settlements.
    pub settlements: List<Settlement, SETTLEMENTS_PER_BLOCK>,
    /// Offences that the leader learned of (rule 13).
    pub evidence: List<Evidence, EVIDENCE_PER_BLOCK>,
    /// Signs of life (rule 10).
    pub heartbeats: List<SignedHeartbeat, HEARTBEATS_PER_BLOCK>,
    /// Transactions.
    pub transactions: List<SignedTransaction, TRANSACTIONS_PER_BLOCK>,
}

impl Body {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.beacons.is_empty()
            && self.messages.is_empty()
            && self.settlements.is_empty()
            && self.evidence.is_empty()
            && self.heartbeats.is_empty()
            && self.transactions.is_empty()
    }

    /// The canonical encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Decodes a body.
    ///
    /// # Errors
    /// When the bytes are too many or no body.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode(bytes, BODY_MAX)
    }
}
