//! Offences that this node can prove, until they are in a block (rule 13).
//!
//! A prover convicts itself: two messages of it that contradict each other, or a verdict against the certificate. Who leads a
//! block puts in what it has found.

use crate::{
    Replica,
    out::Out,
    reads::{Purpose, record},
};
use bytes::Bytes;
use std::collections::BTreeMap;
use types::{
    AccountId, WorkloadId,
    offence::{Evidence, Offence},
    record::Meta,
};

/// Pieces of evidence that wait at once.
const WAITING_MAX: usize = 256;
/// Until evidence that gets into no block is forgotten, in milliseconds.
const STALE_MS: u64 = 600_000;

/// What an offence is paid for once by.
pub(crate) type Name = (AccountId, WorkloadId, u16, Offence);

pub(crate) const fn name(evidence: &Evidence) -> Name {
    let (workload, attempt) = evidence.attempt();
    (evidence.prover(), workload, attempt, evidence.offence())
}

/// Evidence that waits for a block.
#[derive(Default)]
pub(crate) struct Offences {
    waiting: BTreeMap<Name, (u64, Evidence)>,
}

impl Offences {
    /// A block holds evidence.
    pub fn included(&mut self, evidence: &Evidence) {
        self.waiting.remove(&name(evidence));
    }

    /// Forgets what took no effect.
    pub fn tick(&mut self, now: u64) {
        self.waiting.retain(|_, (since_ms, _)| now.saturating_sub(*since_ms) < STALE_MS);
    }

    /// Evidence for a block, but for that of `done`.
    pub fn peek(&self, max: usize, done: &[Name]) -> Vec<Evidence> {
        let waiting = self.waiting.iter().filter(|(name, _)| !done.contains(name));
        waiting.take(max).map(|(_, (_, evidence))| evidence.clone()).collect()
    }
}

impl Replica {
    /// A prover convicted itself: the state tells whether that is still to be punished.
    pub(crate) fn accuse(&mut self, evidence: Evidence, out: &mut Out<'_>) {
        let full = self.offences.waiting.len() >= WAITING_MAX;
        if full || self.offences.waiting.contains_key(&name(&evidence)) {
            return;
        }
        let keys = ledger::admission::keys_of_evidence(&evidence);
        self.reads.ask(Purpose::Evidence(Box::new(evidence)), keys, out);
    }

    /// What decides about evidence was read: the chain as a whole first.
    pub(crate) fn judge_evidence(&mut self, evidence: Evidence, values: &[Option<Bytes>], out: &Out<'_>) {
        let Some(meta) = record::<Meta>(values.first()) else { return };
        if ledger::admission::check_evidence(&meta, &evidence, values).is_ok() {
            self.offences.waiting.insert(name(&evidence), (out.now, evidence));
        }
    }
}
