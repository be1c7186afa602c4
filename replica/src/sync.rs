//! The start: what was kept is read back, and the state is asked which duties are open.

use crate::{
    Replica, TICK, TICK_MS,
    gossip::Origin,
    journal::{self, Kept},
    out::Out,
    reads::{Purpose, record},
};
use bytes::Bytes;
use ports::Start;
use std::ops::Range;
use types::{
    ChainTime, Height, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{HeightPage, Meta, Page},
    state_key,
};

/// Pages that are read at once.
const PAGES_AT_ONCE: u64 = 8;

impl Replica {
    /// The first event.
    pub(crate) fn start(&mut self, start: Start, out: &mut Out<'_>) {
        self.chain.height = Height(start.height);
        self.chain.time = ChainTime(start.time_ms);
        out.wake(TICK, out.now.saturating_add(TICK_MS));
        for (key, value) in &start.persisted {
            match journal::read(key, value) {
                Some(kept) => self.recall(kept, out),
                None => out.actions.push(ports::Action::Persist { key: key.clone(), value: None }),
            }
        }
        self.reads.ask(Purpose::SyncMeta, vec![state_key::meta()], out);
    }

    fn recall(&mut self, kept: Kept, out: &mut Out<'_>) {
        match kept {
            Kept::Transaction(signed) => self.take_transaction(signed, Origin::Own, out),
            Kept::Prover(signed) => {
                // The state decides whether it is still of use.
                self.look_at(signed.value.workload, out);
                if let Some(turns) = &mut self.turns {
                    turns.recall(signed);
                }
            }
            Kept::Verdict(signed) => {
                self.look_at(signed.subject.workload, out);
                if let Some(checks) = &mut self.checks {
                    checks.recall(signed);
                }
            }
        }
    }

    /// The chain as a whole is known: live workloads and wanted beacons are looked at, page by page.
    pub(crate) fn sync_meta(&mut self, meta: Option<Meta>, out: &mut Out<'_>) {
        let Some(meta) = meta else { return };
        let (head, tail) = (meta.wanted.head, meta.wanted.tail);
        for page in pages(head, tail) {
            self.reads.ask(Purpose::SyncWanted { page, head, tail }, vec![state_key::wanted(page)], out);
        }
        self.ask_live(pages(0, meta.live), out);
        self.meta(Some(meta), out);
    }

    /// Asks for the last of these pages. When a workload ends, the last one takes its place: going down, none is passed over.
    fn ask_live(&mut self, pages: Range<u64>, out: &mut Out<'_>) {
        let first = pages.end.saturating_sub(PAGES_AT_ONCE).max(pages.start);
        let keys: Vec<_> = (first..pages.end).map(state_key::live).collect();
        if keys.is_empty() {
            self.holds.listed(out);
        } else {
            self.reads.ask(Purpose::SyncLive { left: pages.start..first }, keys, out);
        }
    }

    pub(crate) fn sync_live(&mut self, left: Range<u64>, values: &[Option<Bytes>], out: &mut Out<'_>) {
        let pages = values.iter().filter_map(|value| record::<Page>(Some(value)));
        let ids: Vec<WorkloadId> = pages.flat_map(|page| page.entries.into_vec()).collect();
        for id in ids {
            self.holds.list(id);
            self.look_at(id, out);
        }
        self.ask_live(left, out);
    }

    pub(crate) fn sync_wanted(
        &mut self,
        page: u64,
        head: u64,
        tail: u64,
        heights: Option<HeightPage>,
        out: &mut Out<'_>,
    ) {
        let first = page.saturating_mul(PAGE_ENTRIES as u64);
        let heights = heights.into_iter().flat_map(|page| page.entries.into_vec());
        for (entry, height) in (first..).zip(heights) {
            if (head..tail).contains(&entry) {
                self.beacons.want(height, out);
            }
        }
    }
}

/// The pages that hold the entries `head..tail`.
fn pages(head: u64, tail: u64) -> Range<u64> {
    let page = |entry: u64| entry.checked_div(PAGE_ENTRIES as u64).unwrap_or(0);
    if head >= tail { 0..0 } else { page(head)..page(tail.saturating_sub(1)).saturating_add(1) }
}
