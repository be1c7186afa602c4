//! Reads of the state that are under way: why each was asked for, and what follows from its answer.

use crate::{Replica, gossip::Origin, out::Out, verifier::SaidBy};
use borsh::BorshDeserialize;
use bytes::Bytes;
use ports::Key;
use std::collections::BTreeMap;
use types::{
    Workload, codec,
    limits::VALUE_MAX,
    message::SignedProverMessage,
    record::{DeployedProgram, Meta, VerdictSet},
    state_key,
    transaction::SignedTransaction,
};

/// Reads under way at once; more are refused as *busy*.
const READS_MAX: usize = 16_384;

/// Why something is read.
pub(crate) enum Purpose {
    /// The chain as a whole, after each block.
    Meta,
    /// The verdict set of a version.
    Set(u64),
    /// A workload, to see what it asks of this node.
    Workload,
    /// The program of a workload whose prover or judge this node is.
    Program { record: Box<Workload>, announced: Option<SaidBy> },
    /// What decides about a transaction.
    Transaction { signed: Box<SignedTransaction>, origin: Origin },
    /// What decides about a transaction that got into no block for a while.
    Overdue(Box<SignedTransaction>),
    /// The chain as a whole, and the workload that a prover's message is about.
    Message { signed: Box<SignedProverMessage>, origin: Origin, since_ms: u64 },
    /// The chain as a whole, at a start.
    SyncMeta,
    /// A page of live workloads, at a start.
    SyncLive,
    /// A page of heights whose beacons are wanted, at a start.
    SyncWanted { page: u64, head: u64, tail: u64 },
}

/// Reads that are under way.
#[derive(Default)]
pub(crate) struct Reads {
    next: u64,
    waiting: BTreeMap<u64, Purpose>,
}

impl Reads {
    /// Asks for values. False when too much is under way.
    pub fn ask(&mut self, purpose: Purpose, keys: Vec<Key>, out: &mut Out<'_>) -> bool {
        if self.waiting.len() >= READS_MAX {
            return false;
        }
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(self.next, purpose);
        out.read(self.next, keys);
        true
    }
}

/// A record from the state. The state holds only what a block of more than two thirds wrote, so what does not decode was
/// written by a later version.
pub(crate) fn record<T: BorshDeserialize>(value: Option<&Option<Bytes>>) -> Option<T> {
    codec::decode(value?.as_deref()?, VALUE_MAX).ok()
}

impl Replica {
    /// Values were read.
    pub(crate) fn loaded(&mut self, token: u64, values: Vec<Option<Bytes>>, out: &mut Out<'_>) {
        let Some(purpose) = self.reads.waiting.remove(&token) else { return };
        let first = values.first();
        match purpose {
            Purpose::Meta => self.meta(record(first), out),
            Purpose::Set(version) => self.verdict_set(version, record(first)),
            Purpose::Workload => {
                if let Some(workload) = record(first) {
                    self.observe(workload, out);
                }
            }
            Purpose::Program { record: workload, announced } => {
                if let Some(DeployedProgram { program, .. }) = record(first) {
                    self.with_program(*workload, announced, program, out);
                }
            }
            Purpose::Transaction { signed, origin } => self.admit(*signed, origin, &values, out),
            Purpose::Overdue(signed) => self.keep_or_drop(&signed, &values, out),
            Purpose::Message { signed, origin, since_ms } => {
                self.judge_message(*signed, origin, since_ms, (record(first), record(values.get(1))), out);
            }
            Purpose::SyncMeta => self.sync_meta(record(first), out),
            Purpose::SyncLive => self.sync_live(&values, out),
            Purpose::SyncWanted { page, head, tail } => self.sync_wanted(page, head, tail, record(first), out),
        }
    }

    /// Notices when another verdict set is in force.
    pub(crate) fn meta(&mut self, meta: Option<Meta>, out: &mut Out<'_>) {
        let Some(meta) = meta else { return };
        if meta.set != self.chain.set_version {
            self.reads.ask(Purpose::Set(meta.set), vec![state_key::verdict_set(meta.set)], out);
        }
    }

    fn verdict_set(&mut self, version: u64, set: Option<VerdictSet>) {
        let Some(set) = set else { return };
        self.chain.set = set;
        self.chain.set_version = version;
    }
}
