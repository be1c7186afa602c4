//! How much the store takes of the disk, and how much it may.

use crate::blobs::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};

/// A block of the disk: the smallest that a file takes.
const BLOCK: u64 = 4096;

/// What a blob of `size` bytes takes of the room.
pub(super) fn charge(size: u64) -> u64 {
    size.max(1).div_ceil(BLOCK).saturating_mul(BLOCK)
}

/// Who takes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    /// Users. The last quarter is not for them, so that they cannot keep the node from its duties.
    Upload,
    /// The node itself: blobs that its duties need, proofs and logs that its prover makes.
    Duty,
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

    /// How much of it somebody may take.
    pub(super) const fn max(&self, taker: Taker) -> u64 {
        match taker {
            Taker::Upload => self.max - self.max / 4,
            Taker::Duty => self.max,
        }
    }

    /// Takes room, all or nothing.
    pub(super) fn take(&self, bytes: u64, taker: Taker) -> Result<(), StoreError> {
        let max = self.max(taker);
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= max);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.map(drop).map_err(|used| match taker {
            Taker::Upload => StoreError::NoUploads { used, max },
            Taker::Duty => StoreError::Full { used, max },
        })
    }

    /// Gives room back.
    pub(super) fn give(&self, bytes: u64) {
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used.saturating_sub(bytes)));
    }
}
