//! What peers say: decoded within bounds, checked, handed to the pool it is meant for; refused with a code, and counted.

use crate::{Replica, messages, out::Out, reads::Purpose, verifier::SaidBy};
use ports::Channel;
use types::{
    Program, ProverAction, ProverMessage, Refusal, State, Workload, codec,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    limits::GOSSIP_MAX,
    message::SignedProverMessage,
    offence::Evidence,
    record::Meta,
    state_key,
};

/// Where something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A peer.
    Peer(PeerId),
    /// A user of this node, who waits for an answer under this token.
    User(u64),
    /// This node itself: its journal, its prover.
    Own,
}

impl Replica {
    /// A peer says something.
    pub(crate) fn message(&mut self, from: PeerId, channel: Channel, bytes: &[u8], out: &mut Out<'_>) {
        let malformed = |error: codec::CodecError| Refusal::Malformed(error.to_string());
        match channel {
            Channel::Control => match codec::decode::<Gossip>(bytes, GOSSIP_MAX) {
                Ok(gossip) => self.gossip(from, gossip, out),
                Err(error) => out.refused("gossip", &malformed(error)),
            },
            Channel::Bulk => match codec::decode::<BulkPart>(bytes, channel.bytes_max()) {
                Ok(part) => self.blobs.part(from, part, out),
                Err(error) => out.refused("blob-part", &malformed(error)),
            },
        }
    }

    fn gossip(&mut self, from: PeerId, gossip: Gossip, out: &mut Out<'_>) {
        match gossip {
            Gossip::Transaction(signed) => self.take_transaction(signed, Origin::Peer(from), out),
            Gossip::Prover(signed) => self.take_message(signed, Origin::Peer(from), out),
            Gossip::BeaconShare { height, epoch, share } => {
                if let Err(refusal) = self.beacons.share(height, epoch, &share, self.chain.height) {
                    out.refused("beacon-share", &refusal);
                }
            }
            Gossip::Verdict(signed) => {
                if let Err(refusal) = self.take_verdict(signed, out) {
                    out.refused("verdict", &refusal);
                }
            }
            Gossip::Heartbeat(signed) => self.take_heartbeat(signed, Origin::Peer(from), out),
            Gossip::Want { blob, part, .. } => self.blobs.serve(from, blob, part, out),
            Gossip::Lack { blob } => self.blobs.lack(from, blob, out),
        }
    }

    /// A prover's message.
    fn take_message(&mut self, signed: SignedProverMessage, origin: Origin, out: &mut Out<'_>) {
        let known = self.messages.get(&signed);
        let other = known.filter(|known| messages::subject(known) != messages::subject(&signed)).cloned();
        if known.is_some() && other.is_none() {
            return;
        }
        match (signed.clone().verify(self.chain.id), other) {
            (Ok(_), Some(one)) => self.compare(one, signed, out),
            (Ok(_), None) => self.ask_about(signed, origin, out.now, out),
            (Err(refusal), _) => out.refused("prover-message", &refusal),
        }
    }

    /// Two messages in one place: one prover that announces two proofs in one attempt convicts itself.
    pub(crate) fn compare(&mut self, one: SignedProverMessage, other: SignedProverMessage, out: &mut Out<'_>) {
        if one.value.prover == other.value.prover && messages::subject(&one) != messages::subject(&other) {
            self.accuse(Evidence::TwoAnnouncements { one, other }, out);
        }
    }

    /// Reads the workload that a message is about. `since_ms`: when the message first came.
    pub(crate) fn ask_about(&mut self, signed: SignedProverMessage, origin: Origin, since_ms: u64, out: &mut Out<'_>) {
        let keys = vec![state_key::meta(), state_key::workload(signed.value.workload)];
        if !self.reads.ask(Purpose::Message { signed: Box::new(signed), origin, since_ms }, keys, out) {
            out.refused("prover-message", &Refusal::Busy);
        }
    }

    /// Decides about a prover's message by the workload as it is now.
    pub(crate) fn judge_message(
        &mut self,
        signed: SignedProverMessage,
        origin: Origin,
        since_ms: u64,
        (meta, record): (Option<Meta>, Option<Workload>),
        out: &mut Out<'_>,
    ) {
        let Some(meta) = meta else { return };
        match fits(&signed, &meta, record.as_ref()) {
            Ok(()) => self.keep_message(signed, origin, record, out),
            // Those of strangers could be without number.
            Err(Misfit::Early) if self.chain.sets.key(signed.value.prover).is_some() => {
                self.early.wait(since_ms, signed, origin);
            }
            Err(Misfit::Early) => {}
            Err(Misfit::Late) => {}
            Err(Misfit::Wrong(refusal)) => out.refused("prover-message", &refusal),
        }
    }

    fn keep_message(
        &mut self,
        signed: SignedProverMessage,
        origin: Origin,
        record: Option<Workload>,
        out: &mut Out<'_>,
    ) {
        let announced = SaidBy::told(&signed, origin);
        let is_new = self.messages.insert(signed, false, out.now);
        // This node's own messages wait before they come here.
        if let (Some(announced), Some(record)) = (announced, record)
            && (is_new || origin == Origin::Own)
        {
            self.check(announced, record, out);
        }
    }

    /// Begins to check a proof that was announced and that the ledger's rules admit, if nothing was begun about the attempt.
    fn check(&mut self, announced: SaidBy, record: Workload, out: &mut Out<'_>) {
        if self.checks.as_ref().is_some_and(|checks| checks.wants(&announced)) {
            let key = state_key::program(record.run.program);
            let purpose = Purpose::Program { record: Box::new(record), announced: Some(announced) };
            self.reads.ask(purpose, vec![key], out);
        }
    }

    /// The program of a workload is known: what this node has to do about it begins.
    pub(crate) fn with_program(
        &mut self,
        record: Workload,
        announced: Option<SaidBy>,
        program: Program,
        out: &mut Out<'_>,
    ) {
        Self::keep(&program, out);
        if let (Some(said), Some(checks)) = (announced.or_else(|| SaidBy::in_chain(&record)), &mut self.checks)
            && checks.wants_or_remembers(&said)
        {
            let known = checks.begin(said, record.clone(), program.clone(), out.now);
            if let Some(known) = known {
                self.own_verdict(known, out);
            }
        }
        if let Some(turns) = self.turns.as_mut().filter(|turns| turns.wants(&record)) {
            turns.begin(record, program, &mut self.messages, out);
        }
        self.go_on(out);
    }
}

enum Misfit {
    /// The state has not come to it yet.
    Early,
    /// It took effect, or its time is over.
    Late,
    Wrong(Refusal),
}

/// Whether a prover's message can take effect on a workload, now or later.
fn fits(signed: &SignedProverMessage, meta: &Meta, record: Option<&Workload>) -> Result<(), Misfit> {
    let attempts = record.map_or(0, |record| record.attempts.len());
    // Where the accept that it follows is in no block yet, both can stand in the next: the rules are asked as if it were.
    let accepted = record.filter(|record| is_ahead(record, &signed.value)).cloned();
    let accepted = accepted.map(|record| Workload { state: State::Proving, ..record });
    match ledger::admission::check_message(meta, signed, accepted.as_ref().or(record)) {
        Ok(()) => Ok(()),
        Err(Refusal::UnknownWorkload) => Err(Misfit::Early),
        Err(Refusal::WrongAttempt { got }) if usize::from(got) > attempts => Err(Misfit::Early),
        Err(Refusal::WrongAttempt { .. } | Refusal::WrongState { .. } | Refusal::Repeated) => Err(Misfit::Late),
        Err(refusal) => Err(Misfit::Wrong(refusal)),
    }
}

/// Whether a prover speaks of the end of an attempt that it has accepted, though no block says so yet.
fn is_ahead(record: &Workload, said: &ProverMessage) -> bool {
    let its_turn =
        record.current().is_some_and(|(attempt, turn)| attempt == said.attempt && turn.prover == said.prover);
    let of_the_end = matches!(said.action, ProverAction::Announce { .. } | ProverAction::Fail(_));
    its_turn && of_the_end && record.state == State::Allocated
}
