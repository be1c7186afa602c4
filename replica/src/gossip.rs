//! What peers say: decoded within bounds, checked, handed to the pool it is meant for; refused with a code, and counted.

use crate::{Replica, out::Out, reads::Purpose, verifier::SaidBy};
use ports::Channel;
use std::collections::VecDeque;
use types::{
    Genesis, Program, ProverAction, ProverMessage, Refusal, Signed, State, Workload, codec,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    limits::GOSSIP_MAX,
    message::SignedProverMessage,
    record::Meta,
    state_key,
    verdict::Subject,
};

/// Messages that are ahead of this node's state and wait for it.
const EARLY_MAX: usize = 1_024;
/// How long they wait, in milliseconds.
const EARLY_MS: u64 = 10_000;

/// Where something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A peer.
    Peer(PeerId),
    /// A user of this node, who waits for an answer under this token.
    User(u64),
    /// This node's own journal.
    Journal,
}

/// Provers' messages that are ahead of this node's state: the block that they follow is not applied here yet.
#[derive(Default)]
pub(crate) struct Early {
    waiting: VecDeque<(u64, SignedProverMessage, Origin)>,
}

impl Early {
    fn wait(&mut self, since_ms: u64, signed: SignedProverMessage, origin: Origin) {
        if self.waiting.len() >= EARLY_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back((since_ms, signed, origin));
    }
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
                if let Err(refusal) = self.verdicts.insert(signed, self.chain.id, &self.chain.set, out) {
                    out.refused("verdict", &refusal);
                }
            }
            Gossip::Want { blob, part, .. } => self.blobs.serve(from, blob, part, out),
            Gossip::Lack { blob } => self.blobs.lack(from, blob, out),
        }
    }

    /// A prover's message.
    fn take_message(&mut self, signed: SignedProverMessage, origin: Origin, out: &mut Out<'_>) {
        if self.messages.contains(&signed) {
            return;
        }
        let known = |account| self.chain.set.members.binary_search_by_key(&account, |member| member.account).is_ok();
        // A stranger's message costs no read; everybody else's is checked against the state, its signature included.
        match known(signed.value.prover) {
            true => self.ask_about(signed, origin, out.now, out),
            false => out.refused("prover-message", &Refusal::Stranger),
        }
    }

    /// Reads the workload that a message is about. `since_ms`: when the message first came.
    pub(crate) fn ask_about(&mut self, signed: SignedProverMessage, origin: Origin, since_ms: u64, out: &mut Out<'_>) {
        let keys = vec![state_key::meta(), state_key::workload(signed.value.workload)];
        self.reads.ask(Purpose::Message { signed: Box::new(signed), origin, since_ms }, keys, out);
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
        match fits(&self.genesis, &signed, &meta, record.as_ref()) {
            Ok(()) => self.keep_message(signed, origin, record, out),
            Err(Misfit::Early) => self.early.wait(since_ms, signed, origin),
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
        let Signed { value, .. } = &signed;
        if let (ProverAction::Announce { proof, size }, Some(record)) = (&value.action, record) {
            let subject = Subject { workload: value.workload, attempt: value.attempt, proof: *proof };
            let peer = match origin {
                Origin::Peer(peer) => Some(peer),
                _ => None,
            };
            self.check(SaidBy { subject, size: *size, peer }, record, out);
        }
        self.messages.insert(signed, false, out.now);
    }

    /// Begins to check a proof that was announced, if nothing was begun about it.
    fn check(&mut self, announced: SaidBy, record: Workload, out: &mut Out<'_>) {
        if self.checks.as_ref().is_some_and(|checks| checks.wants(&announced.subject)) {
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
        let in_chain = || {
            let (subject, announced) = record.subject()?;
            Some(SaidBy { subject, size: announced.size, peer: None })
        };
        if let (Some(said), Some(checks)) = (announced.or_else(in_chain), &mut self.checks)
            && checks.wants(&said.subject)
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

    /// Looks again at messages that were ahead of the state.
    pub(crate) fn retry_early(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        let waiting = std::mem::take(&mut self.early.waiting);
        for (since_ms, signed, origin) in waiting {
            if now.saturating_sub(since_ms) < EARLY_MS {
                self.ask_about(signed, origin, since_ms, out);
            }
        }
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
fn fits(genesis: &Genesis, signed: &SignedProverMessage, meta: &Meta, record: Option<&Workload>) -> Result<(), Misfit> {
    let attempts = record.map_or(0, |record| record.attempts.len());
    if record.is_some_and(|record| is_ahead(record, &signed.value)) {
        // The accept that it follows is in no block yet: both can stand in the next.
        return signed.clone().verify(meta.chain).map(|_| ()).map_err(Misfit::Wrong);
    }
    match ledger::admission::check_message(genesis, meta, signed, record) {
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
