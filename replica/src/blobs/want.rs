//! One blob that is fetched: which of its parts are there, and whom to ask for the others.

use std::collections::{BTreeMap, BTreeSet};
use types::{BlobId, blob::parts, genesis::PeerId, host::PartResult, part_map::PartMap};

/// Parts of one blob that are asked for at once.
const IN_FLIGHT_MAX: usize = 8;
/// Until a part that does not come is asked for elsewhere, in milliseconds.
const PART_TIMEOUT_MS: u64 = 4_000;
/// Until a peer that lacks a blob is asked for it again, in milliseconds.
const LACK_MS: u64 = 1_000;
/// Until a blob that could not be fetched by the APIs of others is looked for there again, in milliseconds.
const API_AGAIN_MS: u64 = 10_000;

/// What a blob is needed for. Each has room of its own, so that none keeps the others from being fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// A proof.
    Proof,
    /// What a proof is checked with.
    Check,
    /// What a program is run with.
    Turn,
}

impl Use {
    /// Blobs of this use that are fetched at once.
    pub const fn max(self) -> usize {
        match self {
            Self::Proof | Self::Check => 256,
            Self::Turn => 128,
        }
    }
}

/// A blob that a duty needs.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    pub what_for: Use,
    pub blob: BlobId,
    /// Its size in bytes, as it is said.
    pub size: u64,
    /// Who is likely to have it.
    pub hint: Option<PeerId>,
    /// Whether a block says so. Those go before what peers say.
    pub in_chain: bool,
}

impl Need {
    /// A blob that a block names.
    pub const fn of_chain(what_for: Use, blob: BlobId, size: u64) -> Self {
        Self { what_for, blob, size, hint: None, in_chain: true }
    }
}

/// Where a part that was asked for is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Asked { peer: PeerId, since_ms: u64 },
    Writing { peer: PeerId },
}

/// Whether the host fetches a blob by the APIs of others. Meanwhile peers are not asked for parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Idle { until_ms: u64 },
    Fetching,
}

/// A blob that is fetched by a size that is said of it.
pub(super) struct Want {
    pub what_for: Use,
    /// When it was looked for outside of this node for the first time.
    pub asked_ms: Option<u64>,
    /// How many parts it has; 0 until the store was found not to have the blob.
    parts: u32,
    kept: PartMap,
    /// Parts that are neither kept nor missing.
    under_way: BTreeMap<u32, Part>,
    api: Api,
    hint: Option<PeerId>,
    pub in_chain: bool,
    pub needed_ms: u64,
    /// Peers that said they lack it, until when.
    lacking: BTreeMap<PeerId, u64>,
    wrong: BTreeSet<PeerId>,
}

impl Want {
    pub fn new(what_for: Use) -> Self {
        Self {
            what_for,
            asked_ms: None,
            parts: 0,
            kept: PartMap::default(),
            under_way: BTreeMap::new(),
            api: Api::Idle { until_ms: 0 },
            hint: None,
            in_chain: false,
            needed_ms: 0,
            lacking: BTreeMap::new(),
            wrong: BTreeSet::new(),
        }
    }

    /// Somebody needs it, now.
    pub fn needed(&mut self, need: &Need, now: u64) {
        self.needed_ms = now;
        self.hint = need.hint.or(self.hint);
        self.in_chain |= need.in_chain;
    }

    /// The store does not have it.
    pub fn begin(&mut self, size: u64) {
        if self.parts == 0 {
            self.parts = parts(size);
            self.kept = PartMap::empty(size);
        }
    }

    /// Whether the host is to fetch it by the APIs of others, from now on.
    pub fn begin_api(&mut self, now: u64) -> bool {
        let begins = self.parts > 0 && matches!(self.api, Api::Idle { until_ms } if until_ms <= now);
        if begins {
            self.api = Api::Fetching;
            self.asked_ms.get_or_insert(now);
        }
        begins
    }

    /// Whether the host fetches it by the APIs of others.
    pub fn is_by_api(&self) -> bool {
        self.api == Api::Fetching
    }

    /// The host could not fetch it by the APIs of others, or not all of it.
    pub fn end_api(&mut self, kept: PartMap, now: u64) {
        self.api = Api::Idle { until_ms: now.saturating_add(API_AGAIN_MS) };
        self.kept = kept;
        self.doubt();
    }

    fn part(&self, part: u32) -> Option<Part> {
        self.under_way.get(&part).copied()
    }

    /// Whether this peer was asked for a part.
    pub fn is_asked(&self, part: u32, of: PeerId) -> bool {
        matches!(self.part(part), Some(Part::Asked { peer, .. }) if peer == of)
    }

    /// Whether the store checks a part that this peer sent.
    pub fn is_writing(&self, part: u32, peer: PeerId) -> bool {
        self.part(part) == Some(Part::Writing { peer })
    }

    /// A part that was asked for came, and the store is to check it.
    pub fn write(&mut self, part: u32, peer: PeerId) {
        self.under_way.insert(part, Part::Writing { peer });
    }

    /// A part is missing, whatever it was before.
    pub fn miss(&mut self, part: u32) {
        self.under_way.remove(&part);
    }

    /// The store checked a part that this peer sent.
    pub fn wrote(&mut self, part: u32, peer: PeerId, result: PartResult) {
        self.under_way.remove(&part);
        if result == PartResult::Kept {
            self.kept.put(part);
        }
        if result == PartResult::Wrong {
            self.wrong.insert(peer);
        }
        self.doubt();
    }

    /// All parts are kept, and yet it is not whole: the store has given up parts that it had, or does not know that it has all.
    fn doubt(&mut self) {
        if self.kept.next_missing(0, self.parts).is_none() {
            self.kept.clear();
        }
    }

    /// A peer does not have it now.
    pub fn lacks(&mut self, from: PeerId, now: u64) {
        self.lacking.insert(from, now.saturating_add(LACK_MS));
        self.under_way.retain(|_, part| !matches!(part, Part::Asked { peer, .. } if *peer == from));
    }

    /// Takes back what did not come.
    pub fn time_out(&mut self, now: u64) {
        let lacking = &mut self.lacking;
        self.under_way.retain(|_, part| {
            let Part::Asked { peer, since_ms } = *part else { return true };
            let waits = now.saturating_sub(since_ms) < PART_TIMEOUT_MS;
            if !waits {
                lacking.insert(peer, now.saturating_add(LACK_MS));
            }
            waits
        });
    }

    /// Missing parts to be asked for, of whom; as many at once as may be. `turn` spreads them over peers.
    pub fn next(&mut self, peers: &[PeerId], turn: &mut usize, now: u64) -> Vec<(u32, PeerId)> {
        let peers = self.usable(peers, now);
        let in_flight = self.under_way.values().filter(|part| matches!(part, Part::Asked { .. })).count();
        let mut asked = Vec::new();
        let mut from = 0;
        while asked.len() < IN_FLIGHT_MAX.saturating_sub(in_flight) {
            let Some(part) = self.kept.next_missing(from, self.parts) else { break };
            from = part.saturating_add(1);
            if self.under_way.contains_key(&part) {
                continue;
            }
            *turn = turn.wrapping_add(1);
            let Some(peer) = turn.checked_rem(peers.len()).and_then(|turn| peers.get(turn)) else { break };
            self.under_way.insert(part, Part::Asked { peer: *peer, since_ms: now });
            asked.push((part, *peer));
            self.asked_ms.get_or_insert(now);
        }
        asked
    }

    fn usable(&self, peers: &[PeerId], now: u64) -> Vec<PeerId> {
        let usable =
            |peer: &&PeerId| !self.wrong.contains(peer) && self.lacking.get(peer).is_none_or(|until| *until <= now);
        let peers: Vec<PeerId> = peers.iter().filter(usable).copied().collect();
        match self.hint.filter(|hint| peers.contains(hint)) {
            Some(hint) => vec![hint],
            None => peers,
        }
    }
}
