//! Bounds of one kind of work: how much runs at once, and how much may wait.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A lane with so many tracks.
pub(super) struct Lane {
    tracks: Arc<Semaphore>,
    tracks_max: usize,
    waiting: Arc<AtomicUsize>,
    waiting_max: usize,
}

/// A place in a lane. Dropping it leaves the lane.
pub(super) struct Place {
    tracks: Arc<Semaphore>,
    tracks_max: usize,
    waiting: Arc<AtomicUsize>,
}

impl Lane {
    pub(super) fn new(tracks_max: usize, waiting_max: usize) -> Self {
        let tracks = Arc::new(Semaphore::new(tracks_max));
        Self { tracks, tracks_max, waiting: Arc::default(), waiting_max }
    }

    /// Takes a place at the end; none if too many wait.
    pub(super) fn enter(&self) -> Option<Place> {
        let more = |waiting: usize| (waiting < self.waiting_max).then_some(waiting + 1);
        self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Place { tracks: self.tracks.clone(), tracks_max: self.tracks_max, waiting: self.waiting.clone() })
    }
}

impl Place {
    /// Waits for so many tracks, all of them at most. They are free again when what is returned is dropped.
    pub(super) async fn turn(self, tracks: usize) -> Option<OwnedSemaphorePermit> {
        let tracks = u32::try_from(tracks.clamp(1, self.tracks_max.max(1))).ok()?;
        self.tracks.clone().acquire_many_owned(tracks).await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lane_is_full_and_has_room_again() {
        let lane = Lane::new(2, 3);
        let first = lane.enter().expect("room").turn(2).await;
        let waiting: Vec<_> = (0..3).map(|_| lane.enter().expect("room")).collect();
        assert!(lane.enter().is_none());
        drop(first);
        drop(waiting);
        assert!(lane.enter().expect("room").turn(9).await.is_some(), "no more than all tracks are needed");
    }
}
