//! Who takes part: keys, genesis and the shares of the group key, all from the seed.

use crate::{
    scenario::{NodePlan, Scenario, Who},
    seed::Seed,
    toy::{self, Kind},
};
use bytes::Bytes;
use std::sync::Arc;
use types::{
    AccountId, Amount, ChainId, ChainTime, CodecError, Data, Genesis, List, Millis, Program, Resources, SecretKey,
    Text, VerdictSecret,
    beacon::GroupKey,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisError, GenesisProver, GenesisValidator, PeerId, seats},
    verdict::VerdictSignature,
};

/// Chain time of genesis, in milliseconds since the Unix epoch.
const GENESIS_MS: u64 = 1_800_000_000_000;
/// What everybody begins with.
const FUNDS: Amount = Amount(1_000_000_000_000_000);
/// How long a test of capacity may compute.
const TEST_MAX: Millis = Millis(4_000);

/// One node: validator and prover at once, each with its own key.
pub struct NodeKeys {
    /// Its Ed25519 secret as a node.
    pub secret: [u8; 32],
    /// Its share of the group key, if it is seated from the first block on.
    pub share: Option<Bytes>,
    /// Signs for its validator, whose fees go there.
    pub validator: SecretKey,
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
    /// Its users.
    pub users: Vec<SecretKey>,
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
            validator: secret(seed, "validator", index),
            prover: replica::ProverKeys { account: secret(seed, "prover", index), verdict },
        }
    }

    /// Its key as a node.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        PeerId(engine::public_key(self.secret))
    }
}

/// The program that tests capacity: every node has its artifacts from the start.
#[must_use]
pub fn test_program() -> Program {
    toy::program("capacity test", Kind::Proves)
}

impl Network {
    /// The network of a scenario.
    ///
    /// # Errors
    /// When that is no network.
    pub fn new(seed: Seed, scenario: &Scenario) -> Result<Self, NetworkError> {
        let mut nodes: Vec<NodeKeys> =
            (0..scenario.nodes.len() as u64).map(|index| NodeKeys::new(seed, index)).collect();
        let users = scenario.steps.iter().map(|step| if let Who::User(user) = step.who { user } else { 0 });
        let users: Vec<_> = (0..=users.max().unwrap_or(0) as u64).map(|index| secret(seed, "user", index)).collect();
        let validators = validators(&nodes, &scenario.nodes);
        // Who sits first has a share; others get theirs when they are seated.
        let bonds = validators.iter().map(|validator| (validator.bond, validator.peer));
        let seats: Vec<_> = seats(&scenario.params, bonds).into_iter().map(|peer| peer.0).collect();
        let dealt =
            engine::deal(seed.bytes("deal", 0), &seats).map_err(|error| NetworkError::Deal(error.to_string()))?;
        for node in &mut nodes {
            let peer = node.peer().0;
            node.share = dealt.shares.iter().find(|(holder, _)| *holder == peer).map(|(_, share)| share.clone());
        }
        let mut genesis = Genesis {
            name: Text::truncated("simulation"),
            time: ChainTime(GENESIS_MS),
            params: scenario.params.clone(),
            capacity_test: CapacityTest { program: test_program(), compute_max: TEST_MAX },
            validators: List::new(validators)?,
            provers: List::new(provers(&nodes, &scenario.nodes))?,
            accounts: List::new(accounts(&nodes, &users))?,
            ceremony: Ceremony::Dealt,
            group_key: GroupKey(dealt.group_key),
            output: Data::new(dealt.output.to_vec())?,
            verifier: Text::truncated("toy"),
        };
        let chain = genesis.chain();
        possess(&mut genesis, &nodes, chain);
        genesis.check()?;
        Ok(Self { genesis: Arc::new(genesis), chain, nodes, users })
    }

    /// The key of somebody.
    #[must_use]
    pub fn secret(&self, who: Who) -> &SecretKey {
        match who {
            Who::User(user) => &self.users[user],
            Who::Prover(node) => &self.nodes[node].prover.account,
            Who::Validator(node) => &self.nodes[node].validator,
        }
    }
}

fn validators(nodes: &[NodeKeys], plans: &[NodePlan]) -> Vec<GenesisValidator> {
    let validator = |(node, plan): (&NodeKeys, &NodePlan)| GenesisValidator {
        peer: node.peer(),
        account: node.validator.account(),
        address: Text::truncated("simulated:0"),
        bond: plan.bond,
    };
    let mut validators: Vec<_> = nodes.iter().zip(plans).map(validator).collect();
    validators.sort_by_key(|validator| validator.peer);
    validators
}

fn provers(nodes: &[NodeKeys], plans: &[NodePlan]) -> Vec<GenesisProver> {
    let prover = |(node, plan): (&NodeKeys, &NodePlan)| GenesisProver {
        account: node.prover.account.account(),
        key: node.prover.verdict.public(),
        possession: VerdictSignature([0; 48]),
        capacity: capacity(plan.cpus),
        address: Text::default(),
    };
    let first = nodes.iter().zip(plans).filter(|(_, plan)| plan.is_prover);
    let mut provers: Vec<_> = first.map(prover).collect();
    provers.sort_by_key(|prover| prover.account);
    provers
}

/// What a prover with so many cores has.
#[must_use]
pub const fn capacity(cpus: u32) -> Resources {
    Resources {
        cpus,
        memory_mib: 1024 * cpus,
        disk_mib: 1024 * cpus,
        gpus: 0,
        gpu_class: 0,
        runtimes: types::Runtimes::NONE,
    }
}

fn accounts(nodes: &[NodeKeys], users: &[SecretKey]) -> Vec<GenesisAccount> {
    let own = nodes.iter().flat_map(|node| [&node.validator, &node.prover.account]);
    let funded = |secret: &SecretKey| GenesisAccount { account: secret.account(), balance: FUNDS };
    let mut accounts: Vec<_> = users.iter().chain(own).map(funded).collect();
    accounts.sort_by_key(|entry| entry.account);
    accounts
}

/// Puts in the proofs of possession, which are bound to the chain.
fn possess(genesis: &mut Genesis, nodes: &[NodeKeys], chain: ChainId) {
    let of = |account: AccountId| nodes.iter().find(|node| node.prover.account.account() == account);
    for entry in genesis.provers.iter_mut() {
        if let Some(node) = of(entry.account) {
            entry.possession = node.prover.verdict.prove_possession(chain, entry.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario, weather::Weather};

    #[test]
    fn a_network_follows_from_its_seed() {
        let network = |seed| Network::new(Seed(seed), &Weather::Calm.scenario(0, 4, 1)).expect("network");
        let one = network(1);
        assert_eq!(one.chain, network(1).chain);
        assert_ne!(one.chain, network(2).chain);
        assert!(one.nodes.iter().all(|node| node.share.is_some()));
        assert!(Network::new(Seed(1), &Weather::Calm.scenario(0, 0, 1)).is_err());
    }

    #[test]
    fn who_has_no_seat_has_no_share() {
        let text = "Given 6 nodes with 2 cores each.\nGiven seats is 4.\nGiven node 2 has a bond of 1500 LEM.\n\
            Given node 5 has a bond of 1500 LEM.";
        let network = Network::new(Seed(1), &scenario::read("sample", text).expect("a scenario")).expect("network");
        let without: Vec<_> = (0..6).filter(|node| network.nodes[*node].share.is_none()).collect();
        assert_eq!(without, [2, 5]);
    }
}
