//! Reads of the state that are under way: why each was asked for, and what follows from its answer.

use crate::{
    Replica,
    gossip::Origin,
    out::Out,
    prover::Turns,
    verifier::{Checks, SaidBy},
};
use borsh::BorshDeserialize;
use bytes::Bytes;
use ports::Key;
use std::{collections::BTreeMap, ops::Range};
use types::{
    Workload, codec,
    genesis::PeerId,
    limits::VALUE_MAX,
    message::SignedProverMessage,
    offence::Evidence,
    record::{DeployedProgram, Meta, Prover, VerdictSet},
    registry::SignedHeartbeat,
    state_key,
    transaction::SignedTransaction,
};

/// Reads under way for the users of this node; more are refused as *busy*.
const READS_OF_USERS: usize = 1_024;
/// Reads under way for what one peer said; more are refused as *busy*.
const READS_PER_PEER: usize = 256;

/// Why something is read.
pub(crate) enum Purpose {
    /// The chain as a whole, after each block.
    Meta,
    /// The verdict set of a version.
    Set(u64),
    /// The members of the verdict set in force, to see where they serve blobs.
    Sources,
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
    /// Pages of live workloads, at a start, and which are still to be read.
    SyncLive { left: Range<u64> },
    /// A page of heights whose beacons are wanted, at a start.
    SyncWanted { page: u64, head: u64, tail: u64 },
    /// This node's prover, to see whether it was heard in this epoch.
    OwnProver,
    /// The chain as a whole, and the prover whose heartbeat this is.
    Heartbeat { signed: SignedHeartbeat, origin: Origin },
    /// The chain as a whole, and what decides about evidence.
    Evidence(Box<Evidence>),
}

impl Purpose {
    /// For whom it is read.
    const fn origin(&self) -> Origin {
        match self {
            Self::Transaction { origin, .. } | Self::Message { origin, .. } | Self::Heartbeat { origin, .. } => *origin,
            Self::Program { announced: Some(SaidBy { peer: Some(peer), .. }), .. } => Origin::Peer(*peer),
            _ => Origin::Own,
        }
    }
}

/// Reads that are under way. Those for this node's own duties are as many as the state asks for; those for others are
/// counted.
#[derive(Default)]
pub(crate) struct Reads {
    next: u64,
    waiting: BTreeMap<u64, Purpose>,
    of_users: usize,
    of_peers: BTreeMap<PeerId, usize>,
}

impl Reads {
    /// Whether more can be read for somebody.
    pub fn has_room(&self, origin: Origin) -> bool {
        match origin {
            Origin::Own => true,
            Origin::User(_) => self.of_users < READS_OF_USERS,
            Origin::Peer(peer) => self.of_peers.get(&peer).is_none_or(|count| *count < READS_PER_PEER),
        }
    }

    /// Asks for values. False when there is no room; for this node's own duties there always is.
    pub fn ask(&mut self, purpose: Purpose, keys: Vec<Key>, out: &mut Out<'_>) -> bool {
        let origin = purpose.origin();
        if !self.has_room(origin) {
            return false;
        }
        match origin {
            Origin::Own => {}
            Origin::User(_) => self.of_users = self.of_users.saturating_add(1),
            Origin::Peer(peer) => {
                let count = self.of_peers.entry(peer).or_default();
                *count = count.saturating_add(1);
            }
        }
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(self.next, purpose);
        out.read(self.next, keys);
        true
    }

    /// A read is answered.
    fn take(&mut self, token: u64) -> Option<Purpose> {
        let purpose = self.waiting.remove(&token)?;
        match purpose.origin() {
            Origin::Own => {}
            Origin::User(_) => self.of_users = self.of_users.saturating_sub(1),
            Origin::Peer(peer) => {
                if let Some(count) = self.of_peers.get_mut(&peer) {
                    *count = count.saturating_sub(1);
                }
                self.of_peers.retain(|_, count| *count > 0);
            }
        }
        Some(purpose)
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
        let Some(purpose) = self.reads.take(token) else { return };
        let first = values.first();
        match purpose {
            Purpose::Meta => self.meta(record(first), out),
            Purpose::Set(version) => self.verdict_set(version, record(first), out),
            Purpose::Sources => self.sources(&values),
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
            Purpose::SyncLive { left } => self.sync_live(left, &values, out),
            Purpose::SyncWanted { page, head, tail } => self.sync_wanted(page, head, tail, record(first), out),
            Purpose::OwnProver => self.own_prover(record(first).as_ref(), out),
            Purpose::Heartbeat { signed, .. } => self.judge_heartbeat(signed, &values, out),
            Purpose::Evidence(evidence) => self.judge_evidence(*evidence, &values, out),
        }
    }

    /// Where other members of the verdict set serve blobs.
    fn sources(&mut self, members: &[Option<Bytes>]) {
        let me = self.turns.as_ref().map(Turns::account);
        let others = members.iter().filter_map(|value| record::<Prover>(Some(value)));
        let others = others.filter(|prover| Some(prover.account) != me && !prover.address.is_empty());
        self.blobs.sources(others.map(|prover| prover.address).collect());
    }

    /// Notices when another epoch began, and with it another verdict set.
    pub(crate) fn meta(&mut self, meta: Option<Meta>, out: &mut Out<'_>) {
        let Some(meta) = meta else { return };
        self.heartbeats.epoch(meta.epoch);
        self.holds.epoch(meta.epoch, out);
        self.chain.sets.advance(meta.set);
        if self.chain.sets.get(None).is_none() {
            self.reads.ask(Purpose::Set(meta.set), vec![state_key::verdict_set(meta.set)], out);
        }
    }

    fn verdict_set(&mut self, version: u64, set: Option<VerdictSet>, out: &mut Out<'_>) {
        let Some(set) = set else { return };
        if version == self.chain.sets.present() {
            let members = set.members.iter().map(|member| state_key::prover(member.account)).collect();
            self.reads.ask(Purpose::Sources, members, out);
        }
        self.chain.sets.insert(version, set);
        for workload in self.verdicts.look_again(&self.chain.sets, out) {
            self.look_at(workload, out);
        }
        // What this node said before a restart could not be taken in before.
        for verdict in self.checks.iter().flat_map(Checks::said).cloned().collect::<Vec<_>>() {
            self.own_verdict(verdict, out);
        }
    }
}
