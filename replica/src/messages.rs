//! Messages of provers that wait for a block: this node's own, told again until they take effect, and its peers'.

use crate::out::Out;
use std::collections::BTreeMap;
use types::{
    ProverAction, State, Workload, WorkloadId, gossip::Gossip, message::SignedProverMessage, verdict::Subject,
};

/// Messages that wait at once.
const WAITING_MAX: usize = 8_192;
/// How often own messages are told again, in milliseconds.
const TELL_AGAIN_MS: u64 = 1_500;
/// Until a peer's message that takes no effect is forgotten, in milliseconds: the peer tells it again.
const STALE_MS: u64 = 30_000;

/// A place in the pool: what is said of an attempt, one message of each kind.
type Place = (WorkloadId, u16, u8);

struct Waiting {
    signed: SignedProverMessage,
    own: bool,
    since_ms: u64,
    told_ms: u64,
}

/// Messages of provers that wait for a block.
#[derive(Default)]
pub(crate) struct Messages {
    waiting: BTreeMap<Place, Waiting>,
    /// The announcements that blocks hold, until their workloads end: another of the same attempt convicts its prover.
    announced: BTreeMap<(WorkloadId, u16), SignedProverMessage>,
}

const fn kind(action: &ProverAction) -> u8 {
    match action {
        ProverAction::Accept => 0,
        ProverAction::HandBack => 1,
        ProverAction::Fail(_) => 2,
        ProverAction::Announce { .. } => 3,
    }
}

pub(crate) const fn place(signed: &SignedProverMessage) -> Place {
    (signed.value.workload, signed.value.attempt, kind(&signed.value.action))
}

/// What verdicts are about, if it is an announcement.
pub(crate) const fn subject(signed: &SignedProverMessage) -> Option<Subject> {
    match &signed.value.action {
        ProverAction::Announce { proof, .. } => {
            Some(Subject { workload: signed.value.workload, attempt: signed.value.attempt, proof: *proof })
        }
        _ => None,
    }
}

impl Messages {
    /// Takes in a message that was checked. False if it waits already.
    pub fn insert(&mut self, signed: SignedProverMessage, own: bool, now: u64) -> bool {
        let place = place(&signed);
        if self.waiting.contains_key(&place) || self.waiting.len() >= WAITING_MAX && !own {
            return false;
        }
        self.waiting.insert(place, Waiting { signed, own, since_ms: now, told_ms: now });
        true
    }

    /// What waits in the place of a message, or was announced there in a block.
    pub fn get(&self, signed: &SignedProverMessage) -> Option<&SignedProverMessage> {
        let announced =
            subject(signed).and_then(|_| self.announced.get(&(signed.value.workload, signed.value.attempt)));
        self.waiting.get(&place(signed)).map(|waiting| &waiting.signed).or(announced)
    }

    /// A block holds a message. Returns what waited in its place.
    pub fn included(&mut self, signed: &SignedProverMessage) -> Option<SignedProverMessage> {
        let waited = self.get(signed).cloned();
        if subject(signed).is_some() {
            self.announced.insert((signed.value.workload, signed.value.attempt), signed.clone());
        }
        waited
    }

    /// Forgets what can no longer take effect on a workload as it is now.
    pub fn settle(&mut self, workload: &Workload) {
        let id = workload.id;
        let of_workload = self.waiting.range((id, 0, 0)..=(id, u16::MAX, u8::MAX)).map(|(place, _)| *place);
        let moot: Vec<Place> = of_workload.filter(|place| !can_take_effect(workload, place)).collect();
        for place in moot {
            self.waiting.remove(&place);
        }
    }

    /// Forgets all about a workload.
    pub fn end(&mut self, id: WorkloadId) {
        self.waiting.retain(|(workload, _, _), _| *workload != id);
        self.announced.retain(|(workload, _), _| *workload != id);
    }

    /// Tells peers again of own messages, and forgets peers' that took no effect.
    pub fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        self.waiting.retain(|_, waiting| waiting.own || now.saturating_sub(waiting.since_ms) < STALE_MS);
        let due = |waiting: &&mut Waiting| waiting.own && now.saturating_sub(waiting.told_ms) >= TELL_AGAIN_MS;
        for waiting in self.waiting.values_mut().filter(due).take(64) {
            waiting.told_ms = now;
            out.tell_all(&Gossip::Prover(waiting.signed.clone()));
        }
    }

    /// Messages for a block: an accept before what follows it.
    pub fn peek(&self, max: usize, done: &[Place]) -> Vec<SignedProverMessage> {
        let waiting = self.waiting.iter().filter(|(place, _)| !done.contains(place));
        waiting.take(max).map(|(_, waiting)| waiting.signed.clone()).collect()
    }
}

fn can_take_effect(workload: &Workload, (_, attempt, kind): &Place) -> bool {
    let Some((current, _)) = workload.current() else { return false };
    let stage_left = match workload.state {
        State::Allocated => true,
        State::Proving => *kind >= 2,
        _ => false,
    };
    // An attempt that the state has not come to yet may be told of early.
    *attempt > current || *attempt == current && stage_left
}
