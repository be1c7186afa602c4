//! The world around the engines of a simulation: it makes members and hosts, lets people act, and checks every property at
//! intervals over the whole network.

use crate::{
    byzantine::{Censor, Habit, forked::Forked},
    errands::Errands,
    evidence,
    host::{Heard, SimHost, locked},
    network::{Network, test_program},
    past::Past,
    properties::{Agreement, Capacity, Conservation, Endings, Held, LivePages, Members, NextStep, Prices, Seats},
    scenario::Scenario,
    seed::Seed,
    snapshot::{Known, Snapshot},
    store::Store,
    toy::{self, Kind},
    witness::{Record, Witness, short, tell},
};
use engine_sim::{Checking, Crew, Verdict, View};
use ports::{Engine, Member, StateMachine};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use types::{
    ChainEvent, Height, Workload, WorkloadId, beacon::GroupKey, codec, genesis::GenesisError, limits::VALUE_MAX,
    record::Movements, state_key,
};

/// How far nodes may be apart at the end, in blocks.
const APART_MAX: u64 = 3;

/// The properties of the chain.
struct Laws {
    agreement: Agreement,
    conservation: Conservation,
    endings: Endings,
}

impl Laws {
    fn check(&mut self, node: usize, state: &Snapshot, seats: &Seats<'_>) -> Held {
        let held = self.agreement.found(node, state.meta.height.0, "state", state.digest);
        let held = held.and_then(|()| self.conservation.check(state)).and_then(|()| LivePages.check(state));
        let held = held.and_then(|()| NextStep.check(state)).and_then(|()| self.endings.check(state));
        let held = held.and_then(|()| Capacity.check(state)).and_then(|()| Members.check(state));
        let held = held.and_then(|()| seats.check(state));
        held.map_err(|wrong| format!("node {node} at height {}: {wrong}", state.meta.height))
    }
}

/// What outlives the crashes of a node.
#[derive(Default)]
struct Remains {
    disk: Arc<Mutex<Store>>,
    record: Arc<Mutex<Record>>,
    /// The host of its present life, and of earlier ones.
    hosts: Vec<Arc<SimHost>>,
}

impl Remains {
    /// A disk with what every node comes with: the program that tests capacity.
    fn new() -> Self {
        let remains = Self::default();
        for artifact in [Kind::Proves.artifact(), toy::verifier()] {
            locked(&remains.disk).keep(artifact);
        }
        debug_assert!(locked(&remains.disk).get(&test_program().prover.blob).is_some());
        remains
    }
}

/// What a simulation comes to.
#[derive(Clone, Debug)]
pub struct End {
    /// The runs, by their names.
    pub workloads: BTreeMap<String, Workload>,
    /// Two nodes' receipts of each run, made when the run had just ended.
    pub early: BTreeMap<String, [Vec<u8>; 2]>,
    /// Two nodes' receipts of each run, made at the end.
    pub receipts: BTreeMap<String, [Vec<u8>; 2]>,
    /// The last state root.
    pub state_root: [u8; 32],
    /// The height of that root.
    pub height: u64,
}

/// The world around the engines.
pub struct World {
    seed: Seed,
    scenario: Scenario,
    network: Network,
    machine: Arc<dyn StateMachine>,
    remains: Vec<Remains>,
    errands: Errands,
    known: Known,
    past: Past,
    laws: Laws,
    now: Duration,
    /// What happened, line by line.
    story: Vec<String>,
    told: u64,
    /// Blocks whose movements of money are still to be read.
    unread: Vec<u64>,
    early: BTreeMap<String, [Vec<u8>; 2]>,
    end: Option<End>,
}

impl World {
    /// The world of a network.
    ///
    /// # Errors
    /// When its genesis is none.
    pub fn new(seed: Seed, scenario: Scenario, network: Network) -> Result<Self, GenesisError> {
        let errands = Errands::new(seed, &scenario, &network);
        let past = Past::new(&network, &errands);
        let accounts = network.genesis.accounts.iter().map(|entry| entry.account).collect();
        let runs = errands.names().values().copied().collect();
        let supply = network.genesis.supply().unwrap_or_default();
        Ok(Self {
            seed,
            scenario,
            machine: Arc::new(ledger::Ledger::new((*network.genesis).clone())?),
            remains: network.nodes.iter().map(|_| Remains::new()).collect(),
            known: Known { accounts, provers: past.provers.clone(), runs, tests: errands.tests().to_vec() },
            errands,
            past,
            laws: Laws {
                agreement: Agreement::default(),
                conservation: Conservation { supply },
                endings: Endings::default(),
            },
            now: Duration::ZERO,
            story: Vec::new(),
            told: 0,
            unread: Vec::new(),
            early: BTreeMap::new(),
            end: None,
            network,
        })
    }

    /// What happened so far, line by line.
    #[must_use]
    pub fn story(&self) -> &[String] {
        &self.story
    }

    /// The key that verifies receipts.
    #[must_use]
    pub fn group_key(&self) -> GroupKey {
        self.network.genesis.group_key
    }

    /// What it came to, if it came to its end.
    #[must_use]
    pub fn into_end(self) -> Option<End> {
        self.end
    }

    /// What each host heard, over all lives of all nodes.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.remains.iter().flat_map(|remains| &remains.hosts).map(|host| host.heard()).collect()
    }

    /// What members sent, by kind: how often, and how many bytes.
    #[must_use]
    pub fn sent(&self) -> Vec<(&'static str, (u64, u64))> {
        let mut sum = BTreeMap::<_, (u64, u64)>::new();
        for remains in &self.remains {
            for (kind, (count, bytes)) in &locked(&remains.record).sent {
                let entry = sum.entry(*kind).or_default();
                *entry = (entry.0 + count, entry.1 + bytes);
            }
        }
        sum.into_iter().collect()
    }

    /// What is missing to the end, in words.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let claims = self.scenario.claims.iter().filter(|claim| !claim.fact.holds(&self.past));
        let mut missing: Vec<String> = claims.map(|claim| format!("not yet: {}", claim.text)).collect();
        missing.extend(self.errands.missing(&self.past));
        let word = |id: &WorkloadId| self.past.last.as_ref().map_or("unknown", |state| state.word(id));
        missing.extend(self.past.names.iter().map(|(name, id)| format!("run {name} is {}", word(id))));
        missing
    }

    fn tell(&mut self, line: String) {
        self.story.push(format!("{:>9.3} s  {line}", self.now.as_secs_f64()));
    }

    /// Looks at what every node did and heard since the last look.
    fn listen(&mut self) -> Held {
        for node in 0..self.remains.len() {
            let finals = {
                let mut record = locked(&self.remains[node].record);
                record.check().map_err(|wrong| format!("node {node}: {wrong}"))?;
                self.past.committees.extend(record.committees().iter().map(|(epoch, peers)| (*epoch, peers.clone())));
                record.take_finals()
            };
            for block in finals {
                self.laws.agreement.found(node, block.height, "block", block.hash)?;
                self.laws.agreement.found(node, block.height, "outcome", block.outcome)?;
                if block.height > self.told {
                    self.told = block.height;
                    self.note(block.height, block.events);
                }
            }
        }
        Prices.check(&self.network.genesis.params, &self.past.prices())
    }

    /// A block that nobody told of before.
    fn note(&mut self, height: u64, events: Vec<ChainEvent>) {
        if events.iter().any(|event| matches!(event, ChainEvent::Slashed { .. })) {
            self.unread.push(height);
        }
        for event in &events {
            self.tell(format!("block {height}: {}", tell(event)));
        }
        self.past.events.extend(events);
    }

    async fn look(&mut self, nodes: &[View]) -> Result<Verdict, String> {
        self.listen()?;
        let mut ended = 0;
        for view in nodes.iter().filter(|view| view.up) {
            let status = view.engine.status();
            if status.height > 0 {
                self.laws.agreement.found(view.node, status.height, "state root", status.state_root)?;
            }
            let Some(state) = Snapshot::read(&*view.engine, &self.known).await? else { continue };
            let seats = Seats { genesis: &self.network.genesis, committees: &self.past.committees };
            self.laws.check(view.node, &state, &seats)?;
            self.read_movements(&*view.engine, state.meta.height).await?;
            ended += usize::from(state.all_ended(&self.known.runs));
            self.remember(state);
        }
        self.keep_receipts(nodes).await?;
        self.let_people_act(nodes);
        let claimed = self.scenario.claims.iter().all(|claim| claim.fact.holds(&self.past));
        let all = ended == nodes.len() && together(nodes) && claimed && self.errands.is_done(&self.past);
        if all && self.now > self.scenario.faults_end() { self.finish(nodes).await } else { Ok(Verdict::Continue) }
    }

    /// Keeps the highest state of all.
    fn remember(&mut self, state: Snapshot) {
        let last = self.past.last.as_ref().map(|last| &last.meta);
        if last.is_some_and(|last| last.height > state.meta.height) {
            return;
        }
        if last.is_none_or(|last| last.set < state.meta.set) {
            let (set, size, seats) = (state.meta.set, state.meta.set_size, state.meta.seats);
            self.tell(format!("verdict set {set} has {size} members, {seats} validators sign"));
        }
        self.past.last = Some(state);
    }

    /// Reads how blocks that slashed somebody moved money, up to the height of this engine.
    async fn read_movements(&mut self, engine: &dyn Engine, height: Height) -> Held {
        let (ready, later) = self.unread.iter().partition(|block| **block <= height.0);
        self.unread = later;
        let blocks: Vec<u64> = ready;
        let keys = blocks.iter().map(|block| state_key::movements(Height(*block), 0)).collect();
        let (_, values) = engine.read(keys).await.map_err(|error| error.to_string())?;
        for (block, bytes) in blocks.iter().zip(values) {
            let movements = bytes.and_then(|bytes| codec::decode::<Movements>(&bytes, VALUE_MAX).ok());
            // A block that moved nothing leaves what was there.
            let movements = movements.filter(|movements| movements.height.0 == *block);
            self.past.movements.extend(movements.into_iter().flat_map(|movements| movements.entries.into_vec()));
        }
        Ok(())
    }

    fn let_people_act(&mut self, nodes: &[View]) {
        let up = nodes.iter().filter(|view| view.up).filter_map(|view| self.remains[view.node].hosts.last().cloned());
        let hosts: Vec<_> = up.collect();
        self.errands.act(self.now, &self.past, &hosts);
    }

    /// Makes receipts of runs that have just ended.
    async fn keep_receipts(&mut self, nodes: &[View]) -> Held {
        for (name, id) in self.past.names.clone() {
            let workload = self.past.last.as_ref().and_then(|state| state.workloads.get(&id).cloned());
            let Some(workload) = workload.filter(|workload| workload.state.is_end()) else { continue };
            if !self.early.contains_key(&name)
                && let Some(receipts) = self.receipts(nodes, &workload).await?
            {
                self.early.insert(name, receipts);
            }
        }
        Ok(())
    }

    /// All has come as it should for everybody, and two nodes can show it to anybody.
    async fn finish(&mut self, nodes: &[View]) -> Result<Verdict, String> {
        let (mut workloads, mut receipts) = (BTreeMap::new(), BTreeMap::new());
        for (name, id) in self.past.names.clone() {
            let workload = self.past.last.as_ref().and_then(|state| state.workloads.get(&id)).ok_or("a run is lost")?;
            let workload = workload.clone();
            let Some(made) = self.receipts(nodes, &workload).await? else { return Ok(Verdict::Continue) };
            if let Some(early) = self.early.get(&name) {
                evidence::same(&[early[0].clone(), made[0].clone()], &self.network.genesis.group_key)?;
            }
            receipts.insert(name.clone(), made);
            workloads.insert(name, workload);
        }
        let top = nodes.iter().map(|view| view.engine.status()).max_by_key(|status| status.height);
        let top = top.ok_or("there are no nodes")?;
        let early = self.early.clone();
        self.end = Some(End { workloads, early, receipts, state_root: top.state_root, height: top.height });
        Ok(Verdict::Done)
    }

    /// The receipts of two nodes that are up and have come to the end of a run.
    async fn receipts(&self, nodes: &[View], workload: &Workload) -> Result<Option<[Vec<u8>; 2]>, String> {
        let proof = workload.verified().map(|(_, _, announced, _)| announced.proof);
        // A node that gave its verdict too late for the certificate may lack the proof: it would fetch it from another.
        let mut disks = self.remains.iter().map(|remains| locked(&remains.disk));
        let bundle = proof.and_then(|proof| disks.find_map(|disk| disk.get(&proof).cloned()));
        let end = workload.since.height.0;
        let ready = nodes.iter().filter(|view| view.up && view.engine.status().height > end);
        let mut made = Vec::new();
        for view in ready.take(2) {
            made.push(evidence::receipt(&*view.engine, self.network.chain, workload, bundle.clone()).await?);
        }
        let Ok(receipts) = <[Vec<u8>; 2]>::try_from(made) else { return Ok(None) };
        evidence::same(&receipts, &self.network.genesis.group_key)?;
        Ok(Some(receipts))
    }

    /// The member of a node, looked at from outside.
    fn member(&self, node: usize) -> Box<dyn Member> {
        let (keys, remains) = (&self.network.nodes[node], &self.remains[node]);
        let habit = self.scenario.nodes[node].habit;
        let prover = habit.behaviour().proves().then(|| keys.prover.clone());
        let own = prover.as_ref().map(|prover| prover.account.account());
        let genesis = self.network.genesis.clone();
        let member = Box::new(replica::Replica::new(replica::Config { genesis, prover }));
        let member = Box::new(Witness::new(member, own, remains.record.clone()));
        match habit {
            Habit::Forked(tongue, ears) => {
                Box::new(Forked::new(member, self.network.chain, keys.prover.clone(), (tongue, ears)))
            }
            Habit::Censors => Box::new(Censor::new(member)),
            _ => member,
        }
    }
}

/// Whether all nodes are up and about as far.
fn together(nodes: &[View]) -> bool {
    let heights = || nodes.iter().map(|view| view.engine.status().height);
    let apart = heights().max().unwrap_or(0) - heights().min().unwrap_or(0);
    nodes.iter().all(|view| view.up) && apart <= APART_MAX
}

impl engine_sim::World for World {
    fn machine(&self) -> Arc<dyn StateMachine> {
        self.machine.clone()
    }

    fn crew(&mut self, node: usize, incarnation: u32) -> Crew {
        let member = self.member(node);
        let seed = self.seed.part("host", (node as u64) << 32 | u64::from(incarnation));
        let behaviour = self.scenario.nodes[node].habit.behaviour();
        let host = Arc::new(SimHost::new(seed, self.remains[node].disk.clone(), behaviour));
        self.remains[node].hosts.push(host.clone());
        let prover = short(&self.past.provers[node].0);
        self.tell(format!("node {node} starts, life {}, prover {prover}", incarnation + 1));
        Crew { member, host }
    }

    fn check<'a>(&'a mut self, at: Duration, nodes: &'a [View]) -> Checking<'a> {
        self.now = at;
        Box::pin(self.look(nodes))
    }
}
