//! Chain time: the clock of every deadline. Each block adds what its proposer saw pass since the parent, at most `step_max`.
//!
//! A verifier never refuses a block for its own clock: it holds its answer until as much has passed for it too. A block that
//! claims more than `step_max` breaks a permanent rule, so that nobody waits longer than that, however the wall clock is set.
//! A parent that this node did not see, as after a restart, cannot be timed: its child is not delayed.

use commonware_utils::sync::Mutex;
use ports::{Hash, Header};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// How many blocks are remembered; far more than can be waiting for agreement.
const SIGHTINGS_MAX: usize = 256;

/// When this node first saw a block: the newest ones, by hash.
#[derive(Clone, Default)]
pub(crate) struct Sightings(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    at: HashMap<Hash, SystemTime>,
    order: VecDeque<Hash>,
}

impl Sightings {
    /// Notes that a block is here; only its first sighting counts.
    pub(crate) fn note(&self, block: Hash, now: SystemTime) {
        let mut seen = self.0.lock();
        if seen.at.contains_key(&block) {
            return;
        }
        seen.at.insert(block, now);
        seen.order.push_back(block);
        if seen.order.len() > SIGHTINGS_MAX
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.at.remove(&oldest);
        }
    }

    /// What a proposer may add to the time of a parent that it saw.
    pub(crate) fn step_ms(&self, parent: &Hash, now: SystemTime, step_max_ms: u64) -> u64 {
        let elapsed = self.elapsed(parent, now).unwrap_or_default();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).min(step_max_ms)
    }

    /// How long a verifier must still wait before it answers for a block that adds `step_ms`.
    pub(crate) fn wait(&self, parent: &Hash, now: SystemTime, step_ms: u64, step_max_ms: u64) -> Duration {
        let step = Duration::from_millis(step_ms.min(step_max_ms));
        self.elapsed(parent, now).map_or(Duration::ZERO, |elapsed| step.saturating_sub(elapsed))
    }

    /// What has passed since a block that was seen; nothing if the wall clock was set back before that.
    fn elapsed(&self, block: &Hash, now: SystemTime) -> Option<Duration> {
        let seen = *self.0.lock().at.get(block)?;
        Some(now.duration_since(seen).unwrap_or_default())
    }
}

/// The permanent rule: time does not go back and steps at most `step_max_ms`.
pub(crate) fn follows(parent: &Header, block: &Header, step_max_ms: u64) -> bool {
    block.time_ms.checked_sub(parent.time_ms).is_some_and(|step| step <= step_max_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
    }

    #[test]
    fn a_step_is_what_has_passed_but_never_more_than_the_bound() {
        let seen = Sightings::default();
        assert_eq!(seen.step_ms(&[1; 32], at(500), 2000), 0);
        seen.note([1; 32], at(100));
        seen.note([1; 32], at(400));
        assert_eq!(seen.step_ms(&[1; 32], at(500), 2000), 400);
        assert_eq!(seen.step_ms(&[1; 32], at(9_000), 2000), 2000);
        assert_eq!(seen.step_ms(&[1; 32], at(50), 2000), 0);
    }

    #[test]
    fn a_verifier_waits_for_the_step_but_never_longer_than_the_bound() {
        let seen = Sightings::default();
        let wait = |now_ms, step_ms| seen.wait(&[1; 32], at(now_ms), step_ms, 2000).as_millis();
        assert_eq!(wait(105, 10), 0, "nobody knows since when");
        seen.note([1; 32], at(100));
        assert_eq!((wait(105, 10), wait(110, 10), wait(500, 10)), (5, 0, 0));
        assert_eq!(wait(100, u64::MAX), 2000);
        assert_eq!((wait(5, 10), wait(5, u64::MAX)), (10, 2000), "also where the wall clock was set back");
    }

    #[test]
    fn the_oldest_sighting_is_forgotten() {
        let seen = Sightings::default();
        for i in 0..=SIGHTINGS_MAX {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&(i as u64).to_be_bytes());
            seen.note(hash, at(1));
        }
        assert_eq!(seen.0.lock().at.len(), SIGHTINGS_MAX);
        assert_eq!(seen.wait(&[0; 32], at(1), 1, 1), Duration::ZERO);
    }
}
