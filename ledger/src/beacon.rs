//! Beacons (rule 5): one is taken when its height is the first that is wanted, two blocks later at the earliest.

use crate::{
    allocation,
    pages::WANTED,
    work::{Outcomes, Work},
};
use types::{ChainEvent, Height, Refusal, block::BeaconEntry};

/// Takes a beacon and makes the draws that wait for it.
pub(crate) fn take(work: &mut Work, entry: &BeaconEntry) -> Outcomes {
    let wanted = WANTED.peek(work, 1)?.first().copied();
    let earliest = entry.height.0.checked_add(2).map(Height);
    if wanted != Some(entry.height) || earliest.is_none_or(|earliest| earliest > work.now().height) {
        return Err(Refusal::Beacon.into());
    }
    work.prove(|genesis, chain| {
        let holds = entry.beacon.verify(&genesis.group_key, chain, entry.height);
        if holds { Ok(()) } else { Err(Refusal::Beacon) }
    })?;
    WANTED.pop(work)?;
    work.tell(ChainEvent::Drawn { height: entry.height })?;
    allocation::draw_all(work, entry)
}
