//! What this node knows of transactions before they are in blocks, and of those that came into one a moment ago: bounded, in
//! memory, fed by notices. And which blobs are the logs of its own attempts.

use std::collections::BTreeMap;
use types::{BlobId, Refusal, TxId, WorkloadId, host::Notice};

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

/// What is remembered.
#[derive(Debug, Default)]
pub struct Mempool {
    transactions: Recent<TxId, Fate>,
    logs: Recent<(WorkloadId, u16), BlobId>,
}

impl Mempool {
    /// Takes in a notice.
    pub fn apply(&mut self, notice: &Notice) {
        match notice {
            Notice::Pending { transaction, kind } => {
                self.put(*transaction, Fate::Pending { run: &**kind == "run" });
            }
            Notice::Dropped { transaction, refusal } => self.put(*transaction, Fate::Dropped(refusal.clone())),
            Notice::Progress { .. } => {}
            Notice::Final { height, transactions, .. } => {
                transactions.iter().for_each(|id| self.transactions.put(*id, Fate::Included(*height)));
            }
        }
    }

    /// What became of a transaction.
    #[must_use]
    pub fn fate(&self, id: TxId) -> Option<Fate> {
        self.transactions.get(&id).cloned()
    }

    /// The runs that wait, newest first.
    #[must_use]
    pub fn runs(&self, limit: usize) -> Vec<WorkloadId> {
        let waits = |(id, fate): (&TxId, &Fate)| (*fate == Fate::Pending { run: true }).then_some((*id).into());
        self.transactions.newest().filter_map(waits).take(limit).collect()
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

    /// What a block says of a transaction is the last word.
    fn put(&mut self, transaction: TxId, fate: Fate) {
        if !matches!(self.transactions.get(&transaction), Some(Fate::Included(_))) {
            self.transactions.put(transaction, fate);
        }
    }
}

/// How many entries of a kind are remembered.
trait Bounded {
    const MAX: usize;
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

    fn newest(&self) -> impl Iterator<Item = (&K, &V)> {
        self.order.values().rev().filter_map(|key| Some((key, self.get(key)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Height, List, event::Outcome, genesis::PeerId};

    fn id(number: u64) -> TxId {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_le_bytes());
        TxId(id)
    }

    fn pending(number: u64, kind: &str) -> Notice {
        Notice::Pending { transaction: id(number), kind: types::Text::truncated(kind) }
    }

    fn dropped(number: u64) -> Notice {
        Notice::Dropped { transaction: id(number), refusal: Refusal::Busy }
    }

    fn included(number: u64) -> Notice {
        let outcome = Outcome { height: Height(5), events: List::default() };
        let (hash, leader) = ([1; 32], PeerId([2; 32]));
        Notice::Final { height: 5, hash, time_ms: 0, leader, transactions: vec![id(number)], outcome }
    }

    #[test]
    fn a_run_waits_until_it_is_in_a_block_or_dropped() {
        let mut mempool = Mempool::default();
        [pending(1, "run"), pending(2, "transfer"), pending(3, "run"), pending(4, "run")]
            .iter()
            .for_each(|it| mempool.apply(it));
        let run = |number| WorkloadId::from(id(number));
        assert_eq!(mempool.runs(2), [run(4), run(3)]);
        [included(3), dropped(4), dropped(3), pending(3, "run")].iter().for_each(|it| mempool.apply(it));
        assert_eq!(mempool.runs(9), [run(1)]);
        assert_eq!(mempool.fate(id(3)), Some(Fate::Included(5)), "the block has the last word");
        assert_eq!(mempool.fate(id(4)), Some(Fate::Dropped(Refusal::Busy)));
        assert_eq!(mempool.fate(id(9)), None);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut mempool = Mempool::default();
        (0..TRANSACTIONS_MAX as u64 + 10).for_each(|number| mempool.apply(&pending(number, "run")));
        assert_eq!(mempool.transactions.entries.len(), TRANSACTIONS_MAX);
        assert_eq!(mempool.transactions.order.len(), TRANSACTIONS_MAX);
        assert_eq!(mempool.fate(id(9)), None, "the oldest go first");
    }
}
