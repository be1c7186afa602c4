//! Scripted people: users, provers and validators who do by transactions what a scenario says. They hand a transaction to a
//! random node, and send again what is not in a block.

use crate::{
    host::SimHost,
    network::{Network, capacity},
    past::Past,
    scenario::{Deed, Scenario, When, Who},
    seed::Seed,
    toy::{self, Kind},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use types::{
    Amount, BlobId, Call, Data, Height, Input, InputRole, InputSource, List, Millis, Resources, Run, Signed, Text,
    Transaction, WorkloadId,
    registry::{Change, ProverUpdate, Registration},
    transaction::SignedTransaction,
};

/// When deployments begin.
const BEGIN: Duration = Duration::from_millis(500);
/// How long somebody waits for a transaction before sending it again.
const AGAIN: Duration = Duration::from_secs(4);
/// The longest a run may compute.
const COMPUTE_MAX: Millis = Millis(6_000);

/// A transaction that somebody wants in a block.
struct Errand {
    when: When,
    transaction: SignedTransaction,
    told: Option<Duration>,
}

/// Everybody's transactions.
pub struct Errands {
    seed: Seed,
    by: BTreeMap<Who, Vec<Errand>>,
    /// How many of the first user's deploy programs: nothing else is sent before those are in blocks.
    deploys: usize,
    names: BTreeMap<String, WorkloadId>,
    tests: Vec<WorkloadId>,
    /// The blobs of programs and inputs.
    uploads: Vec<Vec<u8>>,
    uploaded: bool,
    tokens: u64,
}

/// The blobs and inputs of a run: a statement inline, another by blob, and a witness by blob.
fn inputs(seed: Seed, run: u64) -> (List<Input, { types::limits::INPUTS_MAX }>, Vec<Vec<u8>>) {
    let blob = |what, length: usize| seed.bytes(what, run).repeat(length.div_ceil(32));
    let (statement, witness) = (blob("statement", 3_000), blob("witness", 300_000));
    let by_blob = |bytes: &[u8]| InputSource::Blob { blob: BlobId::of(bytes), size: bytes.len() as u64 };
    let inline = InputSource::Inline(Data::new(blob("inline", 64)).expect("short"));
    let inputs = [
        (InputRole::Statement, inline),
        (InputRole::Witness, by_blob(&witness)),
        (InputRole::Statement, by_blob(&statement)),
    ];
    let inputs = inputs.into_iter().map(|(role, source)| Input { role, source }).collect();
    (List::truncated(inputs), vec![statement, witness])
}

fn program(kind: Kind) -> types::Program {
    toy::program("toy", kind)
}

impl Errands {
    /// Everything that a scenario wants done.
    #[must_use]
    pub fn new(seed: Seed, scenario: &Scenario, network: &Network) -> Self {
        let mut errands = Self {
            seed,
            by: BTreeMap::new(),
            deploys: 0,
            names: BTreeMap::new(),
            tests: Vec::new(),
            uploads: vec![toy::verifier()],
            uploaded: false,
            tokens: 0,
        };
        let kinds =
            |step: &crate::scenario::Step| if let Deed::Run { kind, .. } = step.deed { Some(kind) } else { None };
        for kind in scenario.steps.iter().filter_map(kinds).collect::<BTreeSet<_>>() {
            errands.deploys += 1;
            errands.uploads.push(kind.artifact());
            errands.write(network, Who::User(0), When::At(BEGIN), Call::Deploy(program(kind)));
        }
        for step in &scenario.steps {
            errands.plan(network, step.who, step.when.clone(), &step.deed);
        }
        errands
    }

    fn plan(&mut self, network: &Network, who: Who, when: When, deed: &Deed) {
        let call = self.call(network, who, deed);
        let id = self.write(network, who, when, call);
        match deed {
            Deed::Run { name, .. } => {
                self.names.insert(name.clone(), id);
            }
            Deed::Register(_) | Deed::Declare(_) => self.tests.push(id),
            _ => {}
        }
    }

    fn call(&mut self, network: &Network, who: Who, deed: &Deed) -> Call {
        match deed {
            Deed::Run { kind, cpus, .. } => Call::Run(self.run(*kind, *cpus)),
            Deed::Cancel { name } => Call::Cancel { workload: self.names[name] },
            Deed::Drain(drain) => Call::Update(ProverUpdate { drain: Some(*drain), ..ProverUpdate::default() }),
            Deed::Declare(cpus) => {
                Call::Update(ProverUpdate { capacity: Some(capacity(*cpus)), ..ProverUpdate::default() })
            }
            Deed::Register(cpus) => Call::Register(Box::new(registration(network, who, *cpus))),
            Deed::Bond(role, amount) => Call::Bond { role: *role, amount: *amount },
            Deed::Unbond(role, amount) => Call::Unbond { role: *role, amount: *amount },
            Deed::Return => Call::Return,
            Deed::Vote { parameter, value } => {
                Call::Vote(List::truncated(vec![Change { parameter: Text::truncated(parameter), value: *value }]))
            }
        }
    }

    fn run(&mut self, kind: Kind, cpus: u32) -> Run {
        let (inputs, blobs) = inputs(self.seed, self.names.len() as u64);
        self.uploads.extend(blobs);
        Run {
            program: program(kind).id(),
            arguments: Data::default(),
            inputs,
            resources: Resources {
                cpus,
                memory_mib: 512 * cpus,
                disk_mib: 128 * cpus,
                gpus: 0,
                gpu_class: 0,
                ..Resources::default()
            },
            compute_max: COMPUTE_MAX,
            fee_max: Amount(1_000_000_000_000),
        }
    }

    /// Notes a transaction. Returns the workload that it may become.
    fn write(&mut self, network: &Network, who: Who, when: When, call: Call) -> WorkloadId {
        let (secret, errands) = (network.secret(who), self.by.entry(who).or_default());
        let value = Transaction {
            chain: network.chain,
            sender: secret.account(),
            nonce: errands.len() as u64,
            fee_limit: Amount(1_000_000_000),
            valid_until: Height(5_000),
            call,
        };
        let id = WorkloadId::from(value.id());
        errands.push(Errand { when, transaction: Signed::new(value, secret), told: None });
        id
    }

    /// The workloads that runs become, by their names.
    #[must_use]
    pub const fn names(&self) -> &BTreeMap<String, WorkloadId> {
        &self.names
    }

    /// The tests of capacity that there may be.
    #[must_use]
    pub fn tests(&self) -> &[WorkloadId] {
        &self.tests
    }

    /// Whether everything is in blocks.
    #[must_use]
    pub fn is_done(&self, past: &Past) -> bool {
        self.by.iter().all(|(_, errands)| nonce(past, errands) >= errands.len())
    }

    /// The first of everybody's transactions that is in no block, in words.
    #[must_use]
    pub fn missing(&self, past: &Past) -> Vec<String> {
        let first = |(who, errands): (&Who, &Vec<Errand>)| {
            let errand = errands.get(nonce(past, errands))?;
            Some(format!("{who:?} waits with a {}", errand.transaction.value.call.kind()))
        };
        self.by.iter().filter_map(first).collect()
    }

    /// Does what is to be done. `hosts` are those of the nodes that are up.
    pub fn act(&mut self, now: Duration, past: &Past, hosts: &[Arc<SimHost>]) {
        if past.last.is_none() || hosts.is_empty() || now < BEGIN {
            return;
        }
        if !std::mem::replace(&mut self.uploaded, true) {
            let host = self.pick("store", hosts);
            self.uploads.drain(..).for_each(|blob| host.upload(blob));
        }
        let deployed = self.by.get(&Who::User(0)).is_none_or(|errands| nonce(past, errands) >= self.deploys);
        for who in self.by.keys().copied().collect::<Vec<_>>() {
            let end = if deployed {
                usize::MAX
            } else if who == Who::User(0) {
                self.deploys
            } else {
                0
            };
            self.send(who, end, now, past, hosts);
        }
    }

    /// Sends what somebody's turn it is to send, up to the first thing that has to wait.
    fn send(&mut self, who: Who, end: usize, now: Duration, past: &Past, hosts: &[Arc<SimHost>]) {
        let errands = &self.by[&who];
        for index in nonce(past, errands)..errands.len().min(end) {
            let errand = &self.by[&who][index];
            let is_time = errand.told.is_some()
                || match &errand.when {
                    When::At(at) => *at <= now,
                    When::Once(facts) => facts.iter().all(|fact| fact.holds(past)),
                };
            if !is_time {
                return;
            }
            if errand.told.is_some_and(|told| now < told + AGAIN) {
                continue;
            }
            let (host, transaction) = (self.pick("target", hosts), errand.transaction.clone());
            if let Some(errand) = self.by.get_mut(&who).and_then(|errands| errands.get_mut(index)) {
                errand.told = Some(now);
            }
            self.tokens += 1;
            host.submit(self.tokens, transaction);
        }
    }

    fn pick(&self, what: &str, hosts: &[Arc<SimHost>]) -> Arc<SimHost> {
        hosts[self.seed.within(what, self.tokens, 0..hosts.len() as u64) as usize].clone()
    }
}

/// How many of somebody's transactions are in blocks.
fn nonce(past: &Past, errands: &[Errand]) -> usize {
    let sender = errands.first().map(|errand| errand.transaction.value.sender);
    let account = sender.and_then(|sender| past.last.as_ref()?.accounts.get(&sender));
    account.map_or(0, |account| account.nonce as usize)
}

fn registration(network: &Network, who: Who, cpus: u32) -> Registration {
    let Who::Prover(node) = who else { panic!("{who:?} is no prover") };
    let keys = &network.nodes[node].prover;
    let bond = network.genesis.params.bond_per_unit.times(cpus.into()).unwrap_or_default();
    Registration {
        key: keys.verdict.public(),
        possession: keys.verdict.prove_possession(network.chain, keys.account.account()),
        capacity: capacity(cpus),
        address: Text::default(),
        bond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weather::Weather;

    #[test]
    fn the_script_follows_from_the_seed() {
        let names = |seed| {
            let scenario = Weather::Calm.scenario(seed, 4, 3);
            let network = Network::new(Seed(seed), &scenario).expect("a network");
            Errands::new(Seed(seed), &scenario, &network).names
        };
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        assert_eq!(names(1).len(), 3);
    }
}
