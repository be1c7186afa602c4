//! Blobs between nodes: fetching what duties need, part by part from any peer, and serving what peers ask for (rule 14).
//!
//! A part proves itself against the blob's name, so it may come from anybody; who sends a wrong one is not asked again for
//! that blob. The store behind it is the host's: a replica moves parts, it keeps none.

use crate::out::Out;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    BlobId, Data,
    blob::parts,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    host::{HostRequest, PartResult},
    limits::{BLOB_MAX, PART_MAX},
};

/// Blobs that are fetched at once.
const WANTS_MAX: usize = 256;
/// Blobs that are remembered to be in the store.
const PRESENT_MAX: usize = 8_192;
/// Parts of one blob that are asked for at once.
const IN_FLIGHT_MAX: usize = 8;
/// Parts that are being read for one peer at once; more are not answered, and the peer asks again.
const SERVING_MAX: u32 = 32;
/// Until a part that does not come is asked for elsewhere, in milliseconds.
const PART_TIMEOUT_MS: u64 = 4_000;
/// Until a peer that lacks a blob is asked for it again, in milliseconds.
const LACK_MS: u64 = 1_000;
/// Until a blob that nobody needs any more is given up, in milliseconds.
const UNNEEDED_MS: u64 = 20_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Missing,
    Asked { peer: PeerId, since_ms: u64 },
    Writing,
    Kept,
}

struct Want {
    size: u64,
    /// Empty until the store was found not to have the blob.
    parts: Vec<Part>,
    /// Who is likely to have it.
    hint: Option<PeerId>,
    /// Peers that said they lack it, until when.
    lacking: BTreeMap<PeerId, u64>,
    wrong: BTreeSet<PeerId>,
    needed_ms: u64,
}

/// The blobs that are fetched and served.
#[derive(Default)]
pub(crate) struct Blobs {
    peers: Vec<PeerId>,
    present: BTreeSet<BlobId>,
    wants: BTreeMap<BlobId, Want>,
    serving: BTreeMap<PeerId, u32>,
    /// Spreads requests over peers.
    turn: usize,
}

impl Blobs {
    pub fn peers(&mut self, peers: Vec<PeerId>) {
        self.serving.retain(|peer, _| peers.contains(peer));
        self.peers = peers;
    }

    /// Whether a blob is in the store. If not, it is being fetched from now on, for as long as somebody goes on asking.
    pub fn need(&mut self, blob: BlobId, size: u64, hint: Option<PeerId>, out: &mut Out<'_>) -> bool {
        if self.present.contains(&blob) {
            return true;
        }
        if let Some(want) = self.wants.get_mut(&blob) {
            want.needed_ms = out.now;
            want.hint = hint.or(want.hint);
        } else if self.wants.len() < WANTS_MAX && size <= BLOB_MAX {
            let (lacking, wrong) = (BTreeMap::new(), BTreeSet::new());
            self.wants.insert(blob, Want { size, parts: Vec::new(), hint, lacking, wrong, needed_ms: out.now });
            out.host(&HostRequest::Stat { blob });
        }
        false
    }

    /// The store says whether it has a blob.
    pub fn stat(&mut self, blob: BlobId, size: Option<u64>, out: &mut Out<'_>) {
        match size {
            Some(_) => self.stored(blob),
            None => {
                let Some(want) = self.wants.get_mut(&blob).filter(|want| want.parts.is_empty()) else { return };
                want.parts = vec![Part::Missing; parts(want.size) as usize];
                self.ask(blob, out);
            }
        }
    }

    /// A blob is in the store.
    pub fn stored(&mut self, blob: BlobId) {
        self.wants.remove(&blob);
        if self.present.len() >= PRESENT_MAX {
            self.present.clear();
        }
        self.present.insert(blob);
    }

    /// A peer sent a part.
    pub fn part(&mut self, from: PeerId, part: BulkPart, out: &mut Out<'_>) {
        let Some(want) = self.wants.get_mut(&part.blob) else { return };
        let size = want.size;
        let Some(state) = want.parts.get_mut(part.part as usize) else { return };
        // Only what was asked for is taken: nobody can make a node write.
        if !matches!(state, Part::Asked { peer, .. } if *peer == from) {
            return;
        }
        *state = Part::Writing;
        out.host(&HostRequest::WritePart { blob: part.blob, size, part: part.part, bytes: part.bytes, peer: from });
    }

    /// The store checked a part. True when it was wrong.
    pub fn wrote(&mut self, blob: BlobId, part: u32, peer: PeerId, result: PartResult, out: &mut Out<'_>) -> bool {
        if result == PartResult::Whole {
            self.stored(blob);
            return false;
        }
        let Some(want) = self.wants.get_mut(&blob) else { return false };
        if let Some(state) = want.parts.get_mut(part as usize) {
            *state = if result == PartResult::Kept { Part::Kept } else { Part::Missing };
        }
        if result == PartResult::Wrong {
            want.wrong.insert(peer);
        }
        if result != PartResult::Fault {
            self.ask(blob, out);
        }
        result == PartResult::Wrong
    }

    /// A peer lacks a blob.
    pub fn lack(&mut self, from: PeerId, blob: BlobId, out: &mut Out<'_>) {
        let Some(want) = self.wants.get_mut(&blob) else { return };
        want.lacking.insert(from, out.now.saturating_add(LACK_MS));
        for state in &mut want.parts {
            if matches!(state, Part::Asked { peer, .. } if *peer == from) {
                *state = Part::Missing;
            }
        }
        self.ask(blob, out);
    }

    /// Asks for missing parts of one blob, as many at once as may be.
    fn ask(&mut self, blob: BlobId, out: &mut Out<'_>) {
        let Some(want) = self.wants.get_mut(&blob) else { return };
        let in_flight = want.parts.iter().filter(|part| matches!(part, Part::Asked { .. })).count();
        let now = out.now;
        let usable =
            |peer: &&PeerId| !want.wrong.contains(peer) && want.lacking.get(peer).is_none_or(|until| *until <= now);
        let mut peers: Vec<PeerId> = self.peers.iter().filter(usable).copied().collect();
        if let Some(hint) = want.hint.filter(|hint| peers.contains(hint)) {
            peers = vec![hint];
        }
        if peers.is_empty() {
            return;
        }
        let free = IN_FLIGHT_MAX.saturating_sub(in_flight);
        let missing = want.parts.iter_mut().enumerate().filter(|(_, part)| **part == Part::Missing).take(free);
        for (index, state) in missing {
            self.turn = self.turn.wrapping_add(1);
            let Some(peer) = self.turn.checked_rem(peers.len()).and_then(|turn| peers.get(turn)) else { return };
            let Ok(part) = u32::try_from(index) else { return };
            *state = Part::Asked { peer: *peer, since_ms: now };
            out.tell(*peer, &Gossip::Want { blob, size: want.size, part });
        }
    }

    /// Takes back what did not come, gives up what nobody needs, asks again.
    pub fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        self.wants.retain(|_, want| now.saturating_sub(want.needed_ms) < UNNEEDED_MS);
        for want in self.wants.values_mut() {
            for state in &mut want.parts {
                let Part::Asked { peer, since_ms } = *state else { continue };
                if now.saturating_sub(since_ms) >= PART_TIMEOUT_MS {
                    want.lacking.insert(peer, now.saturating_add(LACK_MS));
                    *state = Part::Missing;
                }
            }
        }
        for blob in self.wants.keys().copied().collect::<Vec<_>>() {
            self.ask(blob, out);
        }
    }

    /// A peer asks for a part.
    pub fn serve(&mut self, peer: PeerId, blob: BlobId, part: u32, out: &mut Out<'_>) {
        let serving = self.serving.entry(peer).or_default();
        if *serving < SERVING_MAX {
            *serving = serving.saturating_add(1);
            out.host(&HostRequest::ReadPart { blob, part, peer });
        }
    }

    /// The store answers for a peer.
    pub fn read(&mut self, peer: PeerId, blob: BlobId, part: u32, bytes: Option<Data<PART_MAX>>, out: &mut Out<'_>) {
        if let Some(serving) = self.serving.get_mut(&peer) {
            *serving = serving.saturating_sub(1);
        }
        match bytes {
            Some(bytes) => out.send_part(peer, &BulkPart { blob, part, bytes }),
            None => out.tell(peer, &Gossip::Lack { blob }),
        }
    }
}
