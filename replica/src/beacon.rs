//! Beacons: asking the engine to sign final heights, gathering shares, recovering (rule 5).
//!
//! A height is signed only after its block was final here and left [`types::ChainEvent::BeaconWanted`]. Shares are unique:
//! sending one twice, or after a crash, says nothing new, so nothing is journaled. Shares of another epoch's committee are
//! gathered apart; either committee can finish a beacon, and both find the same one.

use crate::out::Out;
use bytes::Bytes;
use ports::Action;
use std::collections::BTreeMap;
use types::{
    ChainId, Data, Height, Refusal,
    beacon::{self, Beacon, GroupKey, Share, Sharing},
    block::BeaconEntry,
    gossip::Gossip,
    limits::BEACONS_PER_BLOCK,
};

/// Heights for which shares are kept, wanted or not yet known to be.
const HEIGHTS_MAX: usize = 256;
/// Epochs whose committees are remembered.
const EPOCHS_KEPT: usize = 2;
/// How far ahead of the applied height a share may be, in blocks.
const AHEAD_MAX: u64 = 128;
/// How often a share is told again while its beacon is missing, in milliseconds.
const TELL_AGAIN_MS: u64 = 1_000;

#[derive(Default)]
struct Gathering {
    /// Whether the chain waits for it.
    wanted: bool,
    /// This node's own share, as it is sent.
    own: Option<(u64, Data<96>)>,
    told_ms: u64,
    shares: BTreeMap<(u64, u32), Share>,
    beacon: Option<Beacon>,
}

/// The beacons that are wanted, and what is known of them.
pub(crate) struct Beacons {
    chain: ChainId,
    group: GroupKey,
    sharings: BTreeMap<u64, Sharing>,
    heights: BTreeMap<Height, Gathering>,
}

impl Beacons {
    pub fn new(chain: ChainId, group: GroupKey) -> Self {
        Self { chain, group, sharings: BTreeMap::new(), heights: BTreeMap::new() }
    }

    /// A committee took its seats.
    pub fn epoch(&mut self, epoch: u64, sharing: &[u8]) {
        let Some(sharing) = Sharing::decode(sharing).filter(|sharing| sharing.group_key() == self.group) else {
            return;
        };
        self.sharings.insert(epoch, sharing);
        while self.sharings.len() > EPOCHS_KEPT {
            self.sharings.pop_first();
        }
    }

    /// The chain wants the beacon of a final height.
    pub fn want(&mut self, height: Height, out: &mut Out<'_>) {
        let gathering = self.heights.entry(height).or_default();
        if gathering.wanted {
            return;
        }
        gathering.wanted = true;
        gathering.told_ms = out.now;
        out.actions.push(sign(self.chain, height));
        self.bound();
    }

    /// A beacon is in a final block.
    pub fn drawn(&mut self, height: Height) {
        self.heights = self.heights.split_off(&height.next());
    }

    /// The engine signed.
    pub fn own_share(&mut self, height: Height, epoch: u64, share: &[u8], out: &mut Out<'_>) {
        let Ok(data) = Data::new(share.to_vec()) else { return };
        if self.heights.contains_key(&height) {
            out.tell_all(&Gossip::BeaconShare { height, epoch, share: data.clone() });
            let _known = self.add(height, epoch, share);
            if let Some(gathering) = self.heights.get_mut(&height) {
                gathering.own = Some((epoch, data));
                gathering.told_ms = out.now;
            }
        }
    }

    /// A peer sent a share.
    pub fn share(&mut self, height: Height, epoch: u64, share: &[u8], applied: Height) -> Result<(), Refusal> {
        if height.0 > applied.0.saturating_add(AHEAD_MAX) {
            return Err(Refusal::Beacon);
        }
        // A share for a height that was drawn, or is of no interest, is late, not wrong.
        if !self.heights.contains_key(&height) && height <= applied {
            return Ok(());
        }
        self.add(height, epoch, share)
    }

    fn add(&mut self, height: Height, epoch: u64, share: &[u8]) -> Result<(), Refusal> {
        if self.heights.get(&height).is_some_and(|gathering| gathering.beacon.is_some()) {
            return Ok(());
        }
        let sharing = self.sharings.get(&epoch).ok_or(Refusal::Beacon)?;
        let share = sharing.share(self.chain, height, share).ok_or(Refusal::Beacon)?;
        let gathering = self.heights.entry(height).or_default();
        gathering.shares.insert((epoch, share.index()), share);
        let of_epoch = gathering.shares.range((epoch, 0)..=(epoch, u32::MAX));
        if of_epoch.clone().count() >= sharing.required() {
            let found = sharing.recover(of_epoch.map(|(_, share)| share));
            gathering.beacon = found.filter(|beacon| beacon.verify(&self.group, self.chain, height));
            gathering.shares.clear();
        }
        self.bound();
        Ok(())
    }

    /// Forgets the farthest heights, wanted ones last.
    fn bound(&mut self) {
        while self.heights.len() > HEIGHTS_MAX {
            let unwanted =
                self.heights.iter().rev().find(|(_, gathering)| !gathering.wanted).map(|(height, _)| *height);
            match unwanted {
                Some(height) => self.heights.remove(&height),
                None => self.heights.pop_last().map(|(_, gathering)| gathering),
            };
        }
    }

    /// Tells peers again of shares whose beacons are still missing, and asks again for signatures that have not come.
    pub fn tell_again(&mut self, out: &mut Out<'_>) {
        let (now, chain) = (out.now, self.chain);
        let missing = |gathering: &Gathering| gathering.wanted && gathering.beacon.is_none();
        for (height, gathering) in self.heights.iter_mut().filter(|(_, gathering)| missing(gathering)).take(16) {
            if now.saturating_sub(gathering.told_ms) < TELL_AGAIN_MS {
                continue;
            }
            gathering.told_ms = now;
            match gathering.own.clone() {
                Some((epoch, share)) => out.tell_all(&Gossip::BeaconShare { height: *height, epoch, share }),
                None => out.actions.push(sign(chain, *height)),
            }
        }
    }

    /// Beacons that a block at `height` can carry: from the first wanted one on, in order, without a gap. `done` are those
    /// that its ancestors hold.
    pub fn peek(&self, height: Height, done: &[Height]) -> Vec<BeaconEntry> {
        let wanted = self.heights.iter().filter(|(at, gathering)| gathering.wanted && !done.contains(at));
        let ready = wanted.map_while(|(at, gathering)| {
            let beacon = gathering.beacon.filter(|_| at.0.saturating_add(2) <= height.0)?;
            Some(BeaconEntry { height: *at, beacon })
        });
        ready.take(BEACONS_PER_BLOCK).collect()
    }

    /// Whether a block at `height` is needed only so that a beacon can follow in the next (rule 5: at *h* + 2 or later).
    pub fn needs_filler(&self, height: Height) -> bool {
        self.heights.iter().any(|(at, gathering)| gathering.wanted && at.0.saturating_add(2) > height.0)
    }
}

fn sign(chain: ChainId, height: Height) -> Action {
    Action::SignBeacon {
        height: height.0,
        namespace: Bytes::from_static(beacon::NAMESPACE),
        message: beacon::message(chain, height).into(),
    }
}
