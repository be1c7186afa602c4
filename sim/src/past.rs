//! What is known of a network: the last state that was read, and what its blocks did so far.

use crate::{errands::Errands, network::Network, snapshot::Snapshot};
use ports::Peer;
use std::{collections::BTreeMap, sync::Arc};
use types::{
    AccountId, Amount, ChainEvent, Genesis, Workload, WorkloadId,
    genesis::PeerId,
    record::{Movement, Prover},
};

/// What is known of a network.
pub struct Past {
    genesis: Arc<Genesis>,
    peers: Vec<PeerId>,
    /// The provers, by node.
    pub provers: Vec<AccountId>,
    /// The users.
    pub users: Vec<AccountId>,
    /// The workloads that runs become, by their names.
    pub names: BTreeMap<String, WorkloadId>,
    /// The highest state that was read of any node.
    pub last: Option<Snapshot>,
    /// Who sat in which epoch, as the engine said.
    pub committees: BTreeMap<u64, Vec<Peer>>,
    /// What blocks did, in order.
    pub events: Vec<ChainEvent>,
    /// How blocks that slashed somebody moved money.
    pub movements: Vec<Movement>,
}

impl Past {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(network: &Network, errands: &Errands) -> Self {
        Self {
            genesis: network.genesis.clone(),
            peers: network.nodes.iter().map(crate::network::NodeKeys::peer).collect(),
            provers: network.nodes.iter().map(|node| node.prover.account.account()).collect(),
            users: network.users.iter().map(types::SecretKey::account).collect(),
            names: errands.names().clone(),
            last: None,
            committees: BTreeMap::new(),
            events: Vec::new(),
            movements: Vec::new(),
        }
    }

    /// A run, once it is a workload.
    #[must_use]
    pub fn run(&self, name: &str) -> Option<&Workload> {
        self.last.as_ref()?.workloads.get(self.names.get(name)?)
    }

    /// All runs.
    pub fn runs(&self) -> impl Iterator<Item = Option<&Workload>> {
        self.names.keys().map(|name| self.run(name))
    }

    /// The prover of a node, once it is registered.
    #[must_use]
    pub fn prover(&self, node: usize) -> Option<&Prover> {
        self.last.as_ref()?.provers.iter().find(|prover| prover.account == self.provers[node])
    }

    /// Whether a node was named for the present epoch.
    #[must_use]
    pub fn is_seated(&self, node: usize) -> Option<bool> {
        Some(self.last.as_ref()?.signing(&self.genesis).contains(&self.peers[node]))
    }

    /// Whether a node signs in the present epoch: those who were named for it, unless no shares could be handed on to them.
    #[must_use]
    pub fn signs(&self, node: usize) -> Option<bool> {
        let committee = self.committees.get(&self.last.as_ref()?.meta.epoch)?;
        Some(committee.contains(&self.peers[node].0))
    }

    /// The compute price of every epoch so far.
    #[must_use]
    pub fn prices(&self) -> Vec<Amount> {
        let later = self.events.iter().filter_map(|event| match event {
            ChainEvent::Epoch { compute_price, .. } => Some(*compute_price),
            _ => None,
        });
        [self.genesis.params.compute_price].into_iter().chain(later).collect()
    }
}
