//! Blobs between nodes: fetching what duties need, part by part from any peer, and serving what peers ask for (rule 14).
//!
//! A part proves itself against the blob's name, so it may come from anybody; who sends a wrong one is not asked again for
//! that blob. The size of a blob is somebody's word, in a block too, and a true part is wrong against a false size: each size
//! that is said is fetched apart, and what comes of one decides nothing about another. The store behind it is the host's: a
//! replica moves parts, it keeps none. A large blob is fetched by the host from the APIs of provers: the replica says when and
//! from whom, and asks peers where that fails.

mod want;

pub(crate) use want::{Need, Use};

use crate::out::Out;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::RangeInclusive,
};
use types::{
    BlobId, Data, List, Text,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    host::{HostRequest, PartResult},
    limits::{BLOB_MAX, LARGE_BLOB_BYTES, PART_MAX, TEXT_MAX},
    part_map::PartMap,
};
use want::Want;

/// Blobs that are remembered to be in the store.
const PRESENT_MAX: usize = 8_192;
/// Parts that are being read for one peer at once; more are not answered, and the peer asks again.
const SERVING_MAX: u32 = 32;
/// Until a blob that nobody needs any more is given up, in milliseconds.
const UNNEEDED_MS: u64 = 20_000;

/// The blobs that are fetched and served.
#[derive(Default)]
pub(crate) struct Blobs {
    peers: Vec<PeerId>,
    /// The APIs at which large blobs are looked for.
    sources: Vec<Text<TEXT_MAX>>,
    present: BTreeSet<BlobId>,
    wants: BTreeMap<Name, Want>,
    serving: BTreeMap<PeerId, u32>,
    /// Spreads requests over peers.
    turn: usize,
}

impl Blobs {
    pub fn peers(&mut self, peers: Vec<PeerId>) {
        self.serving.retain(|peer, _| peers.contains(peer));
        self.peers = peers;
    }

    /// Where others serve blobs by their APIs, as they say.
    pub fn sources(&mut self, sources: Vec<Text<TEXT_MAX>>) {
        self.sources = sources;
    }

    /// Whether a blob is in the store. If not, it is being fetched from now on, for as long as somebody goes on asking.
    pub fn need(&mut self, need: &Need, out: &mut Out<'_>) -> bool {
        let Need { blob, size, .. } = *need;
        if self.present.contains(&blob) {
            return true;
        }
        if !self.wants.contains_key(&(blob, size)) && !self.make_room(need, out) {
            return false;
        }
        let want = match self.wants.entry((blob, size)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                out.host(&HostRequest::Stat { blob });
                free.insert(Want::new(need.what_for))
            }
        };
        want.needed(need, out.now);
        false
    }

    /// When a peer was first asked for a blob of this size that is still fetched; none if nobody was.
    pub fn asked_ms(&self, need: &Need) -> Option<u64> {
        self.wants.get(&(need.blob, need.size))?.asked_ms
    }

    /// Whether another blob can be fetched. What a block names takes the place of what it does not.
    fn make_room(&mut self, need: &Need, out: &mut Out<'_>) -> bool {
        if need.size > BLOB_MAX {
            return false;
        }
        let mut alike = self.wants.iter().filter(|(_, want)| want.what_for == need.what_for);
        if alike.clone().count() < need.what_for.max() {
            return true;
        }
        let told = alike.find(|(_, want)| need.in_chain && !want.in_chain).map(|(name, _)| *name);
        told.inspect(|name| self.give_up(*name, out)).is_some()
    }

    /// The store says whether it has a blob.
    pub fn stat(&mut self, blob: BlobId, size: Option<u64>, out: &mut Out<'_>) {
        if size.is_some() {
            self.stored(blob);
            return;
        }
        // A blob that was found damaged is gone from the store, without anybody having asked.
        self.present.remove(&blob);
        for ((_, size), want) in self.wants.range_mut(names(blob)) {
            want.begin(*size);
        }
        self.ask_all(blob, out);
    }

    /// Whether a blob is known to be in the store.
    pub fn has(&self, blob: &BlobId) -> bool {
        self.present.contains(blob)
    }

    /// A blob is in the store.
    pub fn stored(&mut self, blob: BlobId) {
        self.wants.retain(|(wanted, _), _| *wanted != blob);
        if self.present.len() >= PRESENT_MAX {
            self.present.clear();
        }
        self.present.insert(blob);
    }

    /// A peer sent a part.
    pub fn part(&mut self, from: PeerId, part: BulkPart, out: &mut Out<'_>) {
        let BulkPart { blob, part, bytes } = part;
        // The store names no size when it answers, so one part of one peer is written at a time.
        let is_writing = self.writing(blob, part, from).is_some();
        // Only what was asked for is taken: nobody can make a node write.
        let mut wants = self.wants.range_mut(names(blob));
        let Some(((_, size), want)) = wants.find(|(_, want)| want.is_asked(part, from)) else { return };
        if is_writing {
            want.miss(part);
            return;
        }
        want.write(part, from);
        out.host(&HostRequest::WritePart { blob, size: *size, part, bytes, peer: from });
    }

    /// What is fetched with a part of this peer's that the store checks now.
    fn writing(&self, blob: BlobId, part: u32, peer: PeerId) -> Option<Name> {
        let mut wants = self.wants.range(names(blob));
        wants.find(|(_, want)| want.is_writing(part, peer)).map(|(name, _)| *name)
    }

    /// The store checked a part. True when it was wrong.
    pub fn wrote(&mut self, blob: BlobId, part: u32, peer: PeerId, result: PartResult, out: &mut Out<'_>) -> bool {
        if result == PartResult::Whole {
            self.stored(blob);
            return false;
        }
        let Some(name) = self.writing(blob, part, peer) else { return false };
        let Some(want) = self.wants.get_mut(&name) else { return false };
        want.wrote(part, peer, result);
        if result != PartResult::Fault {
            self.ask(name, out);
        }
        result == PartResult::Wrong
    }

    /// A peer lacks a blob.
    pub fn lack(&mut self, from: PeerId, blob: BlobId, out: &mut Out<'_>) {
        for (_, want) in self.wants.range_mut(names(blob)) {
            want.lacks(from, out.now);
        }
        self.ask_all(blob, out);
    }

    /// Asks for missing parts of a blob, by every size.
    fn ask_all(&mut self, blob: BlobId, out: &mut Out<'_>) {
        for name in self.wants.range(names(blob)).map(|(name, _)| *name).collect::<Vec<_>>() {
            self.ask(name, out);
        }
    }

    /// Has a large blob fetched by the APIs of others, or asks peers for missing parts, as many at once as may be.
    fn ask(&mut self, (blob, size): Name, out: &mut Out<'_>) {
        let Some(want) = self.wants.get_mut(&(blob, size)) else { return };
        if size >= LARGE_BLOB_BYTES && !self.sources.is_empty() && want.begin_api(out.now) {
            self.turn = self.turn.wrapping_add(1);
            let mut sources = self.sources.clone();
            let first = self.turn.checked_rem(sources.len()).unwrap_or(0);
            sources.rotate_left(first);
            out.host(&HostRequest::Fetch { blob, size, sources: List::truncated(sources) });
        }
        if want.is_by_api() {
            return;
        }
        for (part, peer) in want.next(&self.peers, &mut self.turn, out.now) {
            out.tell(peer, &Gossip::Want { blob, size, part });
        }
    }

    /// Takes back what did not come, gives up what nobody needs, asks again.
    pub fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        let unneeded = |want: &Want| now.saturating_sub(want.needed_ms) >= UNNEEDED_MS;
        let over: Vec<Name> = self.wants.iter().filter(|(_, want)| unneeded(want)).map(|(name, _)| *name).collect();
        over.into_iter().for_each(|name| self.give_up(name, out));
        for want in self.wants.values_mut() {
            want.time_out(now);
        }
        for name in self.wants.keys().copied().collect::<Vec<_>>() {
            self.ask(name, out);
        }
    }

    /// Nobody needs a blob any more, or others need its place more.
    fn give_up(&mut self, (blob, size): Name, out: &mut Out<'_>) {
        if self.wants.remove(&(blob, size)).is_some_and(|want| want.is_by_api()) {
            out.host(&HostRequest::Abandon { blob, size });
        }
    }

    /// The host is done with fetching a blob by the APIs of others. What is missing, peers are asked for.
    pub fn fetched(&mut self, name: Name, whole: bool, kept: PartMap, out: &mut Out<'_>) {
        if whole {
            self.stored(name.0);
        } else if let Some(want) = self.wants.get_mut(&name).filter(|want| want.is_by_api()) {
            want.end_api(kept, out.now);
            self.ask(name, out);
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

/// What is fetched: a blob by a size that is said of it.
type Name = (BlobId, u64);

/// Every name by which a blob can be fetched.
const fn names(blob: BlobId) -> RangeInclusive<Name> {
    (blob, 0)..=(blob, u64::MAX)
}
