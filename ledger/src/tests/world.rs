//! A small network in memory, with all of its keys.

use super::network::{genesis, program, secret, verdict_secret};
use crate::{
    Ledger,
    memory::{Memory, Seen},
    pages::place,
};
use ports::{BlockContext, Mode};
use types::{
    AccountId, Amount, Body, Call, ChainEvent, ChainId, Height, List, Params, SecretKey, Settlement, State,
    VerdictSecret, Workload, WorkloadId,
    beacon::testing::GroupSecret,
    block::BeaconEntry,
    message::SignedProverMessage,
    record::{Account, HeightPage, Meta, Prover},
    state_key,
    transaction::SignedTransaction,
};

/// Chain time between two blocks of a test, unless it says otherwise.
pub(super) const STEP: u64 = 500;

/// A network in memory.
pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) seen: Seen,
    pub(super) users: Vec<SecretKey>,
    pub(super) provers: Vec<SecretKey>,
    pub(super) verdict_keys: Vec<VerdictSecret>,
    pub(super) group: GroupSecret,
    pub(super) leader: [u8; 32],
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
        let (genesis, group) = genesis(provers, params);
        let memory = Memory::new(Ledger::new(genesis).expect("a genesis"));
        let mut world = Self {
            memory,
            seen: Seen::default(),
            users: (0..3).map(|index| secret(1, index)).collect(),
            provers: (0..provers).map(|index| secret(2, index)).collect(),
            verdict_keys: (0..provers).map(verdict_secret).collect(),
            group,
            leader: [1; 32],
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

    /// The key of a prover.
    pub(super) fn secret_of(&self, account: AccountId) -> &SecretKey {
        self.provers.iter().find(|secret| secret.account() == account).expect("a prover")
    }

    pub(super) fn context(&self, step_ms: u64) -> BlockContext {
        self.memory.context(self.leader, step_ms)
    }

    /// Makes a block of what holds of the candidates, and audits the state after it. Returns the body that was kept.
    pub(super) fn try_block(&mut self, step_ms: u64, candidates: &Body) -> Body {
        let (body, outcome) = self.memory.block(self.leader, step_ms, candidates).expect("a block");
        for signed in &body.transactions {
            self.seen.accounts.insert(signed.value.sender);
            match &signed.value.call {
                Call::Run(_) => drop(self.seen.workloads.insert(signed.value.id().into())),
                Call::Transfer { to, .. } => drop(self.seen.accounts.insert(*to)),
                _ => {}
            }
        }
        self.events = outcome.events.into_vec();
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

    pub(super) fn transact(&mut self, transactions: Vec<SignedTransaction>) {
        self.block(&Body { transactions: List::new(transactions).expect("few"), ..Body::default() });
    }

    pub(super) fn say(&mut self, messages: Vec<SignedProverMessage>) {
        self.block(&Body { messages: List::new(messages).expect("few"), ..Body::default() });
    }

    pub(super) fn settle(&mut self, settlement: Settlement) {
        self.block(&Body { settlements: List::truncated(vec![settlement]), ..Body::default() });
    }
}
