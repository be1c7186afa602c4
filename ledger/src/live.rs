//! The workloads that have not ended, in pages without gaps, so that a node that starts finds its duties, and nothing is
//! ever searched for: each workload knows its place.

use crate::{
    pages::place,
    work::{Outcomes, Stop, Work},
};
use types::{
    Height, List, WorkloadId,
    record::{Live, Page},
    state_key,
};

const TORN: Stop = Stop::Broken("a live workload is not where it should be");

/// Adds a workload at the end.
pub(crate) fn add(work: &mut Work, id: WorkloadId) -> Outcomes {
    let index = work.meta.live;
    let (number, place) = place(index);
    let key = state_key::live(number);
    if place == 0 {
        // Beyond the last workload there is no page.
        work.create(key, &Page { entries: List::truncated(vec![id]) });
    } else {
        let mut page: Page = work.read(key)?;
        page.entries.push(id).map_err(|_| TORN)?;
        work.write(key, &page);
    }
    work.create(state_key::live_entry(id), &Live { index, draw: None });
    work.meta.live = index.checked_add(1).ok_or(TORN)?;
    Ok(())
}

/// Takes out a workload that has ended; the last one takes its place.
pub(crate) fn remove(work: &mut Work, id: WorkloadId) -> Outcomes {
    let index = entry(work, id)?.index;
    let last = work.meta.live.checked_sub(1).ok_or(TORN)?;
    work.require([place(index), place(last)].map(|(page, _)| state_key::live(page)))?;
    let moved = take_last(work, last)?;
    if moved != id {
        settle(work, moved, index)?;
    }
    work.remove(state_key::live_entry(id));
    work.meta.live = last;
    Ok(())
}

/// Takes the last workload off its page. All of that page's entries are asked for at once: many may end in one block.
fn take_last(work: &mut Work, last: u64) -> Outcomes<WorkloadId> {
    let (number, place) = place(last);
    let key = state_key::live(number);
    let mut page: Page = work.read(key)?;
    work.require(page.entries.iter().map(|id| state_key::live_entry(*id)))?;
    let moved = page.entries.swap_remove(place).filter(|_| page.entries.len() == place).ok_or(TORN)?;
    if page.entries.is_empty() {
        work.remove(key);
    } else {
        work.write(key, &page);
    }
    Ok(moved)
}

fn settle(work: &mut Work, moved: WorkloadId, index: u64) -> Outcomes {
    let (number, place) = place(index);
    let key = state_key::live(number);
    let mut page: Page = work.read(key)?;
    *page.entries.get_mut(place).ok_or(TORN)? = moved;
    work.write(key, &page);
    let entry = entry(work, moved)?;
    work.write(state_key::live_entry(moved), &Live { index, ..entry });
    Ok(())
}

/// What is kept of a workload until it ends.
pub(crate) fn entry(work: &mut Work, id: WorkloadId) -> Outcomes<Live> {
    work.read(state_key::live_entry(id))
}

/// Notes the height whose beacon will draw for a workload, or that none will.
pub(crate) fn set_draw(work: &mut Work, id: WorkloadId, draw: Option<Height>) -> Outcomes {
    let entry = entry(work, id)?;
    work.write(state_key::live_entry(id), &Live { draw, ..entry });
    Ok(())
}
