//! What a queued workload waits for, as far as the state tells.

use crate::state::State;
use api::{Problem, Waiting};
use types::{
    WorkloadId,
    limits::PAGE_ENTRIES,
    record::{Live, Meta, Page},
    state_key,
};

/// Pages of the queue that are looked through: beyond that, a workload's place does not matter to anybody.
const PAGES_MAX: u64 = 32;

/// Says it out of what lies in the state at one height; only the place in the queue is looked up.
pub(super) async fn waiting(
    state: &State,
    meta: &Meta,
    live: Option<&Live>,
    id: WorkloadId,
) -> Result<Waiting, Problem> {
    if let Some(height) = live.and_then(|live| live.draw) {
        return Ok(Waiting::Beacon(height.0));
    }
    if meta.set_size < meta.params.provers_min {
        return Ok(Waiting::Provers { active: meta.set_size });
    }
    let ahead = ahead(state, meta, id).await?;
    Ok(ahead.map_or(Waiting::Unknown, |ahead| Waiting::Room { ahead }))
}

/// How many workloads are before this one in the queue.
async fn ahead(state: &State, meta: &Meta, id: WorkloadId) -> Result<Option<u64>, Problem> {
    let entries = PAGE_ENTRIES as u64;
    let first = meta.queue.head / entries;
    let last = (meta.queue.tail / entries).min(first + PAGES_MAX);
    let (_, pages) = state.all::<Page>((first..=last).map(state_key::queue).collect()).await?;
    for (number, page) in (first..).zip(pages) {
        let place = page.iter().flat_map(|page| page.entries.iter()).position(|entry| *entry == id);
        if let Some(place) = place {
            return Ok(Some((number * entries + place as u64).saturating_sub(meta.queue.head)));
        }
    }
    Ok(None)
}
