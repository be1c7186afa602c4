//! What an engine needs to know at its start.

use crate::Peer;
use bytes::Bytes;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What all nodes of a network agree on before the first block, as far as the engine is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    /// Separates this network's consensus signatures from every other's: the chain id, in bytes.
    pub namespace: Vec<u8>,
    /// Every node that consensus may seat, ascending.
    pub validators: Vec<Peer>,
    /// What the ceremony or the dealer made public (`feldman_desmedt::Output<MinSig, ed25519::PublicKey>`, encoded).
    pub output: Bytes,
    /// Blocks in an epoch.
    pub epoch_blocks: u64,
    /// Chain time of genesis, in milliseconds since the Unix epoch.
    pub genesis_time_ms: u64,
    /// The most that one block may add to chain time, in milliseconds.
    pub step_max_ms: u64,
}

/// How long a node waits for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Until a leader that proposes nothing is passed over. More than the block interval of an idle network.
    pub leader_timeout: Duration,
    /// Until a proposal that gathers no quorum is passed over.
    pub certification_timeout: Duration,
    /// The shortest time between two blocks on average: the rate limits of the consensus channels follow from it.
    pub block_interval_min: Duration,
}

/// Where a node is on the network. Unused by the simulated engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Where to listen for peers.
    pub listen: SocketAddr,
    /// Where peers reach this node.
    pub dialable: SocketAddr,
    /// The nodes to dial first.
    pub bootstrappers: Vec<(Peer, SocketAddr)>,
    /// The nodes that take part without being seated, such as provers that are not validators.
    pub secondary: Vec<Peer>,
    /// Whether private and loopback addresses are accepted: for networks on one machine.
    pub allow_private: bool,
}

/// Everything an engine needs to start.
#[derive(Clone)]
pub struct Config {
    /// What is agreed on.
    pub committee: Committee,
    /// How long to wait.
    pub pace: Pace,
    /// Where this node is.
    pub network: Network,
    /// The secret Ed25519 key of this node, 32 bytes.
    pub secret: [u8; 32],
    /// This node's share of the group key at genesis (`group::Share`, encoded), if it was dealt one. It is taken into the
    /// engine's own store at the first start and not looked at afterwards.
    pub share: Option<Bytes>,
    /// The folder, or under simulation the prefix, of everything the engine keeps.
    pub storage: PathBuf,
    /// Worker threads of the engine's runtime.
    pub threads: usize,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("committee", &self.committee)
            .field("network", &self.network)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// A group key and its shares, made by one party that knew them all: for networks on one machine only.
#[derive(Clone)]
pub struct Dealt {
    /// As [`Committee::output`].
    pub output: Bytes,
    /// The group's public key (BLS12-381 G2, compressed, 96 bytes).
    pub group_key: [u8; 96],
    /// One share for each validator, as [`Config::share`].
    pub shares: Vec<(Peer, Bytes)>,
}
