//! The world around the engines of a simulation: it makes members and hosts, lets the user act, and checks every property at
//! intervals over the whole network.

use crate::{
    evidence,
    host::{Heard, SimHost, locked},
    network::Network,
    properties::{Agreement, Conservation, Endings, Held, LivePages, NextStep},
    scenario::Options,
    snapshot::{Known, Snapshot},
    store::Store,
    toy::Kind,
    user::User,
    witness::{Record, Witness, short},
};
use engine_sim::{Checking, Crew, Verdict, View};
use ports::StateMachine;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use types::{State, Workload, WorkloadId, beacon::GroupKey, genesis::GenesisError};

/// How far nodes may be apart at the end, in blocks.
const APART_MAX: u64 = 3;

/// The properties of the chain.
struct Laws {
    agreement: Agreement,
    conservation: Conservation,
    endings: Endings,
}

impl Laws {
    fn check(&mut self, node: usize, state: &Snapshot) -> Held {
        let held = self.agreement.found(node, state.meta.height.0, "state", state.digest);
        let held = held.and_then(|()| self.conservation.check(state)).and_then(|()| LivePages.check(state));
        let held = held.and_then(|()| NextStep.check(state)).and_then(|()| self.endings.check(state));
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

/// What a simulation comes to.
#[derive(Clone, Debug)]
pub struct End {
    /// The runs, in the order of submission.
    pub workloads: Vec<Workload>,
    /// Two nodes' receipts of each run.
    pub receipts: Vec<[Vec<u8>; 2]>,
    /// The last state root.
    pub state_root: [u8; 32],
    /// The height of that root.
    pub height: u64,
}

/// The world around the engines.
pub struct World {
    options: Options,
    network: Network,
    machine: Arc<dyn StateMachine>,
    remains: Vec<Remains>,
    user: User,
    known: Known,
    laws: Laws,
    now: Duration,
    /// What happened, line by line.
    story: Vec<String>,
    told: u64,
    last: Option<Snapshot>,
    end: Option<End>,
}

impl World {
    /// The world of a network.
    ///
    /// # Errors
    /// When its genesis is none.
    pub fn new(options: Options, network: Network) -> Result<Self, GenesisError> {
        let user = User::new(&options, network.chain, &network.user);
        let provers: Vec<_> = network.nodes.iter().map(|node| node.prover.account.account()).collect();
        let validators = network.nodes.iter().map(|node| node.validator);
        let accounts = [network.user.account()].into_iter().chain(validators).chain(provers.clone()).collect();
        let supply = network.genesis.supply().unwrap_or_default();
        Ok(Self {
            options,
            machine: Arc::new(ledger::Ledger::new((*network.genesis).clone())?),
            remains: network.nodes.iter().map(|_| Remains::default()).collect(),
            known: Known { accounts, provers, runs: user.runs() },
            user,
            laws: Laws {
                agreement: Agreement::default(),
                conservation: Conservation { supply },
                endings: Endings::default(),
            },
            now: Duration::ZERO,
            story: Vec::new(),
            told: 0,
            last: None,
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
        let mut sum = std::collections::BTreeMap::<_, (u64, u64)>::new();
        for remains in &self.remains {
            for (kind, (count, bytes)) in &locked(&remains.record).sent {
                let entry = sum.entry(*kind).or_default();
                *entry = (entry.0 + count, entry.1 + bytes);
            }
        }
        sum.into_iter().collect()
    }

    /// Where the runs are, in a word each, as far as the last look at the state knows.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        let word = |id: &WorkloadId| self.last.as_ref().map_or("unknown", |state| state.word(id));
        self.known.runs.iter().map(word).collect()
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
                record.take_finals()
            };
            for block in finals {
                self.laws.agreement.found(node, block.height, "block", block.hash)?;
                self.laws.agreement.found(node, block.height, "outcome", block.outcome)?;
                if block.height > self.told {
                    self.told = block.height;
                    let events = block.events.iter().map(|event| format!("block {}: {event}", block.height));
                    events.for_each(|line| self.tell(line));
                }
            }
        }
        Ok(())
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
            self.laws.check(view.node, &state)?;
            ended += usize::from(state.all_ended(&self.known.runs));
            if self.last.as_ref().is_none_or(|last| last.meta.height <= state.meta.height) {
                self.last = Some(state);
            }
        }
        self.let_user_act(nodes);
        let open = ended < nodes.len() || !together(nodes) || self.now <= self.options.faults_end();
        if open { Ok(Verdict::Continue) } else { self.finish(nodes).await }
    }

    fn let_user_act(&mut self, nodes: &[View]) {
        let up = nodes.iter().filter(|view| view.up).filter_map(|view| self.remains[view.node].hosts.last().cloned());
        let hosts: Vec<_> = up.collect();
        let account = self.last.as_ref().and_then(|state| state.accounts.get(&self.network.user.account()));
        self.user.act(self.now, account.map(|account| account.nonce), &hosts);
    }

    /// All runs have ended for everybody: they ended as they should, and two nodes can show it to anybody.
    async fn finish(&mut self, nodes: &[View]) -> Result<Verdict, String> {
        let state = self.last.clone().ok_or("nothing was read")?;
        let mut workloads = Vec::new();
        let mut receipts = Vec::new();
        for (run, id) in self.known.runs.clone().iter().enumerate() {
            let workload = state.workloads.get(id).cloned().ok_or("a run is lost")?;
            ended_as(self.options.program(run), &workload)?;
            receipts.push(self.receipts(nodes, &workload).await?);
            workloads.push(workload);
        }
        let top = nodes.iter().map(|view| view.engine.status()).max_by_key(|status| status.height);
        let top = top.ok_or("there are no nodes")?;
        self.end = Some(End { workloads, receipts, state_root: top.state_root, height: top.height });
        Ok(Verdict::Done)
    }

    async fn receipts(&self, nodes: &[View], workload: &Workload) -> Result<[Vec<u8>; 2], String> {
        let proof = workload.verified().map(|(_, _, announced, _)| announced.proof);
        // A node that gave its verdict too late for the certificate may lack the proof: it would fetch it from another.
        let mut disks = self.remains.iter().map(|remains| locked(&remains.disk));
        let bundle = proof.and_then(|proof| disks.find_map(|disk| disk.get(&proof).cloned()));
        let mut made = Vec::new();
        for view in nodes.iter().take(2) {
            made.push(evidence::receipt(&*view.engine, self.network.chain, workload, bundle.clone()).await?);
        }
        let receipts = <[Vec<u8>; 2]>::try_from(made).map_err(|_| "there are less than two nodes")?;
        evidence::same(&receipts, &self.network.genesis.group_key)?;
        Ok(receipts)
    }
}

/// Whether all nodes are up and about as far.
fn together(nodes: &[View]) -> bool {
    let heights = || nodes.iter().map(|view| view.engine.status().height);
    let apart = heights().max().unwrap_or(0) - heights().min().unwrap_or(0);
    nodes.iter().all(|view| view.up) && apart <= APART_MAX
}

/// Whether a run ended as its program lets it: nothing else that happens to a network may change that.
fn ended_as(program: Kind, workload: &Workload) -> Held {
    let expected = match program {
        Kind::Proves => State::Verified,
        Kind::Loops => State::Failed,
    };
    if workload.state == expected {
        return Ok(());
    }
    let ends: Vec<_> = workload.attempts.iter().filter_map(|attempt| attempt.end.as_ref()).map(|end| &end.1).collect();
    Err(format!("workload {} ended {}, its attempts {ends:?}", workload.id, workload.state.word()))
}

impl engine_sim::World for World {
    fn machine(&self) -> Arc<dyn StateMachine> {
        self.machine.clone()
    }

    fn crew(&mut self, node: usize, incarnation: u32) -> Crew {
        let (keys, remains) = (&self.network.nodes[node], &mut self.remains[node]);
        let behaviour = self.options.behaviour(node);
        let prover = behaviour.proves().then(|| keys.prover.clone());
        let own = prover.as_ref().map(|prover| prover.account.account());
        let genesis = self.network.genesis.clone();
        let member = replica::Replica::new(replica::Config { genesis, prover });
        let member = Box::new(Witness::new(Box::new(member), own, remains.record.clone()));
        let seed = self.options.chance().part("host", (node as u64) << 32 | u64::from(incarnation));
        let host = Arc::new(SimHost::new(seed, remains.disk.clone(), behaviour));
        remains.hosts.push(host.clone());
        let prover = short(&keys.prover.account.account().0);
        self.tell(format!("node {node} starts, life {}, prover {prover}", incarnation + 1));
        Crew { member, host }
    }

    fn check<'a>(&'a mut self, at: Duration, nodes: &'a [View]) -> Checking<'a> {
        self.now = at;
        Box::pin(self.look(nodes))
    }
}
