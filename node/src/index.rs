//! What this node remembers of the latest blocks, workloads and transactions: bounded, in memory, fed by notices.
//!
//! Nothing depends on it but lists: what it has forgotten, or did not see before a restart, is still in the state. Of how money
//! moved the state keeps the latest blocks alone, so the index says from which block on it knows.

mod money;

use api::{BlockSummary, Event, Moment, WorkloadState, WorkloadSummary};
use std::collections::{BTreeMap, VecDeque};
use types::{AccountId, BlobId, ChainEvent, Refusal, TxId, WorkloadId, host::Notice, record::Movement};

pub use money::Page;

/// Blocks that are remembered.
const BLOCKS_MAX: usize = 1024;
/// Events of blocks that are remembered: those of the oldest blocks go first.
const EVENTS_MAX: usize = 32 * 1024;
/// Workloads that are remembered.
const WORKLOADS_MAX: usize = 4096;
/// Transactions that are remembered.
const TRANSACTIONS_MAX: usize = 16 * 1024;
/// Logs of this node's own attempts that are remembered.
const LOGS_MAX: usize = 4096;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits in the mempool.
    Pending {
        /// Whether it is a run.
        run: bool,
    },
    /// It is in the block of this height.
    Included(u64),
    /// It left the mempool.
    Dropped(Refusal),
}

/// The index.
#[derive(Debug, Default)]
pub struct Index {
    /// The newest at the end.
    blocks: VecDeque<(BlockSummary, Vec<Event>)>,
    events: usize,
    workloads: Recent<WorkloadId, WorkloadSummary>,
    transactions: Recent<TxId, Fate>,
    logs: Recent<(WorkloadId, u16), BlobId>,
    money: money::Money,
}

impl Index {
    /// Takes in a notice, with the events that it makes.
    pub fn apply(&mut self, notice: &Notice, events: &[Event]) {
        match notice {
            Notice::Pending { transaction, kind } => self.pending(*transaction, &**kind == "run"),
            Notice::Dropped { transaction, refusal } => self.dropped(*transaction, refusal),
            Notice::Progress { .. } => {}
            Notice::Final { height, hash, time_ms, leader, transactions, outcome } => {
                let at = Moment { height: *height, time_ms: *time_ms };
                transactions.iter().for_each(|id| self.transactions.put(*id, Fate::Included(*height)));
                outcome.events.iter().for_each(|event| self.chain(event, at));
                let summary = BlockSummary {
                    height: *height,
                    hash: hex::encode(hash),
                    time_ms: *time_ms,
                    leader: *leader,
                    transactions: transactions.len() as u64,
                    events: outcome.events.len() as u64,
                };
                // The block's own event is no event of the chain.
                let caused = events.iter().take(outcome.events.len()).cloned().collect();
                self.block(summary, caused);
            }
        }
    }

    /// The latest blocks, newest first.
    #[must_use]
    pub fn blocks(&self, limit: usize) -> Vec<BlockSummary> {
        self.blocks.iter().rev().take(limit).map(|(summary, _)| summary.clone()).collect()
    }

    /// What a block did, if it is remembered.
    #[must_use]
    pub fn events(&self, height: u64) -> Option<Vec<Event>> {
        let (summary, events) = self.blocks.iter().rev().find(|(summary, _)| summary.height == height)?;
        (summary.events == events.len() as u64).then(|| events.clone())
    }

    /// The latest workloads, newest first, all or those in one state.
    #[must_use]
    pub fn workloads(&self, limit: usize, state: Option<WorkloadState>) -> Vec<WorkloadSummary> {
        let wanted = |summary: &&WorkloadSummary| state.is_none_or(|state| summary.state == state);
        self.workloads.newest().filter(wanted).take(limit).copied().collect()
    }

    /// What became of a transaction.
    #[must_use]
    pub fn transaction(&self, id: TxId) -> Option<Fate> {
        self.transactions.get(&id).cloned()
    }

    /// Remembers the log of an attempt that ran here.
    pub fn keep_log(&mut self, workload: WorkloadId, attempt: u16, log: BlobId) {
        self.logs.put((workload, attempt), log);
    }

    /// The log of an attempt that ran here.
    #[must_use]
    pub fn log(&self, workload: WorkloadId, attempt: u16) -> Option<BlobId> {
        self.logs.get(&(workload, attempt)).copied()
    }

    /// Takes in how a block moved money.
    pub fn move_money(&mut self, height: u64, time_ms: u64, movements: &[Movement]) {
        self.money.take(height, time_ms, movements);
    }

    /// The newest movements of an account, or the newest that are older than the one at `before`, a height and a place.
    #[must_use]
    pub fn movements(&self, account: AccountId, limit: usize, before: Option<(u64, u32)>) -> Page {
        self.money.page(account, limit, before)
    }

    fn block(&mut self, summary: BlockSummary, events: Vec<Event>) {
        // After a crash the last blocks come again.
        if self.blocks.back().is_some_and(|(last, _)| last.height >= summary.height) {
            return;
        }
        self.events += events.len();
        self.blocks.push_back((summary, events));
        while self.blocks.len() > BLOCKS_MAX {
            self.events -= self.blocks.pop_front().map_or(0, |(_, events)| events.len());
        }
        let mut oldest = self.blocks.iter_mut();
        while self.events > EVENTS_MAX {
            let Some((_, events)) = oldest.next() else { return };
            self.events -= std::mem::take(events).len();
        }
    }

    fn pending(&mut self, transaction: TxId, run: bool) {
        if self.is_included(transaction) {
            return;
        }
        self.transactions.put(transaction, Fate::Pending { run });
        if run {
            let workload = WorkloadId::from(transaction);
            self.workloads.put_new(workload, summary(workload));
        }
    }

    fn is_included(&self, transaction: TxId) -> bool {
        matches!(self.transactions.get(&transaction), Some(Fate::Included(_)))
    }

    fn dropped(&mut self, transaction: TxId, refusal: &Refusal) {
        if self.is_included(transaction) {
            return;
        }
        if let Some(Fate::Pending { run: true }) = self.transactions.get(&transaction) {
            self.workloads.remove(&transaction.into());
        }
        self.transactions.put(transaction, Fate::Dropped(refusal.clone()));
    }

    fn chain(&mut self, event: &ChainEvent, at: Moment) {
        let Some(workload) = event.workload() else { return };
        let mut known = self.workloads.get(&workload).copied().unwrap_or_else(|| summary(workload));
        let state = match event {
            ChainEvent::Queued { sender, .. } => {
                known.sender = Some(*sender);
                WorkloadState::Queued
            }
            ChainEvent::Allocated { attempt, prover, .. } => {
                (known.attempt, known.prover) = (*attempt, Some(*prover));
                WorkloadState::Allocated
            }
            ChainEvent::Accepted { .. } => WorkloadState::Proving,
            ChainEvent::Proved { .. } => WorkloadState::Proved,
            // Queued again, unless the end follows, which then says so.
            ChainEvent::AttemptEnded { .. } => WorkloadState::Queued,
            ChainEvent::Ended { state, .. } => (*state).into(),
            ChainEvent::Deployed { .. }
            | ChainEvent::BeaconWanted
            | ChainEvent::Drawn { .. }
            | ChainEvent::Renewed { .. }
            | ChainEvent::Epoch { .. }
            | ChainEvent::Tested { .. }
            | ChainEvent::Slashed { .. }
            | ChainEvent::Jailed { .. } => return,
        };
        (known.state, known.since) = (state, Some(at));
        self.workloads.put(workload, known);
    }
}

fn summary(workload: WorkloadId) -> WorkloadSummary {
    WorkloadSummary { workload, sender: None, state: WorkloadState::Pending, since: None, attempt: 0, prover: None }
}

/// How many entries of a kind are remembered.
trait Bounded {
    const MAX: usize;
}

impl Bounded for WorkloadSummary {
    const MAX: usize = WORKLOADS_MAX;
}

impl Bounded for Fate {
    const MAX: usize = TRANSACTIONS_MAX;
}

impl Bounded for BlobId {
    const MAX: usize = LOGS_MAX;
}

/// The entries that came last.
#[derive(Debug)]
struct Recent<K, V> {
    entries: BTreeMap<K, (u64, V)>,
    order: BTreeMap<u64, K>,
    next: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<K: Copy + Ord, V: Bounded> Recent<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Changes an entry in its place, or adds it as the newest.
    fn put(&mut self, key: K, value: V) {
        if let Some((_, known)) = self.entries.get_mut(&key) {
            *known = value;
            return;
        }
        self.entries.insert(key, (self.next, value));
        self.order.insert(self.next, key);
        self.next += 1;
        if self.entries.len() > V::MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
    }

    /// Adds an entry, unless it is there.
    fn put_new(&mut self, key: K, value: V) {
        if !self.entries.contains_key(&key) {
            self.put(key, value);
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some((number, _)) = self.entries.remove(key) {
            self.order.remove(&number);
        }
    }

    fn newest(&self) -> impl Iterator<Item = &V> {
        self.order.values().rev().filter_map(|key| self.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{AccountId, EndReason, List, State, event::Outcome, genesis::PeerId};

    fn block(height: u64, transactions: Vec<TxId>, events: Vec<ChainEvent>) -> Notice {
        let outcome = Outcome { height: types::Height(height), events: List::truncated(events) };
        let (hash, leader) = ([1; 32], PeerId([2; 32]));
        Notice::Final { height, hash, time_ms: height * 1000, leader, transactions, outcome }
    }

    fn apply(index: &mut Index, notice: &Notice) {
        index.apply(notice, &Event::of(notice));
    }

    fn pending(id: u8, kind: &str) -> Notice {
        Notice::Pending { transaction: TxId([id; 32]), kind: types::Text::truncated(kind) }
    }

    #[test]
    fn a_workload_is_followed_from_the_mempool_to_its_end() {
        let (mut index, id) = (Index::default(), WorkloadId([1; 32]));
        let states = |index: &Index| index.workloads(9, None).iter().map(|it| it.state.word()).collect::<Vec<_>>();
        apply(&mut index, &pending(1, "run"));
        apply(&mut index, &pending(2, "transfer"));
        assert_eq!(states(&index), ["pending"]);
        let queued = ChainEvent::Queued { workload: id, sender: AccountId([7; 32]) };
        apply(&mut index, &block(5, vec![TxId([1; 32])], vec![queued]));
        assert_eq!(states(&index), ["queued"]);
        assert_eq!(index.transaction(TxId([1; 32])), Some(Fate::Included(5)));
        let ended = ChainEvent::Ended { workload: id, state: State::Expired, reason: EndReason::NoProver };
        apply(&mut index, &block(6, vec![], vec![ended]));
        assert_eq!(states(&index), ["expired"]);
        assert_eq!(index.workloads(9, Some(WorkloadState::Queued)), []);
        assert_eq!(index.blocks(1)[0].height, 6);
        assert_eq!(index.events(5).map(|events| events.len()), Some(1));
        assert_eq!(index.events(4), None);
    }

    #[test]
    fn a_dropped_run_leaves_its_reason_and_no_workload() {
        let mut index = Index::default();
        apply(&mut index, &pending(1, "run"));
        apply(&mut index, &Notice::Dropped { transaction: TxId([1; 32]), refusal: Refusal::Busy });
        assert_eq!(index.workloads(9, None), []);
        assert_eq!(index.transaction(TxId([1; 32])), Some(Fate::Dropped(Refusal::Busy)));
    }

    #[test]
    fn a_block_that_comes_again_counts_once() {
        let mut index = Index::default();
        for height in [1, 2, 2, 1, 3] {
            apply(&mut index, &block(height, vec![], vec![ChainEvent::BeaconWanted]));
        }
        assert_eq!(index.blocks(9).iter().map(|it| it.height).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn everything_has_a_bound() {
        let mut index = Index::default();
        for height in 0..BLOCKS_MAX as u64 + 10 {
            apply(&mut index, &block(height, vec![], vec![ChainEvent::BeaconWanted; 64]));
        }
        assert_eq!(index.blocks.len(), BLOCKS_MAX);
        assert!(index.events <= EVENTS_MAX);
        assert_eq!(index.events(20), None, "the oldest blocks lose their events first");
        for number in 0..TRANSACTIONS_MAX as u64 + 10 {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_le_bytes());
            let kind = types::Text::truncated("run");
            apply(&mut index, &Notice::Pending { transaction: TxId(id), kind });
        }
        assert_eq!(index.transactions.entries.len(), TRANSACTIONS_MAX);
        assert_eq!(index.workloads.entries.len(), WORKLOADS_MAX);
        assert_eq!(index.workloads.order.len(), WORKLOADS_MAX);
    }
}
