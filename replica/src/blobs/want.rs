//! One blob that is fetched: which of its parts are there, and whom to ask for the others.

use std::collections::{BTreeMap, BTreeSet};
use types::{BlobId, blob::parts, genesis::PeerId, host::PartResult};

/// Parts of one blob that are asked for at once.
const IN_FLIGHT_MAX: usize = 8;
/// Until a part that does not come is asked for elsewhere, in milliseconds.
const PART_TIMEOUT_MS: u64 = 4_000;
/// Until a peer that lacks a blob is asked for it again, in milliseconds.
const LACK_MS: u64 = 1_000;

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

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Missing,
    Asked { peer: PeerId, since_ms: u64 },
    Writing { peer: PeerId },
    Kept,
}

/// A blob that is fetched by a size that is said of it.
pub(super) struct Want {
    pub what_for: Use,
    /// When a peer was asked for the first time.
    pub asked_ms: Option<u64>,
    /// Empty until the store was found not to have the blob.
    parts: Vec<Part>,
    hint: Option<PeerId>,
    pub in_chain: bool,
    pub needed_ms: u64,
    /// Peers that said they lack it, until when.
    lacking: BTreeMap<PeerId, u64>,
    wrong: BTreeSet<PeerId>,
}

impl Want {
    pub const fn new(what_for: Use) -> Self {
        Self {
            what_for,
            asked_ms: None,
            parts: Vec::new(),
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
        if self.parts.is_empty() {
            self.parts = vec![Part::Missing; parts(size) as usize];
        }
    }

    fn part(&self, part: u32) -> Option<Part> {
        self.parts.get(part as usize).copied()
    }

    /// Whether this peer was asked for a part.
    pub fn is_asked(&self, part: u32, of: PeerId) -> bool {
        matches!(self.part(part), Some(Part::Asked { peer, .. }) if peer == of)
    }

    /// Whether the store checks a part that this peer sent.
    pub fn is_writing(&self, part: u32, peer: PeerId) -> bool {
        self.part(part) == Some(Part::Writing { peer })
    }

    pub fn put(&mut self, part: u32, now: Part) {
        if let Some(state) = self.parts.get_mut(part as usize) {
            *state = now;
        }
    }

    /// The store checked a part that this peer sent.
    pub fn wrote(&mut self, part: u32, peer: PeerId, result: PartResult) {
        self.put(part, if result == PartResult::Kept { Part::Kept } else { Part::Missing });
        if result == PartResult::Wrong {
            self.wrong.insert(peer);
        }
        if self.parts.iter().all(|part| *part == Part::Kept) {
            // And yet it is not whole: the store has given up parts that it had.
            self.parts.fill(Part::Missing);
        }
    }

    /// A peer does not have it now.
    pub fn lacks(&mut self, from: PeerId, now: u64) {
        self.lacking.insert(from, now.saturating_add(LACK_MS));
        for state in &mut self.parts {
            if matches!(state, Part::Asked { peer, .. } if *peer == from) {
                *state = Part::Missing;
            }
        }
    }

    /// Takes back what did not come.
    pub fn time_out(&mut self, now: u64) {
        for state in &mut self.parts {
            let Part::Asked { peer, since_ms } = *state else { continue };
            if now.saturating_sub(since_ms) >= PART_TIMEOUT_MS {
                self.lacking.insert(peer, now.saturating_add(LACK_MS));
                *state = Part::Missing;
            }
        }
    }

    /// Missing parts to be asked for, of whom; as many at once as may be. `turn` spreads them over peers.
    pub fn next(&mut self, peers: &[PeerId], turn: &mut usize, now: u64) -> Vec<(u32, PeerId)> {
        let peers = self.usable(peers, now);
        let in_flight = self.parts.iter().filter(|part| matches!(part, Part::Asked { .. })).count();
        let missing = self.parts.iter_mut().enumerate().filter(|(_, part)| **part == Part::Missing);
        let mut asked = Vec::new();
        for (index, state) in missing.take(IN_FLIGHT_MAX.saturating_sub(in_flight)) {
            *turn = turn.wrapping_add(1);
            let Some(peer) = turn.checked_rem(peers.len()).and_then(|turn| peers.get(turn)) else { break };
            let Ok(part) = u32::try_from(index) else { break };
            *state = Part::Asked { peer: *peer, since_ms: now };
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
