//! Blobs between the store and the replica: whether they are there, and their parts.

use super::Desk;
use crate::blobs::StoreError;
use std::sync::Arc;
use types::{
    BlobId, Data,
    genesis::PeerId,
    host::{HostEvent, PartResult},
    limits::{PART_MAX, PROOF_INLINE_MAX},
};

impl Desk {
    pub(super) fn stat(self: &Arc<Self>, blob: BlobId) {
        let work = move |desk: &Self| desk.store.size(blob);
        self.work(|desk| &desk.disk, work, move |size| HostEvent::Stat { blob, size }, || None);
    }

    pub(super) fn read_part(self: &Arc<Self>, blob: BlobId, part: u32, peer: PeerId) {
        let work = move |desk: &Self| said(desk.store.read_part(blob, part)).and_then(|bytes| Data::new(bytes).ok());
        // A peer that gets nothing asks somebody else.
        self.work(|desk| &desk.disk, work, move |bytes| HostEvent::Part { blob, part, peer, bytes }, || Some(None));
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
        self.work(|desk| &desk.disk, work, then, || Some(PartResult::Fault));
    }

    pub(super) fn read_small(self: &Arc<Self>, blob: BlobId) {
        let work = move |desk: &Self| said(desk.store.read(blob, PROOF_INLINE_MAX as u64));
        self.work(|desk| &desk.disk, work, move |bytes| HostEvent::Small { blob, bytes }, || Some(None));
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
