//! A replica with a state in memory: reads are answered at once, everything else it wants done is kept for the test to see.

use bytes::Bytes;
use ports::{Action, Channel, Event, Member as _, Start};
use replica::{Config, ProverKeys, Replica};
use std::{collections::BTreeMap, sync::Arc};
use types::{
    AccountId, Amount, Artifact, BlobId, ChainEvent, ChainTime, Data, Genesis, Height, Input, InputRole, InputSource,
    List, Millis, Params, Program, ProverAction, ProverMessage, Quote, Resources, Run, Runtime, SecretKey, Signed,
    State, Text, VerdictSecret, Workload, WorkloadId,
    beacon::GroupKey,
    codec,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    gossip::Gossip,
    host::{HostEvent, HostRequest},
    limits::PAGE_ENTRIES,
    message::SignedProverMessage,
    record::{DeployedProgram, Meta, Page, VerdictSet},
    state_key,
    verdict::{Member, VerdictSignature},
    workload::{Announced, Attempt, Moment},
};

/// A peer that is not the replica under test.
pub const PEER: PeerId = PeerId([200; 32]);

/// The keys of the prover with a number; number 0 is the replica under test.
pub fn keys(number: u8) -> ProverKeys {
    let account = SecretKey::from_bytes(&[number + 1; 32]).expect("key");
    ProverKeys { account, verdict: VerdictSecret::derive(&[number + 1; 32]).expect("key") }
}

pub fn account(number: u8) -> AccountId {
    keys(number).account.account()
}

fn genesis() -> Genesis {
    let mut numbers: Vec<u8> = (0..4).collect();
    numbers.sort_by_key(|number| account(*number));
    let prover = |number: &u8| GenesisProver {
        account: account(*number),
        key: keys(*number).verdict.public(),
        possession: VerdictSignature([0; 48]),
        capacity: Resources {
            cpus: 2,
            memory_mib: 1024,
            disk_mib: 1024,
            gpus: 0,
            gpu_class: 0,
            ..Resources::default()
        },
        address: Text::default(),
    };
    let validator =
        GenesisValidator { peer: PEER, account: AccountId([1; 32]), address: Text::default(), bond: Amount(0) };
    Genesis {
        name: Text::truncated("test"),
        time: ChainTime(0),
        params: Params::default(),
        capacity_test: CapacityTest { program: program(), compute_max: Millis(10_000) },
        validators: List::new(vec![validator]).expect("one"),
        provers: List::new(numbers.iter().map(prover).collect()).expect("four"),
        accounts: List::new(vec![GenesisAccount { account: account(9), balance: Amount(1 << 50) }]).expect("one"),
        ceremony: Ceremony::Dealt,
        group_key: GroupKey([0; 96]),
        output: Data::default(),
        verifier: Text::default(),
    }
}

/// A replica with everything around it in memory.
pub struct Bench {
    pub genesis: Arc<Genesis>,
    pub now: u64,
    pub height: u64,
    pub epoch: u64,
    replica: Replica,
    state: BTreeMap<ports::Key, Bytes>,
    persisted: BTreeMap<Bytes, Bytes>,
    /// Blobs that the store has.
    pub blobs: BTreeMap<BlobId, u64>,
    /// What the replica wanted done and the bench does not do itself.
    pub done: Vec<Action>,
    /// Answers that wait, while reads take their time.
    slow: Option<Vec<Event>>,
}

impl Bench {
    /// A replica of prover 0 that has started on an empty chain of four provers.
    pub fn new() -> Self {
        let genesis = Arc::new(genesis());
        let mut bench = Self {
            replica: replica(&genesis),
            genesis,
            now: 1_000_000,
            height: 1,
            epoch: 0,
            state: BTreeMap::new(),
            persisted: BTreeMap::new(),
            blobs: BTreeMap::new(),
            done: Vec::new(),
            slow: None,
        };
        bench.put_meta(0);
        bench.start();
        bench
    }

    /// The verdict set of genesis.
    pub fn members(&self) -> Vec<Member> {
        let bond = |prover: &GenesisProver| self.genesis.bond(prover).expect("countable");
        let member = |prover: &GenesisProver| Member { account: prover.account, key: prover.key, bond: bond(prover) };
        self.genesis.provers.iter().map(member).collect()
    }

    fn put_meta(&mut self, live: u64) {
        let members = List::new(self.members()).expect("four");
        self.put(state_key::verdict_set(self.epoch + 1), &VerdictSet { members });
        let meta = Meta {
            chain: self.genesis.chain(),
            height: Height(self.height),
            time: ChainTime(0),
            totals: types::record::Totals::default(),
            epoch: self.epoch,
            params: self.genesis.params.clone(),
            compute_price: self.genesis.params.compute_price,
            used: 0,
            offered: 0,
            units_used: 0,
            units_offered: 8,
            settled: 0,
            seats: 1,
            led: List::default(),
            set: self.epoch + 1,
            set_size: 4,
            queue: types::record::Cursor::default(),
            live,
            wanted: types::record::Cursor::default(),
            due_bucket: 0,
            due_page: 0,
            workloads: 0,
            verified: 0,
            programs: 0,
        };
        self.put(state_key::meta(), &meta);
    }

    fn start(&mut self) {
        let persisted = self.persisted.clone().into_iter().collect();
        self.event(Event::Start(Start { me: [0; 32], height: self.height, time_ms: 0, persisted }));
        self.event(Event::Peers(vec![PEER.0]));
    }

    /// Makes these the workloads that have not ended.
    pub fn put_live(&mut self, ids: &[WorkloadId]) {
        self.put_meta(ids.len() as u64);
        for (number, ids) in ids.chunks(PAGE_ENTRIES).enumerate() {
            self.put(state_key::live(number as u64), &Page { entries: List::new(ids.to_vec()).expect("a page") });
        }
    }

    /// From now on reads take until [`Self::answer_reads`].
    pub fn slow_reads(&mut self) {
        self.slow = Some(Vec::new());
    }

    /// Answers the reads that wait. Returns how many.
    pub fn answer_reads(&mut self) -> usize {
        let answers = self.slow.take().unwrap_or_default();
        let count = answers.len();
        answers.into_iter().for_each(|answer| self.event(answer));
        count
    }

    /// Kills the replica and starts another from what was persisted.
    pub fn crash(&mut self) {
        self.replica = replica(&self.genesis);
        self.done.clear();
        self.start();
    }

    pub fn put(&mut self, key: ports::Key, value: &impl borsh::BorshSerialize) {
        self.state.insert(key, codec::encode(value).into());
    }

    /// Gives the replica an event, and answers its reads and questions about blobs until it has no more.
    pub fn event(&mut self, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let mut actions = Vec::new();
            self.replica.step(event, self.now, &mut actions);
            for action in actions {
                events.extend(self.act(action));
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<Event> {
        match &action {
            Action::Read { token, keys } => {
                let values = keys.iter().map(|key| self.state.get(key).cloned()).collect();
                let answer = Event::Loaded { token: *token, height: self.height, values };
                let Some(slow) = &mut self.slow else { return Some(answer) };
                slow.push(answer);
                return None;
            }
            Action::Persist { key, value: Some(value) } => {
                self.persisted.insert(key.clone(), value.clone());
            }
            Action::Persist { key, value: None } => {
                self.persisted.remove(key);
            }
            Action::Host(bytes) => {
                if let HostRequest::Stat { blob } = request(bytes) {
                    let size = self.blobs.get(&blob).copied();
                    return Some(Event::Host(codec::encode(&HostEvent::Stat { blob, size }).into()));
                }
            }
            _ => {}
        }
        self.done.push(action);
        None
    }

    pub fn host(&mut self, event: &HostEvent) {
        self.event(Event::Host(codec::encode(event).into()));
    }

    pub fn hear(&mut self, gossip: &Gossip) {
        self.hear_from(PEER, gossip);
    }

    pub fn hear_from(&mut self, peer: PeerId, gossip: &Gossip) {
        let bytes = codec::encode(gossip).into();
        self.event(Event::Message { from: peer.0, channel: Channel::Control, bytes });
    }

    /// Lets so much time pass, tick by tick.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now = (self.now + 200).min(end);
            self.event(Event::Timer { id: 0 });
            self.event(Event::Timer { id: 1 });
        }
    }

    /// A block is final that did this to a workload.
    pub fn block(&mut self, record: &Workload, event: ChainEvent) {
        self.put(state_key::workload(record.id), record);
        self.block_of(types::Body::default(), event);
    }

    /// A block is final with this body that did this.
    pub fn block_of(&mut self, body: types::Body, event: ChainEvent) {
        self.height += 1;
        self.put_meta(0);
        let outcome =
            types::event::Outcome { height: Height(self.height), events: List::new(vec![event]).expect("one") };
        self.event(Event::Final {
            height: self.height,
            hash: [0; 32],
            time_ms: 0,
            leader: PEER.0,
            body: body.encode().into(),
            outcome: Some(codec::encode(&outcome).into()),
        });
    }

    /// What was said to all peers so far.
    pub fn told(&self) -> Vec<Gossip> {
        let told = self.done.iter().filter_map(|action| match action {
            Action::Send { channel: Channel::Control, bytes, .. } => codec::decode(bytes, usize::MAX).ok(),
            _ => None,
        });
        told.collect()
    }

    /// What was asked of the host so far.
    pub fn asked(&self) -> Vec<HostRequest> {
        let asked = self.done.iter().filter_map(|action| match action {
            Action::Host(bytes) => Some(request(bytes)),
            _ => None,
        });
        asked.collect()
    }

    /// The codes of everything that was refused so far.
    pub fn refused(&self) -> Vec<(String, String)> {
        let refused = self.asked().into_iter().filter_map(|asked| match asked {
            HostRequest::Refused { what, code } => Some((what.to_string(), code.to_string())),
            _ => None,
        });
        refused.collect()
    }

    /// The place in the outbox of the first action that fits.
    pub fn place(&self, fits: impl Fn(&Action) -> bool) -> Option<usize> {
        self.done.iter().position(fits)
    }

    /// A program and a workload of it whose first attempt was drawn for the prover with this number.
    pub fn allocated(&mut self, prover: u8) -> Workload {
        let program = program();
        let deployed = DeployedProgram { program: program.clone(), deployer: account(9), at: Moment::default() };
        self.put(state_key::program(program.id()), &deployed);
        let record = workload(&program, prover);
        self.put(state_key::workload(record.id), &record);
        record
    }

    /// An announcement of attempt 1 of a workload by the prover with this number.
    pub fn announcement(&self, record: &Workload, prover: u8, proof: BlobId) -> Gossip {
        Gossip::Prover(self.message(record.id, prover, ProverAction::Announce { proof, size: 100 }))
    }

    /// What the prover with this number says about attempt 1 of a workload.
    pub fn message(&self, workload: WorkloadId, prover: u8, action: ProverAction) -> SignedProverMessage {
        let chain = self.genesis.chain();
        let value = ProverMessage { chain, prover: account(prover), workload, attempt: 1, action };
        Signed::new(value, &keys(prover).account)
    }

    /// A block is final that holds an announcement of a workload's attempt 1: returns the workload as it is then.
    pub fn announced(&mut self, record: &Workload, proof: BlobId, size: u64) -> Workload {
        let mut record = Workload { state: State::Proved, ..record.clone() };
        let attempt = record.attempts.last_mut().expect("one");
        attempt.accepted = Some(Moment::default());
        attempt.announced = Some(Announced { proof, size, at: Moment::default(), set: 1 });
        let (workload, prover) = (record.id, attempt.prover);
        self.block(&record, ChainEvent::Proved { workload, attempt: 1, prover, proof, size });
        record
    }
}

fn program() -> Program {
    let artifact = |byte: u8| Artifact { blob: BlobId([byte; 32]), size: 1000 };
    Program {
        name: Text::truncated("p"),
        proof_system: Text::truncated("s"),
        runtime: Runtime::Wasm,
        prover: artifact(50),
        verifier: artifact(51),
        fuel_limit: 1_000_000,
    }
}

fn replica(genesis: &Arc<Genesis>) -> Replica {
    Replica::new(Config { genesis: genesis.clone(), prover: Some(keys(0)) })
}

fn request(bytes: &Bytes) -> HostRequest {
    codec::decode(bytes, usize::MAX).expect("a request")
}

fn workload(program: &Program, prover: u8) -> Workload {
    let statement =
        Input { role: InputRole::Statement, source: InputSource::Blob { blob: BlobId([52; 32]), size: 1000 } };
    let run = Run {
        program: program.id(),
        arguments: Data::default(),
        inputs: List::new(vec![statement]).expect("one"),
        resources: Resources { cpus: 1, ..Resources::default() },
        compute_max: Millis(10_000),
        fee_max: Amount(1 << 40),
    };
    let attempt = Attempt {
        prover: account(prover),
        drawn_by: Height(1),
        drawn: Moment::default(),
        accepted: None,
        announced: None,
        end: None,
    };
    Workload {
        id: WorkloadId([77; 32]),
        kind: types::workload::Kind::Run,
        sender: account(9),
        run,
        state: State::Allocated,
        created: Moment::default(),
        since: Moment::default(),
        moves_on: Some(ChainTime(4_000)),
        overtime: None,
        renewals: 0,
        fee: Quote::default(),
        runtime: types::Runtime::Wasm,
        billed: Millis(15_000),
        attempts: List::new(vec![attempt]).expect("one"),
        end: None,
    }
}
