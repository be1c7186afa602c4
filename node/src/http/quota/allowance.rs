//! What an address may store that nobody needs.

use super::{Caller, Entry, Failure, Net, Quotas, Stored};
use crate::blobs::{FRESH, Store};
use api::{Problem, problem};
use std::{sync::Arc, time::Instant};
use types::BlobId;

/// Blobs of one address that nobody needs.
const BLOBS_MAX: usize = 256;
/// What the smallest blob takes.
const BLOB_BYTES_MIN: u64 = 4096;

/// What an upload takes of what its address may. Dropped before [`Allowance::keep`], it gives all of it back.
pub(crate) struct Allowance {
    quotas: Arc<Quotas>,
    /// None where there are no quotas for it.
    net: Option<Net>,
    taken: u64,
}

impl Quotas {
    /// An upload begins. Blocks: see [`Allowance::take`].
    pub(in crate::http) fn upload(self: &Arc<Self>, caller: Caller, store: &Store) -> Result<Allowance, Failure> {
        let mut allowance = Allowance { quotas: self.clone(), net: self.net(caller), taken: 0 };
        allowance.take(BLOB_BYTES_MIN, store)?;
        Ok(allowance)
    }
}

impl Allowance {
    /// Takes room for more bytes. Blocks: the store may be asked what is needed.
    pub(in crate::http) fn take(&mut self, bytes: u64, store: &Store) -> Result<(), Failure> {
        let Some(net) = self.net else { return Ok(()) };
        let now = Instant::now();
        let left = store.upload_bytes_left();
        let mut table = self.quotas.lock();
        let mut place = table.place(net, now);
        let most = self.quotas.limits.upload_bytes_max;
        if !table.entry(place, now).may_take(bytes, left, most) {
            drop(table);
            // Not under the lock: the store may be busy with its disk.
            let needed = store.needed();
            table = self.quotas.lock();
            place = table.place(net, now);
            let entry = table.entry(place, now);
            entry.forget(now);
            entry.stored.retain(|stored| !needed.contains(&stored.blob));
            if !entry.may_take(bytes, left, most) {
                return Err(Failure(entry.refusal(now, self.taken, most)));
            }
        }
        table.entry(place, now).coming += bytes;
        self.taken += bytes;
        self.net = Some(place);
        Ok(())
    }

    /// The upload is a blob now: it counts until somebody needs it, or it may be dropped. One that was there already counts as
    /// well, once: coming in again keeps it from being dropped.
    pub(in crate::http) fn keep(self, blob: BlobId) {
        if let Some(net) = self.net {
            let now = Instant::now();
            let mut table = self.quotas.lock();
            let stored = &mut table.entry(net, now).stored;
            stored.retain(|stored| stored.blob != blob);
            stored.push(Stored { blob, bytes: self.taken, since: now });
        }
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        if let Some(net) = self.net
            && let Some(entry) = self.quotas.lock().entries.get_mut(&net)
        {
            entry.coming = entry.coming.saturating_sub(self.taken);
        }
    }
}

impl Entry {
    /// Forgets what the store may drop by now.
    pub(super) fn forget(&mut self, now: Instant) {
        self.stored.retain(|stored| now.duration_since(stored.since) < FRESH);
    }

    /// An address may store so much, but no more than half of what is left for it and all others: a few cannot take all.
    fn may_take(&self, bytes: u64, left: u64, most: u64) -> bool {
        let used = self.used();
        let most = most.min(used.saturating_add(left) / 2);
        self.stored.len() < BLOBS_MAX && used.saturating_add(bytes) <= most
    }

    fn used(&self) -> u64 {
        self.stored.iter().fold(self.coming, |sum, stored| sum.saturating_add(stored.bytes))
    }

    /// Why an address may not store more, and when it may.
    fn refusal(&self, now: Instant, taken: u64, most: u64) -> Problem {
        let others = self.used().saturating_sub(taken);
        if others == 0 {
            let detail = format!("an address may store {most} bytes that no workload needs, and half of what is left");
            let hint = "use another node, or ask the operator to exempt this address";
            return Problem::new(problem::TOO_LARGE, detail).hinting(hint);
        }
        let blobs = self.stored.len();
        let detail = format!(
            "this address has {others} bytes in {blobs} blobs here that no workload needs, or that come in; it may have \
             {most}, {BLOBS_MAX} blobs, and half of what is left"
        );
        let oldest = self.stored.first().map(|stored| FRESH.saturating_sub(now.duration_since(stored.since)));
        let seconds = oldest.map_or(1, |left| left.as_secs().saturating_add(1));
        let hint = format!("name the blobs in a run, or come back in {seconds} s; another node has quotas of its own");
        Problem::new(problem::UPLOAD_QUOTA, detail).hinting(hint).again_after(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn what_is_old_or_small_does_not_count_for_ever() {
        let now = Instant::now();
        let mut entry = Entry::new(now);
        assert!(entry.may_take(MIB, 2 * MIB, 10 * MIB));
        assert!(!entry.may_take(MIB, 2 * MIB - 1, 10 * MIB), "no more than half of what is left");
        assert!(!entry.may_take(MIB + 1, 100 * MIB, MIB));
        entry.stored = vec![Stored { blob: BlobId([1; 32]), bytes: MIB, since: now }];
        assert!(!entry.may_take(1, 100 * MIB, MIB));
        let refusal = entry.refusal(now + FRESH / 4, 0, MIB);
        assert_eq!((refusal.status, refusal.retry_after_s), (429, Some(FRESH.as_secs() / 4 * 3 + 1)));
        entry.forget(now + FRESH);
        assert!(entry.may_take(MIB, 100 * MIB, MIB));
        assert_eq!(entry.refusal(now, 0, MIB).status, 413, "nothing of it would be gone later");
        entry.stored = vec![Stored { blob: BlobId([2; 32]), bytes: 1, since: now }; BLOBS_MAX];
        assert!(!entry.may_take(1, 100 * MIB, MIB));
    }
}
