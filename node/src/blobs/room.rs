//! How much the store takes of the disk, and how much it may.

use crate::blobs::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};

/// A block of the disk: the smallest that a file takes.
const BLOCK: u64 = 4096;

/// What a blob of `size` bytes takes of the room.
pub(super) fn charge(size: u64) -> u64 {
    size.max(1).div_ceil(BLOCK).saturating_mul(BLOCK)
}

/// Bytes that are taken, of those that may be.
#[derive(Debug)]
pub(super) struct Room {
    max: u64,
    used: AtomicU64,
}

impl Room {
    pub(super) const fn new(max: u64, used: u64) -> Self {
        Self { max, used: AtomicU64::new(used) }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes room, all or nothing.
    pub(super) fn take(&self, bytes: u64) -> Result<(), StoreError> {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.max);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(drop).map_err(|used| StoreError::Full { used, max: self.max })
    }

    /// Gives room back.
    pub(super) fn give(&self, bytes: u64) {
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used.saturating_sub(bytes)));
    }
}
