//! Final blocks.

use crate::{Event, Transaction, schema};
use serde::{Deserialize, Serialize};
use types::genesis::PeerId;
use utoipa::ToSchema;

/// A final block in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockSummary {
    /// Blocks below it.
    pub height: u64,
    /// The hash of its header.
    #[schema(value_type = schema::Id)]
    pub hash: String,
    /// Its chain time.
    pub time_ms: u64,
    /// The validator that proposed it.
    #[schema(value_type = schema::Id)]
    pub leader: PeerId,
    /// How many transactions it holds.
    pub transactions: u64,
    /// How many events it caused.
    pub events: u64,
}

/// Blocks, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocks {
    /// The blocks.
    pub blocks: Vec<BlockSummary>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

/// A final block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// Blocks below it.
    pub height: u64,
    /// The hash of its header.
    #[schema(value_type = schema::Id)]
    pub hash: String,
    /// The hash of the block below.
    #[schema(value_type = schema::Id)]
    pub parent: String,
    /// Its chain time.
    pub time_ms: u64,
    /// The validator that proposed it.
    #[schema(value_type = schema::Id)]
    pub leader: PeerId,
    /// Epoch of the round in which it was proposed.
    pub epoch: u64,
    /// View of that round.
    pub view: u64,
    /// The root of the state after it.
    #[schema(value_type = schema::Id)]
    pub state_root: String,
    /// The hash of its body.
    #[schema(value_type = schema::Id)]
    pub body_hash: String,
    /// The size of its body in bytes.
    pub body_bytes: u64,
    /// The heights whose beacons it brings.
    pub beacons: Vec<u64>,
    /// How many messages of provers it holds.
    pub messages: u64,
    /// How many settlements it holds.
    pub settlements: u64,
    /// How many pieces of evidence it holds, those in transactions not counted.
    pub evidence: u64,
    /// How many heartbeats it holds.
    pub heartbeats: u64,
    /// Its transactions, in order.
    pub transactions: Vec<Transaction>,
    /// What it did, in order; none where this node does not remember.
    pub events: Option<Vec<Event>>,
}
