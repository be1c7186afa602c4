//! A small network in memory, with all of its keys.

use super::network::{bank, program, seated, secret, verdict_secret};
use crate::{
    Ledger,
    memory::{Memory, Seen},
    pages::place,
};
use ports::{BlockContext, Mode, Peer};
use types::{
    AccountId, Amount, Body, Call, ChainEvent, ChainId, Genesis, Height, List, Params, SecretKey, Settlement, State,
    VerdictKey, VerdictSecret, Workload, WorkloadId,
    beacon::testing::GroupSecret,
    block::BeaconEntry,
    message::SignedProverMessage,
    offence::Evidence,
    record::{Account, HeightPage, Meta, Movement, Movements, Offers, Prover, Validator, Validators, VerdictSet},
    registry::SignedHeartbeat,
    state_key,
    transaction::SignedTransaction,
};

/// Chain time between two blocks of a test, unless it says otherwise.
pub(super) const STEP: u64 = 500;

/// A network in memory.
#[derive(Clone)]
pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) seen: Seen,
    pub(super) users: Vec<SecretKey>,
    /// The provers of genesis, and those that tests add.
    pub(super) provers: Vec<SecretKey>,
    /// Their verdict keys, with the public ones, which take long to compute.
    pub(super) verdict_keys: Vec<(VerdictKey, VerdictSecret)>,
    pub(super) validators: Vec<SecretKey>,
    pub(super) group: GroupSecret,
    /// Who leads all blocks; where nobody is named, the validators take turns.
    pub(super) leader: Option<Peer>,
    /// Epochs that were ended before their time.
    pub(super) turned: u64,
    /// What the last block did.
    pub(super) events: Vec<ChainEvent>,
}

impl World {
    /// Four provers, the default parameters, block 1 done, the program deployed in block 2.
    pub(super) fn new() -> Self {
        Self::with(4, Params::default())
    }

    /// So many provers, with these parameters.
    pub(super) fn with(provers: u8, params: Params) -> Self {
        Self::seated(4, provers, params)
    }

    /// So many validators and provers, with these parameters.
    pub(super) fn seated(validators: u8, provers: u8, params: Params) -> Self {
        let (genesis, group) = seated(validators, provers, params);
        Self::of(genesis, group)
    }

    /// The network of a genesis.
    pub(super) fn of(genesis: Genesis, group: GroupSecret) -> Self {
        let (validators, provers) = (genesis.validators.len() as u8, genesis.provers.len() as u8);
        let mut world = Self {
            memory: Memory::new(Ledger::new(genesis).expect("a genesis")),
            seen: Seen::default(),
            users: (0..3).map(|index| secret(1, index)).collect(),
            provers: (0..provers).map(|index| secret(2, index)).collect(),
            verdict_keys: (0..provers).map(verdict_pair).collect(),
            validators: (1..=validators).map(|index| secret(3, index)).collect(),
            group,
            leader: None,
            turned: 0,
            events: Vec::new(),
        };
        world.idle();
        let deploy = world.call(0, Call::Deploy(program()));
        world.transact(vec![deploy]);
        world
    }

    pub(super) fn chain(&self) -> ChainId {
        self.memory.ledger().chain()
    }

    /// The parameters of genesis.
    pub(super) fn params(&self) -> &Params {
        &self.memory.ledger().genesis().params
    }

    pub(super) fn meta(&self) -> Meta {
        self.memory.find(state_key::meta()).expect("well formed").expect("after block 1")
    }

    pub(super) fn account(&self, id: AccountId) -> Account {
        self.memory.find(state_key::account(id)).expect("well formed").unwrap_or_default()
    }

    pub(super) fn user(&self, user: usize) -> AccountId {
        self.users[user].account()
    }

    pub(super) fn balance(&self, user: usize) -> Amount {
        self.account(self.user(user)).balance
    }

    pub(super) fn workload(&self, id: WorkloadId) -> Workload {
        self.memory.find(state_key::workload(id)).expect("well formed").expect("a workload")
    }

    pub(super) fn state(&self, id: WorkloadId) -> State {
        self.workload(id).state
    }

    pub(super) fn prover(&self, id: AccountId) -> Prover {
        self.memory.find(state_key::prover(id)).expect("well formed").expect("a prover")
    }

    /// A validator's record, counted from 0.
    pub(super) fn validator(&self, index: usize) -> Validator {
        let all: Validators = self.memory.find(state_key::validators()).expect("well formed").expect("validators");
        all.validators[index].clone()
    }

    /// The verdict set of a version.
    pub(super) fn set(&self, version: u64) -> VerdictSet {
        self.memory.find(state_key::verdict_set(version)).expect("well formed").expect("a set")
    }

    /// The accounts of the verdict set in force.
    pub(super) fn members(&self) -> Vec<AccountId> {
        self.set(self.meta().set).members.iter().map(|member| member.account).collect()
    }

    /// What active provers offer.
    pub(super) fn offers(&self) -> Offers {
        self.memory.find(state_key::offers()).expect("well formed").expect("offers")
    }

    /// What all validators earned.
    pub(super) fn fees(&self) -> Amount {
        Amount(self.validators.iter().map(|secret| self.account(secret.account()).balance.0).sum())
    }

    /// How the last block moved money.
    pub(super) fn movements(&self) -> Vec<Movement> {
        let height = self.memory.height();
        let page: Option<Movements> = self.memory.find(state_key::movements(height, 0)).expect("well formed");
        page.filter(|page| page.height == height).map(|page| page.entries.into_vec()).unwrap_or_default()
    }

    /// The prover of the attempt under way.
    pub(super) fn drawn(&self, id: WorkloadId) -> AccountId {
        self.workload(id).current().expect("an attempt").1.prover
    }

    /// The heights whose beacons are wanted, in order.
    pub(super) fn wanted(&self) -> Vec<Height> {
        let wanted = self.meta().wanted;
        let height = |number| {
            let (page, place) = place(number);
            let page: Option<HeightPage> = self.memory.find(state_key::wanted(page)).expect("well formed");
            page.expect("a page").entries[place]
        };
        (wanted.head..wanted.tail).map(height).collect()
    }

    /// The key of an account.
    pub(super) fn secret_of(&self, account: AccountId) -> &SecretKey {
        let mut all = self.provers.iter().chain(&self.users).chain(&self.validators);
        all.find(|secret| secret.account() == account).expect("somebody")
    }

    /// All accounts that genesis names, and those of newcomers.
    pub(super) fn everybody(&self) -> Vec<AccountId> {
        let all = self.provers.iter().chain(&self.users).chain(&self.validators);
        all.map(SecretKey::account).chain([bank().account()]).collect()
    }

    /// Where a leader's fees go.
    pub(super) fn account_of(&self, leader: Peer) -> AccountId {
        self.validators[usize::from(leader[0]) - 1].account()
    }

    /// The accounts of the seats that sign in an epoch.
    pub(super) fn signing(&self, epoch: u64) -> Vec<AccountId> {
        if epoch <= 2 {
            return self.validators.iter().map(SecretKey::account).collect();
        }
        self.named(epoch - 1).into_iter().map(|peer| self.account_of([peer; 32])).collect()
    }

    /// Who leads the next block.
    pub(super) fn leader(&self) -> Peer {
        let turn = self.memory.height().0 % self.validators.len() as u64;
        self.leader.unwrap_or([turn as u8 + 1; 32])
    }

    pub(super) fn context(&self, step_ms: u64) -> BlockContext {
        let context = self.memory.context(self.leader(), step_ms);
        BlockContext { epoch: context.epoch + self.turned, ..context }
    }

    /// One more prover, which has not registered.
    pub(super) fn newcomer(&mut self) -> AccountId {
        let index = self.provers.len() as u8;
        self.provers.push(secret(2, index));
        self.verdict_keys.push(verdict_pair(index));
        secret(2, index).account()
    }

    /// Makes a block of what holds of the candidates, and audits the state after it. Returns the body that was kept.
    pub(super) fn try_block(&mut self, step_ms: u64, candidates: &Body) -> Body {
        let (body, outcome) = self.memory.block_in(self.context(step_ms), candidates).expect("a block");
        for signed in &body.transactions {
            self.seen.accounts.insert(signed.value.sender);
            if let Call::Transfer { to, .. } = &signed.value.call {
                self.seen.accounts.insert(*to);
            }
        }
        self.events = outcome.events.into_vec();
        for event in &self.events {
            if let ChainEvent::Queued { workload, .. } = event {
                self.seen.workloads.insert(*workload);
            }
        }
        self.memory.audit(&self.seen).expect("books that add up");
        body
    }

    /// Makes a block of all of these.
    pub(super) fn block(&mut self, body: &Body) {
        assert_eq!(&self.try_block(STEP, body), body, "something was left out: {:?}", self.refused(body));
    }

    /// Why a block of all of these is invalid.
    pub(super) fn refused(&self, body: &Body) -> String {
        let refused = self.memory.execute(self.context(STEP), body.encode().into(), Mode::Candidate);
        refused.err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// Whoever sends this alone gets it refused with this code: a block that holds it is invalid, and no block is built with it.
    pub(super) fn refuses(&self, body: &Body, code: &str) {
        let refused = self.refused(body);
        assert!(refused.contains(&format!(" 0: {code}: ")), "not {code}: {refused}");
        let built = self.memory.execute(self.context(STEP), body.encode().into(), Mode::Build).expect("built");
        assert_eq!(built.body, Body::default().encode());
    }

    pub(super) fn refuses_transaction(&self, transaction: SignedTransaction, code: &str) {
        self.refuses(&Body { transactions: List::truncated(vec![transaction]), ..Body::default() }, code);
    }

    pub(super) fn refuses_call(&self, user: usize, call: Call, code: &str) {
        self.refuses_transaction(self.call(user, call), code);
    }

    pub(super) fn refuses_message(&self, message: SignedProverMessage, code: &str) {
        self.refuses(&Body { messages: List::truncated(vec![message]), ..Body::default() }, code);
    }

    pub(super) fn refuses_settlement(&self, settlement: Settlement, code: &str) {
        self.refuses(&Body { settlements: List::truncated(vec![settlement]), ..Body::default() }, code);
    }

    pub(super) fn refuses_evidence(&self, evidence: Evidence, code: &str) {
        self.refuses(&Body { evidence: List::truncated(vec![evidence]), ..Body::default() }, code);
    }

    pub(super) fn refuses_heartbeat(&self, heartbeat: SignedHeartbeat, code: &str) {
        self.refuses(&Body { heartbeats: List::truncated(vec![heartbeat]), ..Body::default() }, code);
    }

    pub(super) fn refuses_beacon(&self, entry: BeaconEntry) {
        self.refuses(&Body { beacons: List::truncated(vec![entry]), ..Body::default() }, "beacon");
    }

    pub(super) fn idle(&mut self) {
        self.block(&Body::default());
    }

    /// Lets at least so much chain time pass, in blocks without entries.
    pub(super) fn wait(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(2000) {
            self.try_block(2000, &Body::default());
        }
    }

    /// Makes blocks without entries until something is so.
    pub(super) fn until(&mut self, step_ms: u64, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..1_000 {
            if is_so(self) {
                return;
            }
            self.try_block(step_ms, &Body::default());
        }
        panic!("a thousand blocks, and it is not so");
    }

    /// Blocks of f + 1 leaders, after which a time that is up is up.
    pub(super) fn hear(&mut self) {
        for _ in 0..2 {
            self.try_block(STEP, &Body::default());
        }
    }

    pub(super) fn transact(&mut self, transactions: Vec<SignedTransaction>) {
        self.block(&Body { transactions: List::new(transactions).expect("few"), ..Body::default() });
    }

    pub(super) fn say(&mut self, messages: Vec<SignedProverMessage>) {
        self.block(&Body { messages: List::new(messages).expect("few"), ..Body::default() });
    }

    pub(super) fn settle(&mut self, settlement: Settlement) {
        self.block(&Body { settlements: List::truncated(vec![settlement]), ..Body::default() });
    }

    /// Ends the epoch: the next block is the first of the one after it.
    pub(super) fn turn_epoch(&mut self) {
        let epoch = self.meta().epoch;
        while self.context(STEP).epoch == epoch {
            self.idle();
        }
        self.idle();
        assert_eq!(self.meta().epoch, epoch + 1);
    }

    /// The bank gives an account so much more.
    pub(super) fn fund(&mut self, to: AccountId, amount: Amount) {
        let transfer = self.call_of(&bank(), Call::Transfer { to, amount });
        self.transact(vec![transfer]);
    }
}

fn verdict_pair(index: u8) -> (VerdictKey, VerdictSecret) {
    let secret = verdict_secret(index);
    (secret.public(), secret)
}
