//! A network on one machine: its genesis, and a folder with configuration and keys for each node.
//!
//! One party, this one, makes all keys and deals the shares of the group key, and could forge everything. The genesis says so
//! (`ceremony = dealt`), and so does everything that prints it.

mod config;
mod folder;
mod keys;

pub use folder::{Folder, Place};

use crate::{
    artifacts::{self, artifact},
    files,
};
use anyhow::Context as _;
use executor::{NativeExecutor, NativeSettings};
use keys::{NodeKeys, UserKey};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    time::SystemTime,
};
use types::{
    Amount, ChainTime, Data, Genesis, List, Millis, Params, Program, Resources, Runtime, Runtimes, Text,
    amount::UNITS_PER_LEM,
    beacon::GroupKey,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, seats},
    verdict::VerdictSignature,
};

/// The port of the first node's API, unless told.
pub const BASE_PORT: u16 = 26_600;
/// How much higher the ports for peers are.
const PEER_PORTS: u16 = 100;
/// What the user's account holds at the beginning.
const FUNDS: Amount = Amount(1_000_000 * UNITS_PER_LEM);
/// What each node's account holds at the beginning: for the fees of what its prover asks of the chain, and for more bond.
const NODE_FUNDS: Amount = Amount(1_000 * UNITS_PER_LEM);
/// What each validator stands behind its seat with.
const SEAT_BOND: Amount = Amount(10_000 * UNITS_PER_LEM);

/// What a network on one machine is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// The ports of its nodes.
    pub ports: Vec<Ports>,
    /// What each prover has.
    pub capacity: Resources,
    /// The parameters.
    pub params: Params,
}

/// The ports of one node, on the loopback address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Of its API.
    pub api: u16,
    /// For its peers.
    pub peers: u16,
}

impl Plan {
    /// Ports in a row from `base`.
    ///
    /// # Errors
    /// When there are not so many ports.
    pub fn on_ports(name: String, nodes: u16, base: u16) -> anyhow::Result<Self> {
        let last = base.checked_add(PEER_PORTS).and_then(|port| port.checked_add(nodes));
        last.with_context(|| format!("there are no {nodes} ports from {base}"))?;
        anyhow::ensure!(nodes <= PEER_PORTS, "at most {PEER_PORTS} nodes have room between the ports");
        let ports = (0..nodes).map(|i| Ports { api: base + i, peers: base + PEER_PORTS + i }).collect();
        Ok(Self::with(name, ports))
    }

    /// Ports that are free now.
    ///
    /// # Errors
    /// When there are none.
    pub fn on_free_ports(name: String, nodes: u16) -> anyhow::Result<Self> {
        // All are held until the last is found, so that none is named twice.
        let listeners: Vec<TcpListener> =
            (0..2 * nodes).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
        let found: Vec<u16> =
            listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect::<std::io::Result<_>>()?;
        let ports = found.chunks_exact(2).map(|pair| Ports { api: pair[0], peers: pair[1] }).collect();
        Ok(Self::with(name, ports))
    }

    fn with(name: String, ports: Vec<Ports>) -> Self {
        let runtimes = offered();
        let capacity = Resources { cpus: 2, memory_mib: 4_096, disk_mib: 4_096, gpus: 0, gpu_class: 0, runtimes };
        Self { name, ports, capacity, params: Params::default() }
    }
}

/// The runtimes besides WebAssembly that this machine has: Linux programs, if a sandbox really held one.
fn offered() -> Runtimes {
    let tried = tempfile::tempdir().and_then(|dir| {
        let native = NativeExecutor::new(dir.path(), NativeSettings::default())?;
        native.probe().map_err(std::io::Error::other)
    });
    tried.map_or(Runtimes::NONE, |_| Runtime::LinuxX86_64.into())
}

impl Ports {
    /// Where its API is.
    #[must_use]
    pub fn api(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.api).into()
    }

    /// Where its peers find it.
    #[must_use]
    pub fn peers(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.peers).into()
    }
}

/// Makes a network and writes it into a folder, which must not hold one.
///
/// # Errors
/// When the folder cannot be made or written, or there is no randomness.
pub fn create(dir: &Path, plan: &Plan) -> anyhow::Result<Genesis> {
    let nodes: Vec<NodeKeys> = plan.ports.iter().map(|_| NodeKeys::new()).collect::<Result<_, _>>()?;
    let user = UserKey::new()?;
    let bonds = nodes.iter().map(|node| (SEAT_BOND, node.peer));
    let peers: Vec<ports::Peer> = seats(&plan.params, bonds).into_iter().map(|peer| peer.0).collect();
    let dealt = engine::deal(files::random_bytes()?, &peers)?;
    let genesis = genesis(plan, &nodes, &user, &dealt)?;
    genesis.check().context("the genesis that was made does not hold: a fault of this program")?;
    folder::write(dir, plan, &genesis, &nodes, &user, &dealt)?;
    Ok(genesis)
}

fn genesis(plan: &Plan, nodes: &[NodeKeys], user: &UserKey, dealt: &ports::Dealt) -> anyhow::Result<Genesis> {
    let mut genesis = Genesis {
        name: Text::new(plan.name.as_str())?,
        time: now()?,
        params: plan.params.clone(),
        capacity_test: capacity_test()?,
        validators: List::new(validators(plan, nodes)?)?,
        provers: List::new(provers(plan, nodes)?)?,
        accounts: List::new(accounts(nodes, user))?,
        ceremony: Ceremony::Dealt,
        group_key: GroupKey(dealt.group_key),
        output: Data::new(dealt.output.to_vec())?,
        verifier: Text::new(executor::wasm::engine::VERIFIER_ENGINE)?,
    };
    prove_possession(&mut genesis, nodes);
    Ok(genesis)
}

fn now() -> anyhow::Result<ChainTime> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(ChainTime(u64::try_from(since.as_millis())?))
}

fn validators(plan: &Plan, nodes: &[NodeKeys]) -> anyhow::Result<Vec<GenesisValidator>> {
    let validator = |(node, ports): (&NodeKeys, &Ports)| {
        let address = Text::new(ports.peers().to_string())?;
        Ok(GenesisValidator { peer: node.peer, account: node.prover, address, bond: SEAT_BOND })
    };
    let mut all: Vec<_> = nodes.iter().zip(&plan.ports).map(validator).collect::<anyhow::Result<_>>()?;
    all.sort_unstable_by_key(|validator| validator.peer);
    Ok(all)
}

fn provers(plan: &Plan, nodes: &[NodeKeys]) -> anyhow::Result<Vec<GenesisProver>> {
    let prover = |(node, ports): (&NodeKeys, &Ports)| {
        let (account, key, possession) = (node.prover, node.verdict.public(), VerdictSignature([0; 48]));
        let address = Text::new(format!("http://{}", ports.api()))?;
        Ok(GenesisProver { account, key, possession, capacity: plan.capacity, address })
    };
    let mut all: Vec<_> = nodes.iter().zip(&plan.ports).map(prover).collect::<anyhow::Result<_>>()?;
    all.sort_unstable_by_key(|prover| prover.account);
    Ok(all)
}

fn accounts(nodes: &[NodeKeys], user: &UserKey) -> Vec<GenesisAccount> {
    let node = |node: &NodeKeys| GenesisAccount { account: node.prover, balance: NODE_FUNDS };
    let user = GenesisAccount { account: user.account, balance: FUNDS };
    let mut all: Vec<_> = nodes.iter().map(node).chain([user]).collect();
    all.sort_unstable_by_key(|entry| entry.account);
    all
}

/// The program that is built into every node.
fn capacity_test() -> anyhow::Result<CapacityTest> {
    let program = Program {
        name: Text::new("capacity")?,
        proof_system: Text::new(artifacts::capacity::PROOF_SYSTEM)?,
        runtime: Runtime::Wasm,
        prover: artifact(artifacts::capacity::PROVER),
        verifier: artifact(artifacts::capacity::VERIFIER),
        fuel_limit: artifacts::capacity::FUEL_LIMIT,
    };
    Ok(CapacityTest { program, compute_max: Millis(artifacts::capacity::COMPUTE_MAX_MS) })
}

/// The proofs are bound to the chain id, which is the hash of all the rest.
fn prove_possession(genesis: &mut Genesis, nodes: &[NodeKeys]) {
    let chain = genesis.chain();
    for prover in genesis.provers.iter_mut() {
        for node in nodes.iter().filter(|node| node.prover == prover.account) {
            prover.possession = node.verdict.prove_possession(chain, node.prover);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_once_and_read_back() {
        let dir = tempfile::tempdir().expect("folder");
        let dir = dir.path().join("net");
        let plan = Plan::on_free_ports("test".to_owned(), 4).expect("ports");
        let genesis = create(&dir, &plan).expect("made");
        assert_eq!(genesis.ceremony, Ceremony::Dealt);
        let folder = Folder::open(&dir).expect("read");
        assert_eq!(folder.genesis.chain(), genesis.chain());
        assert_eq!(folder.places.len(), 4);
        assert!(genesis.validators.iter().all(|it| it.bond == SEAT_BOND));
        assert_eq!(genesis.first_seats().len(), 4, "every node is seated: the shares are dealt to all of them");
        for place in &folder.places {
            assert!(genesis.provers.iter().any(|prover| *prover.address == *place.url()), "{}", place.url());
        }
        let test = &genesis.capacity_test.program;
        let built_in: Vec<_> = artifacts::BUILTIN.iter().map(|bytes| artifact(bytes)).collect();
        assert!(built_in.contains(&test.prover) && built_in.contains(&test.verifier));
        let ports: Vec<u16> = folder.places.iter().map(|place| place.api.port()).collect();
        assert_eq!(ports, plan.ports.iter().map(|ports| ports.api).collect::<Vec<_>>());
        assert!(create(&dir, &plan).is_err(), "a network is never overwritten");
    }

    #[test]
    fn ports_come_in_a_row_or_are_refused() {
        let plan = Plan::on_ports("test".to_owned(), 4, 5_000).expect("ports");
        assert_eq!(plan.ports[3], Ports { api: 5_003, peers: 5_103 });
        assert!(Plan::on_ports("test".to_owned(), 4, 65_500).is_err());
    }
}
