//! The chain and one node of it.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::{AccountId, ChainId, WorkloadId, beacon::GroupKey, genesis::PeerId};
use utoipa::ToSchema;

/// How the chain and this node fare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The chain: the hash of its genesis.
    #[schema(value_type = schema::Id)]
    pub chain: ChainId,
    /// The network's name, for people.
    pub name: String,
    /// The last block that this node applied.
    pub height: u64,
    /// Its chain time.
    pub time_ms: u64,
    /// Its hash.
    #[schema(value_type = schema::Id)]
    pub hash: String,
    /// The state's root after it.
    #[schema(value_type = schema::Id)]
    pub state_root: String,
    /// The present epoch.
    pub epoch: u64,
    /// The last block that this node's lists are answered from.
    pub index_height: u64,
    /// Connected peers.
    pub peers: u32,
    /// This node's key.
    #[schema(value_type = schema::Id)]
    pub node: PeerId,
    /// The account of this node's prover, if it has one.
    #[schema(value_type = Option<schema::Id>)]
    pub prover: Option<AccountId>,
    /// How much of this node's room for programs is taken, if it has a prover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<ProgramRoom>,
    /// Whether this node's prover stopped taking workloads by itself, if it has a prover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// The key with which every receipt of this chain is verified: 96 bytes.
    #[schema(value_type = schema::Hex)]
    pub group_key: GroupKey,
    /// What this node runs.
    pub versions: Versions,
}

/// Room for programs on one node: attempts wait for their turn while less than they need is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgramRoom {
    /// Attempts that run.
    pub running: u32,
    /// Attempts that wait for room.
    pub waiting: u32,
    /// Cores that those that run asked for.
    pub cores_taken: u32,
    /// Cores that programs may take together.
    pub cores: u32,
    /// Memory that those that run may take, in MiB. The files of Linux programs lie in it too.
    pub memory_taken_mib: u64,
    /// Memory that programs may take together, in MiB: what the machine has, less what is left to the node.
    pub memory_mib: u64,
}

/// The circuit breaker of one node's prover: after so many failures by its own fault in a row it takes no new workloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Breaker {
    /// Whether it is open: no new workloads, and what is held is finished.
    pub open: bool,
    /// Since which chain time.
    pub since_ms: Option<u64>,
    /// Failures in a row while it is closed.
    pub failures: u64,
    /// How many open it; 0 if none do.
    pub failures_max: u32,
    /// The failures that opened it.
    pub by: Vec<OwnFailure>,
}

/// Something that a prover alone is to blame for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnFailure {
    /// `host`, `missed`, `rejected`, `unavailable` or `refuted`.
    pub what: String,
    /// At which workload.
    #[schema(value_type = schema::Id)]
    pub workload: WorkloadId,
    /// When, by chain time.
    pub time_ms: u64,
}

/// Versions of what a node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    /// The node.
    pub node: String,
    /// The API.
    pub api: String,
    /// The verifier's engine and fuel schedule, as genesis fixes it.
    pub verifier: String,
}

/// Whether a node is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The last block that this node applied.
    pub height: u64,
    /// Connected peers.
    pub peers: u32,
}

/// What a node logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLevel {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,engine=debug`.
    pub log: String,
}
