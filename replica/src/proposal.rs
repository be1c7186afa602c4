//! What a leader puts into a block (rule 4): it peeks into the pools and removes nothing, since a proposal can be cancelled.
//!
//! A leader with work answers at once; an idle one waits up to the block interval, and answers as soon as work comes. Work that
//! was offered just now and did not get into a block does not count as work again before an interval has passed: what the
//! ledger leaves out of a block must not make the chain spin.

use crate::{PROPOSE, Replica, messages, offences, out::Out};
use bytes::Bytes;
use ports::Action;
use std::collections::BTreeMap;
use types::{
    AccountId, Body, Height, List, WorkloadId,
    limits::{
        BODY_MAX, EVIDENCE_PER_BLOCK, HEARTBEATS_PER_BLOCK, PROVER_MESSAGES_PER_BLOCK, SETTLEMENTS_PER_BLOCK,
        TRANSACTIONS_PER_BLOCK,
    },
    verdict::Subject,
};

/// What stays free of a body for beacons, messages and settlements.
const RESERVED: usize = BODY_MAX >> 1;

/// A block that this node is asked for.
struct Asked {
    token: u64,
    height: Height,
    since_ms: u64,
    held: Held,
}

/// What the ancestors of the block hold already, though they are not final yet.
#[derive(Default)]
struct Held {
    nonces: BTreeMap<AccountId, u64>,
    messages: Vec<(WorkloadId, u16, u8)>,
    /// Proofs that are announced.
    announced: Vec<Subject>,
    settled: Vec<Subject>,
    beacons: Vec<Height>,
    heartbeats: Vec<AccountId>,
    evidence: Vec<offences::Name>,
}

impl Held {
    fn by(ancestors: &[Bytes]) -> Self {
        let mut held = Self::default();
        for body in ancestors.iter().filter_map(|bytes| Body::decode(bytes).ok()) {
            for signed in &body.transactions {
                let next = held.nonces.entry(signed.value.sender).or_default();
                *next = (*next).max(signed.value.nonce.saturating_add(1));
            }
            held.messages.extend(body.messages.iter().map(messages::place));
            held.announced.extend(body.messages.iter().filter_map(messages::subject));
            held.settled.extend(body.settlements.iter().map(|settlement| settlement.subject));
            held.beacons.extend(body.beacons.iter().map(|entry| entry.height));
            held.heartbeats.extend(body.heartbeats.iter().map(|signed| signed.value.prover));
            held.evidence.extend(body.evidence.iter().map(offences::name));
        }
        held
    }
}

/// The block that this node is asked for, if it is.
#[derive(Default)]
pub(crate) struct Proposal {
    asked: Option<Asked>,
    /// What was offered last, and when.
    offered: Option<(blake3::Hash, u64)>,
}

impl Proposal {
    pub fn asked(&mut self, token: u64, height: u64, ancestors: &[Bytes], now: u64) {
        self.asked = Some(Asked { token, height: Height(height), since_ms: now, held: Held::by(ancestors) });
    }
}

impl Replica {
    /// Answers the engine if it asks for a block, and there is work or the interval is over.
    pub(crate) fn propose(&mut self, out: &mut Out<'_>) {
        let interval = self.genesis.params.block_interval.0;
        let Some(asked) = &self.proposal.asked else { return };
        let over = asked.since_ms.saturating_add(interval);
        let body = self.candidates(asked, out.now);
        let filler = self.beacons.needs_filler(asked.height);
        let (idle, encoded) = (body.is_empty(), body.encode());
        let hash = blake3::hash(&encoded);
        let again =
            self.proposal.offered.is_some_and(|(last, at)| last == hash && out.now < at.saturating_add(interval));
        if out.now < over && !filler && (idle || again) {
            let grace = self.verdicts.next_ready(out.now, self.genesis.params.verdict_grace.0);
            out.wake(PROPOSE, grace.map_or(over, |end| end.min(over)));
            return;
        }
        let token = asked.token;
        self.proposal.offered = Some((hash, out.now));
        self.proposal.asked = None;
        out.actions.push(Action::Propose { token, body: encoded.into() });
    }

    fn candidates(&self, asked: &Asked, now: u64) -> Body {
        let (held, params) = (&asked.held, &self.genesis.params);
        let beacons = self.beacons.peek(asked.height, &held.beacons);
        let messages = self.messages.peek(PROVER_MESSAGES_PER_BLOCK, &held.messages);
        // A proof may be settled in the block that announces it.
        let announced: Vec<Subject> =
            held.announced.iter().copied().chain(messages.iter().filter_map(messages::subject)).collect();
        let (sets, grace) = (&self.chain.sets, params.verdict_grace.0);
        let settlements = self.verdicts.peek(sets, now, grace, SETTLEMENTS_PER_BLOCK, &announced, &held.settled);
        let transactions = self.mempool.peek(BODY_MAX.saturating_sub(RESERVED), TRANSACTIONS_PER_BLOCK, &held.nonces);
        Body {
            beacons: List::truncated(beacons),
            messages: List::truncated(messages),
            settlements: List::truncated(settlements),
            evidence: List::truncated(self.offences.peek(EVIDENCE_PER_BLOCK, &held.evidence)),
            heartbeats: List::truncated(self.heartbeats.peek(HEARTBEATS_PER_BLOCK, &held.heartbeats)),
            transactions: List::truncated(transactions),
        }
    }
}
