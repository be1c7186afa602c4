//! Who takes part: keys, genesis and the shares of the group key, all from the seed.

use crate::seed::Seed;
use bytes::Bytes;
use std::sync::Arc;
use types::{
    AccountId, Amount, ChainId, ChainTime, CodecError, Data, Genesis, List, Millis, Params, Resources, SecretKey, Text,
    VerdictSecret,
    beacon::GroupKey,
    genesis::{Ceremony, GenesisAccount, GenesisError, GenesisProver, GenesisValidator, PeerId},
    verdict::VerdictSignature,
};

/// Chain time of genesis, in milliseconds since the Unix epoch.
const GENESIS_MS: u64 = 1_800_000_000_000;
/// What the user begins with.
const FUNDS: Amount = Amount(1_000_000_000_000_000);

/// One node: validator and prover at once, each with its own key.
pub struct NodeKeys {
    /// Its Ed25519 secret as a node.
    pub secret: [u8; 32],
    /// Its share of the group key.
    pub share: Option<Bytes>,
    /// Where its fees go.
    pub validator: AccountId,
    /// Its prover.
    pub prover: replica::ProverKeys,
}

/// Why there is no such network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The group key could not be dealt.
    #[error("the group key: {0}")]
    Deal(String),
    /// The genesis is none.
    #[error("the genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// There are too many nodes.
    #[error("the nodes: {0}")]
    Nodes(#[from] CodecError),
}

/// A network before its first block.
pub struct Network {
    /// What everybody agrees on.
    pub genesis: Arc<Genesis>,
    /// The chain.
    pub chain: ChainId,
    /// Its nodes.
    pub nodes: Vec<NodeKeys>,
    /// A funded user.
    pub user: SecretKey,
}

/// The parameters of simulated networks: as by default, with an allowance for moving inputs that outlasts a crash, and epochs
/// short enough to end within a simulation.
fn params() -> Params {
    Params { epoch_blocks: 128, transfer_base: Millis(20_000), ..Params::default() }
}

/// A secret key for one purpose.
fn secret(seed: Seed, what: &str, index: u64) -> SecretKey {
    SecretKey::from_bytes(&seed.bytes(what, index)).expect("any 32 bytes are a secret key")
}

impl NodeKeys {
    fn new(seed: Seed, index: u64) -> Self {
        let verdict = VerdictSecret::derive(&seed.bytes("verdict", index)).expect("a key within 256 tries");
        Self {
            secret: seed.bytes("node", index),
            share: None,
            validator: secret(seed, "validator", index).account(),
            prover: replica::ProverKeys { account: secret(seed, "prover", index), verdict },
        }
    }

    /// Its key as a node.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        PeerId(engine::public_key(self.secret))
    }
}

impl Network {
    /// A network of as many nodes as `cpus` names, each with so many cores to prove on.
    ///
    /// # Errors
    /// When that is no network.
    pub fn new(seed: Seed, cpus: &[u32]) -> Result<Self, NetworkError> {
        let mut nodes: Vec<NodeKeys> = (0..cpus.len() as u64).map(|index| NodeKeys::new(seed, index)).collect();
        let mut peers: Vec<[u8; 32]> = nodes.iter().map(|node| node.peer().0).collect();
        peers.sort_unstable();
        let dealt =
            engine::deal(seed.bytes("deal", 0), &peers).map_err(|error| NetworkError::Deal(error.to_string()))?;
        for node in &mut nodes {
            let peer = node.peer().0;
            node.share = dealt.shares.iter().find(|(holder, _)| *holder == peer).map(|(_, share)| share.clone());
        }
        let user = secret(seed, "user", 0);
        let mut genesis = genesis(&nodes, cpus, user.account(), &dealt)?;
        let chain = genesis.chain();
        possess(&mut genesis, &nodes, chain);
        genesis.check()?;
        Ok(Self { genesis: Arc::new(genesis), chain, nodes, user })
    }
}

fn genesis(nodes: &[NodeKeys], cpus: &[u32], user: AccountId, dealt: &ports::Dealt) -> Result<Genesis, NetworkError> {
    let mut validators: Vec<_> = nodes.iter().map(validator).collect();
    validators.sort_by_key(|validator| validator.peer);
    let mut provers: Vec<_> = nodes.iter().zip(cpus).map(|(node, cpus)| prover(node, *cpus)).collect();
    provers.sort_by_key(|prover| prover.account);
    Ok(Genesis {
        name: Text::truncated("simulation"),
        time: ChainTime(GENESIS_MS),
        params: Params { provers_min: (nodes.len() as u64).min(4), ..params() },
        validators: List::new(validators)?,
        provers: List::new(provers)?,
        accounts: List::new(vec![GenesisAccount { account: user, balance: FUNDS }])?,
        ceremony: Ceremony::Dealt,
        group_key: GroupKey(dealt.group_key),
        output: Data::new(dealt.output.to_vec())?,
        verifier: Text::truncated("toy"),
    })
}

fn validator(node: &NodeKeys) -> GenesisValidator {
    GenesisValidator { peer: node.peer(), account: node.validator, address: Text::truncated("simulated:0") }
}

fn prover(node: &NodeKeys, cpus: u32) -> GenesisProver {
    GenesisProver {
        account: node.prover.account.account(),
        key: node.prover.verdict.public(),
        possession: VerdictSignature([0; 48]),
        capacity: Resources { cpus, memory_mib: 1024 * cpus, disk_mib: 1024 * cpus, gpus: 0 },
    }
}

/// Puts in the proofs of possession, which are bound to the chain.
fn possess(genesis: &mut Genesis, nodes: &[NodeKeys], chain: ChainId) {
    for entry in genesis.provers.iter_mut() {
        let node = nodes.iter().find(|node| node.prover.account.account() == entry.account);
        if let Some(node) = node {
            entry.possession = node.prover.verdict.prove_possession(chain, entry.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_follows_from_its_seed() {
        let one = Network::new(Seed(1), &[4; 4]).expect("network");
        assert_eq!(one.chain, Network::new(Seed(1), &[4; 4]).expect("network").chain);
        assert_ne!(one.chain, Network::new(Seed(2), &[4; 4]).expect("network").chain);
        assert!(one.nodes.iter().all(|node| node.share.is_some()));
        assert!(Network::new(Seed(1), &[]).is_err());
    }
}
