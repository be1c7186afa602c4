//! Stands between an engine and its member and looks at everything that passes, for all lives of a node.

use crate::{
    host::locked,
    properties::{Held, Journal, OneWord},
};
use ports::{Action, Channel, Event, Member, Outbox};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use types::{
    AccountId, ChainEvent, ProverAction, codec,
    event::Outcome,
    gossip::Gossip,
    limits::{GOSSIP_MAX, VALUE_MAX},
};

/// A block as a node heard that it is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The hash of what it left for members.
    pub outcome: [u8; 32],
    /// What it did.
    pub events: Vec<ChainEvent>,
}

/// What was seen of one node over all its lives.
#[derive(Default)]
pub struct Record {
    journal: Journal,
    word: OneWord,
    finals: Vec<Final>,
    committees: BTreeMap<u64, Vec<ports::Peer>>,
    broken: Option<String>,
    /// Messages by kind, and how many bytes they were.
    pub sent: BTreeMap<&'static str, (u64, u64)>,
}

impl Record {
    /// The blocks that became final since this was asked last.
    pub fn take_finals(&mut self) -> Vec<Final> {
        std::mem::take(&mut self.finals)
    }

    /// Who sat in which epoch, as far as the engine said.
    #[must_use]
    pub const fn committees(&self) -> &BTreeMap<u64, Vec<ports::Peer>> {
        &self.committees
    }

    /// Whether the node kept what it must.
    ///
    /// # Errors
    /// The first thing that was wrong.
    pub fn check(&self) -> Held {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn note(&mut self, held: Held) {
        if let Err(wrong) = held {
            self.broken.get_or_insert(wrong);
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Start(start) => {
                let held = self.journal.starts(&start.persisted);
                self.note(held);
            }
            Event::Final { height, hash, outcome, .. } => {
                let bytes = outcome.as_deref().unwrap_or_default();
                let events = codec::decode::<Outcome>(bytes, VALUE_MAX).map(|outcome| outcome.events.into_vec());
                let events = events.unwrap_or_default();
                let outcome = *blake3::hash(bytes).as_bytes();
                self.finals.push(Final { height: *height, hash: *hash, outcome, events });
            }
            Event::Epoch { epoch, committee, .. } => {
                self.committees.insert(*epoch, committee.clone());
            }
            _ => {}
        }
    }

    fn actions(&mut self, outbox: &Outbox, own: Option<AccountId>) {
        self.journal.next_outbox();
        for action in outbox {
            match action {
                Action::Persist { key, value } => self.journal.persist(key.clone(), value.clone()),
                Action::Send { channel: Channel::Control, bytes, .. } => self.sends(bytes, own),
                _ => {}
            }
        }
    }

    fn sends(&mut self, bytes: &[u8], own: Option<AccountId>) {
        let gossip = match codec::decode::<Gossip>(bytes, GOSSIP_MAX) {
            Ok(gossip) => gossip,
            Err(error) => return self.note(Err(format!("a node sends what is no message: {error}"))),
        };
        let sent = self.sent.entry(kind(&gossip)).or_default();
        *sent = (sent.0 + 1, sent.1 + bytes.len() as u64);
        match gossip {
            Gossip::Verdict(signed) if Some(signed.prover) == own => {
                let held = self.word.verdict(&signed).and_then(|()| self.journal.sends(&codec::encode(&signed)));
                self.note(held);
            }
            Gossip::Prover(signed) if Some(signed.value.prover) == own => {
                let binds = matches!(signed.value.action, ProverAction::Announce { .. } | ProverAction::Fail(_));
                let durable = if binds { self.journal.sends(&codec::encode(&signed)) } else { Ok(()) };
                let held = self.word.message(&signed).and(durable);
                self.note(held);
            }
            _ => {}
        }
    }
}

const fn kind(gossip: &Gossip) -> &'static str {
    match gossip {
        Gossip::Transaction(_) => "transaction",
        Gossip::Prover(_) => "prover message",
        Gossip::BeaconShare { .. } => "beacon share",
        Gossip::Verdict(_) => "verdict",
        Gossip::Heartbeat(_) => "heartbeat",
        Gossip::Want { .. } => "want",
        Gossip::Lack { .. } => "lack",
    }
}

/// An event in words.
#[must_use]
pub fn tell(event: &ChainEvent) -> String {
    let about = event.workload().map(|id| id.to_string()).unwrap_or_default();
    let detail = match event {
        ChainEvent::Allocated { attempt, prover, .. } => format!(" attempt {attempt} to prover {}", short(&prover.0)),
        ChainEvent::AttemptEnded { attempt, end, .. } => format!(" attempt {attempt}: {}", end.word()),
        ChainEvent::Ended { state, .. } => format!(" {}", state.word()),
        ChainEvent::Drawn { height } => format!(" by the beacon of height {height}"),
        ChainEvent::Renewed { attempt, set, .. } => format!(" attempt {attempt}, by set {set}"),
        ChainEvent::Epoch { epoch, set, compute_price } => format!("{epoch}, verdict set {set}, price {compute_price}"),
        ChainEvent::Tested { prover } => format!("prover {}", short(&prover.0)),
        ChainEvent::Slashed { prover, offence, amount, .. } => {
            format!(" prover {} for {}: {amount} LEM", short(&prover.0), offence.word())
        }
        ChainEvent::Jailed { prover, until } => format!("prover {} until {until}", short(&prover.0)),
        _ => String::new(),
    };
    format!("{} {}{detail}", event.word(), about.get(..8).unwrap_or_default())
}

/// The first bytes of a name.
#[must_use]
pub fn short(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A member that is looked at.
pub struct Witness {
    member: Box<dyn Member>,
    own: Option<AccountId>,
    record: Arc<Mutex<Record>>,
}

impl Witness {
    /// Looks at a member whose prover, if it has one, is `own`.
    #[must_use]
    pub fn new(member: Box<dyn Member>, own: Option<AccountId>, record: Arc<Mutex<Record>>) -> Self {
        Self { member, own, record }
    }
}

impl Member for Witness {
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox) {
        locked(&self.record).event(&event);
        self.member.step(event, now_ms, outbox);
        locked(&self.record).actions(outbox, self.own);
    }
}
