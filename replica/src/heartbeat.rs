//! Heartbeats (rule 10): once in an epoch this node's prover says that it is alive, unless a verdict of it says so already.

use crate::{
    Replica,
    gossip::Origin,
    out::Out,
    reads::{Purpose, record},
};
use bytes::Bytes;
use std::collections::BTreeMap;
use types::{
    AccountId, ChainId, Refusal, SecretKey, Signed,
    gossip::Gossip,
    limits::REGISTERED_MAX,
    record::{Meta, Prover},
    registry::{Heartbeat, SignedHeartbeat},
    state_key,
};

/// How often this node looks whether its heartbeat took effect, and tells it again, in milliseconds.
const LOOK_AGAIN_MS: u64 = 5_000;

/// This node's prover.
struct Own {
    chain: ChainId,
    secret: SecretKey,
    /// The epoch in which it is known to have been heard.
    heard: Option<u64>,
    looked_ms: Option<u64>,
}

/// Heartbeats that wait for a block.
pub(crate) struct Heartbeats {
    own: Option<Own>,
    epoch: Option<u64>,
    waiting: BTreeMap<AccountId, SignedHeartbeat>,
}

impl Heartbeats {
    pub fn new(chain: ChainId, secret: Option<SecretKey>) -> Self {
        let own = secret.map(|secret| Own { chain, secret, heard: None, looked_ms: None });
        Self { own, epoch: None, waiting: BTreeMap::new() }
    }

    /// The epoch of the chain is known. What was said in an earlier one is of no use any more.
    pub fn epoch(&mut self, epoch: u64) {
        if self.epoch.replace(epoch) == Some(epoch) {
            return;
        }
        if let Some(own) = &mut self.own {
            own.looked_ms = None;
        }
        self.waiting.retain(|_, signed| signed.value.epoch >= epoch);
    }

    /// A block holds a heartbeat.
    pub fn included(&mut self, signed: &SignedHeartbeat) {
        self.waiting.remove(&signed.value.prover);
    }

    /// The account whose record tells whether it must be heard, when it is time to look.
    fn due(&mut self, now: u64) -> Option<AccountId> {
        let (own, epoch) = (self.own.as_mut()?, self.epoch?);
        let waits = own.looked_ms.is_some_and(|looked| now.saturating_sub(looked) < LOOK_AGAIN_MS);
        if own.heard == Some(epoch) || waits {
            return None;
        }
        own.looked_ms = Some(now);
        Some(own.secret.account())
    }

    /// This node's prover as the state has it. Returns its heartbeat, if it was not heard in this epoch.
    fn look(&mut self, prover: Option<&Prover>) -> Option<SignedHeartbeat> {
        let (own, epoch, prover) = (self.own.as_mut()?, self.epoch?, prover?);
        if prover.seen >= epoch {
            own.heard = Some(epoch);
            return None;
        }
        let value = Heartbeat { chain: own.chain, prover: prover.account, epoch };
        let signed = Signed::new(value, &own.secret);
        self.waiting.insert(prover.account, signed.clone());
        Some(signed)
    }

    /// Whether it could be of use: of this epoch, and not waiting already.
    fn wants(&self, signed: &SignedHeartbeat) -> bool {
        let known = self.waiting.get(&signed.value.prover).is_some_and(|other| other.value == signed.value);
        self.epoch == Some(signed.value.epoch) && !known && self.waiting.len() < REGISTERED_MAX
    }

    /// Heartbeats for a block, but for those of `done`.
    pub fn peek(&self, max: usize, done: &[AccountId]) -> Vec<SignedHeartbeat> {
        let waiting = self.waiting.iter().filter(|(prover, _)| !done.contains(prover));
        waiting.take(max).map(|(_, signed)| signed.clone()).collect()
    }
}

impl Replica {
    /// Looks after this node's own heartbeat.
    pub(crate) fn beat(&mut self, out: &mut Out<'_>) {
        if let Some(account) = self.heartbeats.due(out.now) {
            self.reads.ask(Purpose::OwnProver, vec![state_key::prover(account)], out);
        }
    }

    /// This node's prover was read.
    pub(crate) fn own_prover(&mut self, prover: Option<&Prover>, out: &mut Out<'_>) {
        if let Some(signed) = self.heartbeats.look(prover) {
            out.tell_all(&Gossip::Heartbeat(signed));
        }
    }

    /// A peer tells of a heartbeat.
    pub(crate) fn take_heartbeat(&mut self, signed: SignedHeartbeat, origin: Origin, out: &mut Out<'_>) {
        if !self.heartbeats.wants(&signed) {
            return;
        }
        if let Err(refusal) = signed.clone().verify(self.chain.id) {
            out.refused("heartbeat", &refusal);
            return;
        }
        let keys = vec![state_key::meta(), state_key::prover(signed.value.prover)];
        if !self.reads.ask(Purpose::Heartbeat { signed, origin }, keys, out) {
            out.refused("heartbeat", &Refusal::Busy);
        }
    }

    /// What decides about a heartbeat was read.
    pub(crate) fn judge_heartbeat(&mut self, signed: SignedHeartbeat, values: &[Option<Bytes>], out: &mut Out<'_>) {
        let (Some(meta), prover) = (record::<Meta>(values.first()), record::<Prover>(values.get(1))) else { return };
        match ledger::admission::check_heartbeat(&meta, &signed, prover.as_ref()) {
            Ok(()) if self.heartbeats.wants(&signed) => {
                self.heartbeats.waiting.insert(signed.value.prover, signed);
            }
            Ok(()) | Err(Refusal::Repeated) => {}
            Err(refusal) => out.refused("heartbeat", &refusal),
        }
    }
}
