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
use types::{
    ChainTime, Height, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{HeightPage, Meta, Page},
    state_key,
};

/// Pages that are read at once.
const PAGES_AT_ONCE: usize = 64;

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
            Kept::Transaction(signed) => self.take_transaction(signed, Origin::Journal, out),
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
        let keys: Vec<_> = pages(0, meta.live).map(state_key::live).collect();
        for keys in keys.chunks(PAGES_AT_ONCE) {
            self.reads.ask(Purpose::SyncLive, keys.to_vec(), out);
        }
        self.meta(Some(meta), out);
    }

    pub(crate) fn sync_live(&mut self, values: &[Option<Bytes>], out: &mut Out<'_>) {
        let pages = values.iter().filter_map(|value| record::<Page>(Some(value)));
        let ids: Vec<WorkloadId> = pages.flat_map(|page| page.entries.into_vec()).collect();
        for id in ids {
            self.look_at(id, out);
        }
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
fn pages(head: u64, tail: u64) -> std::ops::Range<u64> {
    let page = |entry: u64| entry.checked_div(PAGE_ENTRIES as u64).unwrap_or(0);
    if head >= tail { 0..0 } else { page(head)..page(tail.saturating_sub(1)).saturating_add(1) }
}
