//! What a replica knows of the chain, and what it does when a block is final.

use crate::{Replica, out::Out, reads::Purpose, sets::Sets, verifier::SaidBy};
use ports::{Hash, Peer};
use types::{
    Body, Call, ChainEvent, ChainId, ChainTime, Height, State, Workload, WorkloadId, codec, event::Outcome,
    genesis::PeerId, host::Notice, limits::VALUE_MAX,
};

/// A block that was applied.
pub(crate) struct Applied {
    pub height: u64,
    pub hash: Hash,
    pub time_ms: u64,
    pub leader: Peer,
}

/// What a replica knows of the chain.
pub(crate) struct Chain {
    pub id: ChainId,
    pub height: Height,
    pub time: ChainTime,
    /// The verdict sets that were read.
    pub sets: Sets,
}

impl Chain {
    pub fn new(id: ChainId) -> Self {
        Self { id, height: Height(0), time: ChainTime(0), sets: Sets::default() }
    }
}

impl Replica {
    /// A block is final: pools forget what it did, duties learn what it asks for, listeners hear of it.
    pub(crate) fn applied(&mut self, block: Applied, body: &[u8], outcome: Option<&[u8]>, out: &mut Out<'_>) {
        self.chain.height = Height(block.height);
        self.chain.time = ChainTime(block.time_ms);
        let body = Body::decode(body).unwrap_or_default();
        let outcome = outcome.and_then(|bytes| codec::decode::<Outcome>(bytes, VALUE_MAX).ok());
        // After a crash the key may still hold an older block's outcome.
        let outcome = outcome.filter(|outcome| outcome.height == self.chain.height).unwrap_or_default();
        self.mempool.applied(body.transactions.iter(), self.chain.height, out);
        for signed in self.mempool.take_recalled() {
            self.take_transaction(signed, crate::gossip::Origin::Own, out);
        }
        for signed in &body.transactions {
            if let Call::Deploy(program) = &signed.value.call {
                Self::keep(program, out);
            }
        }
        body.heartbeats.iter().for_each(|signed| self.heartbeats.included(signed));
        body.evidence.iter().for_each(|evidence| self.offences.included(evidence));
        for signed in &body.messages {
            if let Some(waited) = self.messages.included(signed) {
                self.compare(waited, signed.clone(), out);
            }
        }
        for event in &outcome.events {
            self.happened(event, out);
        }
        self.retry_early(out);
        self.reads.ask(Purpose::Meta, vec![types::state_key::meta()], out);
        let transactions = body.transactions.iter().map(|signed| signed.value.id()).collect();
        let (height, hash, time_ms, leader) = (block.height, block.hash, block.time_ms, PeerId(block.leader));
        out.publish(Notice::Final { height, hash, time_ms, leader, transactions, outcome });
    }

    fn happened(&mut self, event: &ChainEvent, out: &mut Out<'_>) {
        match event {
            ChainEvent::BeaconWanted => self.beacons.want(self.chain.height, out),
            ChainEvent::Drawn { height } => self.beacons.drawn(*height),
            ChainEvent::Deployed { .. }
            | ChainEvent::Epoch { .. }
            | ChainEvent::Tested { .. }
            | ChainEvent::Slashed { .. }
            | ChainEvent::Jailed { .. } => {}
            ChainEvent::Queued { workload, .. }
            | ChainEvent::Allocated { workload, .. }
            | ChainEvent::Accepted { workload, .. }
            | ChainEvent::Proved { workload, .. }
            | ChainEvent::Renewed { workload, .. }
            | ChainEvent::AttemptEnded { workload, .. }
            | ChainEvent::Ended { workload, .. } => self.look_at(*workload, out),
        }
    }

    /// Reads a workload to see what it asks of this node.
    pub(crate) fn look_at(&mut self, id: WorkloadId, out: &mut Out<'_>) {
        self.reads.ask(Purpose::Workload, vec![types::state_key::workload(id)], out);
    }

    /// A workload as it is now. Everything that a replica does about a workload begins here, after a block and after a start.
    pub(crate) fn observe(&mut self, record: Workload, out: &mut Out<'_>) {
        self.hold(&record, out);
        self.messages.settle(&record);
        if let Some(turns) = &mut self.turns {
            turns.observe(&record, out);
        }
        if let Some(checks) = &mut self.checks {
            checks.observe(&record, out);
            if let Some(refused) = checks.next_refused() {
                self.look_at(refused, out);
            }
        }
        for evidence in self.verdicts.observe(&record, &self.chain.sets, out) {
            self.accuse(evidence, out);
        }
        self.know_set(&record, out);
        match record.state {
            state if state.is_end() => self.messages.end(record.id),
            State::Queued => {}
            _ => self.begin(record, out),
        }
    }

    /// Reads the verdict set that judges a workload's proof, where it was not read before.
    fn know_set(&mut self, record: &Workload, out: &mut Out<'_>) {
        let judges = record.subject().map(|(_, announced)| announced.set);
        if let Some(version) = judges.filter(|version| self.chain.sets.get(Some(*version)).is_none()) {
            self.reads.ask(Purpose::Set(version), vec![types::state_key::verdict_set(version)], out);
        }
    }

    /// Asks for the program of a workload whose prover or judge this node is, and has not begun.
    fn begin(&mut self, record: Workload, out: &mut Out<'_>) {
        let drawn = self.turns.as_ref().is_some_and(|turns| turns.wants(&record));
        let judges = self
            .checks
            .as_mut()
            .zip(SaidBy::in_chain(&record))
            .is_some_and(|(checks, said)| checks.wants_or_remembers(&said));
        if drawn || judges {
            let key = types::state_key::program(record.run.program);
            self.reads.ask(Purpose::Program { record: Box::new(record), announced: None }, vec![key], out);
        }
    }
}
