//! Making room: what nobody needs goes, what came first before what came later.

use crate::blobs::{
    Store, StoreError, lock,
    needs::FOR_EVER,
    room::{self, Taker},
};
use std::{
    collections::BTreeSet,
    fs, io,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use types::{BlobId, WorkloadId};

/// How long a blob stays in any case: its uploader may still be about to name it in a run, its reader to read it.
pub(crate) const FRESH: Duration = Duration::from_secs(3600);
/// How long nothing is looked for after nothing was found.
const VAIN: Duration = Duration::from_secs(10);

/// A blob that is being read.
#[derive(Debug)]
pub struct Reading {
    store: Arc<Store>,
    blob: BlobId,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut reading = lock(&self.store.reading);
        if let Some(count) = reading.get_mut(&self.blob) {
            *count -= 1;
            if *count == 0 {
                reading.remove(&self.blob);
            }
        }
    }
}

/// A blob that is here.
struct Found {
    since: SystemTime,
    blob: BlobId,
    size: u64,
}

impl Store {
    /// A workload needs these blobs: as long as it lives, or until an epoch.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn hold(&self, workload: WorkloadId, blobs: &[BlobId], until: Option<u64>) -> Result<(), StoreError> {
        Ok(lock(&self.needs).hold(workload, blobs, until)?)
    }

    /// These blobs are needed for ever.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep(&self, blobs: &[BlobId]) -> Result<(), StoreError> {
        Ok(lock(&self.needs).keep(blobs, FOR_EVER)?)
    }

    /// Everything that lives was told, and this is the epoch. From now on what nobody needs may be dropped.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn epoch(&self, epoch: u64) -> Result<(), StoreError> {
        Ok(lock(&self.needs).epoch(epoch)?)
    }

    /// All that is known to be needed now.
    #[must_use]
    pub fn needed(&self) -> BTreeSet<BlobId> {
        lock(&self.needs).told()
    }

    /// A blob is read bit by bit, and stays until what this returns is dropped.
    #[must_use]
    pub fn reading(self: &Arc<Self>, blob: BlobId) -> Reading {
        *lock(&self.reading).entry(blob).or_default() += 1;
        Reading { store: self.clone(), blob }
    }

    /// Drops what nobody needs, if so many bytes would not fit: until they do, and a little more.
    pub(super) fn want_room(&self, bytes: u64, taker: Taker) {
        let max = self.room.max(taker);
        if self.room.used().saturating_add(bytes) <= max {
            return;
        }
        let mut vain = lock(&self.vain);
        if vain.is_some_and(|since| since.elapsed() < VAIN) {
            return;
        }
        let aim = max.saturating_sub(max / 16).saturating_sub(bytes);
        let dropped = self.drop_unneeded(aim).unwrap_or_else(|error| {
            tracing::warn!(%error, "no room could be made in the blob store");
            0
        });
        *vain = (dropped == 0).then(Instant::now);
    }

    fn drop_unneeded(&self, aim: u64) -> Result<u64, StoreError> {
        let Some(needed) = lock(&self.needs).all() else { return Ok(0) };
        let now = SystemTime::now();
        let is_old = |found: &Found| now.duration_since(found.since).is_ok_and(|age| age >= FRESH);
        let mut unneeded: Vec<Found> = super::stored(&self.dir)?
            .filter_map(|(blob, file)| Some(Found { since: file.modified().ok()?, blob, size: file.len() }))
            .filter(|found| !needed.contains(&found.blob) && is_old(found))
            .collect();
        unneeded.sort_by_key(|found| found.since);
        let mut dropped = 0_u64;
        for found in unneeded {
            if self.room.used() <= aim {
                break;
            }
            dropped += u64::from(self.drop_one(&found)?);
        }
        tracing::info!(dropped, used = self.room.used(), "blobs that nobody needs were dropped");
        Ok(dropped)
    }

    /// Whoever has its file open reads it to its end.
    fn drop_one(&self, found: &Found) -> io::Result<bool> {
        let _naming = lock(&self.naming);
        let reading = lock(&self.reading);
        if reading.contains_key(&found.blob) {
            return Ok(false);
        }
        lock(&self.trees).forget(found.blob);
        match fs::remove_file(self.path(found.blob)) {
            Ok(()) => self.room.give(room::charge(found.size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}
