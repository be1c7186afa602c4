//! Blobs between the store and the replica: whether they are there, and their parts.
//!
//! A blob that the replica takes to be here and that is missing or damaged is told by [`HostEvent::Stat`], without having
//! been asked, before the answer that says that it could not be read.

use super::{Desk, lock};
use crate::blobs::{Store, StoreError};
use std::sync::{Arc, atomic::Ordering};
use types::{
    BlobId, Data, Text,
    genesis::PeerId,
    host::{HostEvent, PartResult},
    limits::{PART_MAX, PROOF_INLINE_MAX, TEXT_MAX},
    part_map::PartMap,
};

impl Desk {
    pub(super) fn stat(self: &Arc<Self>, blob: BlobId) {
        let work = move |desk: &Self| desk.store.size(blob);
        // A blob that is fetched although it is here costs its first part, no more.
        self.work(|desk| &desk.disk, work, |_| None, move |size| HostEvent::Stat { blob, size });
    }

    pub(super) fn read_part(self: &Arc<Self>, blob: BlobId, part: u32, peer: PeerId) {
        let Some(place) = self.of_peers.enter(peer) else {
            self.counters.overloaded.fetch_add(1, Ordering::Relaxed);
            let desk = self.clone();
            // It asks somebody else, or again.
            self.runtime.spawn(async move { desk.insist(&HostEvent::Part { blob, part, peer, bytes: None }).await });
            return;
        };
        let work = move |desk: &Self| {
            let _place = place;
            let read = desk.store.read_part(blob, part);
            if matches!(read, Err(StoreError::Damaged(_))) {
                desk.missed(blob);
            }
            said(read).and_then(|bytes| Data::new(bytes).ok())
        };
        // A peer that gets nothing asks somebody else.
        self.work(|desk| &desk.serving, work, |_| None, move |bytes| HostEvent::Part { blob, part, peer, bytes });
    }

    pub(super) fn write_part(
        self: &Arc<Self>,
        blob: BlobId,
        size: u64,
        part: u32,
        bytes: Data<PART_MAX>,
        peer: PeerId,
    ) {
        let work = move |desk: &Self| desk.store.write_part(blob, size, part, &bytes);
        let then = move |result| HostEvent::Wrote { blob, part, peer, result };
        self.work(|desk| &desk.disk, work, |_| PartResult::Fault, then);
    }

    pub(super) fn fetch(self: &Arc<Self>, blob: BlobId, size: u64, sources: &[Text<TEXT_MAX>]) {
        let (desk, name) = (self.clone(), (blob, size));
        let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
        let mut fetches = lock(&self.fetches);
        // One that is under way answers both.
        if fetches.contains_key(&name) || self.stopping.load(Ordering::SeqCst) {
            return;
        }
        let task = self.runtime.spawn(async move {
            let whole = desk.fetcher.fetch(blob, size, &sources).await;
            lock(&desk.fetches).remove(&name);
            let kept = if whole { PartMap::default() } else { desk.fetcher.kept(blob, size).await };
            desk.insist(&HostEvent::Fetched { blob, size, whole, kept }).await;
        });
        fetches.insert(name, task.abort_handle());
    }

    pub(super) fn abandon(&self, blob: BlobId, size: u64) {
        if let Some(fetch) = lock(&self.fetches).remove(&(blob, size)) {
            fetch.abort();
        }
    }

    /// Tells the store what is needed, one after the other. There is no bound on what waits, for nothing of it may be lost; the
    /// replica tells of nothing but what blocks did.
    pub(super) fn note(&self, note: impl FnOnce(&Store) -> Result<(), StoreError> + Send + 'static) {
        // Fails only when the thread that notes has ended, with the host.
        let _ = self.notes.send(Box::new(note));
    }

    pub(super) fn read_small(self: &Arc<Self>, blob: BlobId) {
        let work = move |desk: &Self| said(desk.present(blob, PROOF_INLINE_MAX as u64));
        self.work(|desk| &desk.disk, work, |_| None, move |bytes| HostEvent::Small { blob, bytes });
    }

    /// A blob that the replica takes to be here.
    pub(super) fn present(&self, blob: BlobId, max: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.store.read(blob, max);
        if matches!(read, Ok(None) | Err(StoreError::Damaged(_))) {
            self.missed(blob);
        }
        read
    }
}

/// What the store has; its troubles go to the log.
fn said<T>(result: Result<Option<T>, StoreError>) -> Option<T> {
    result.unwrap_or_else(|error| {
        if !matches!(error, StoreError::TooLarge { .. }) {
            tracing::warn!(%error, "a blob could not be read");
        }
        None
    })
}
