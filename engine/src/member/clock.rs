//! The clock that a member sees.

use std::time::Duration;

/// How long a member sleeps at once, so that the clock is read often.
pub(crate) const SLEEP_MAX: Duration = Duration::from_millis(500);
/// The most that the wall clock goes on between two readings, unless it was set, in milliseconds.
const STEP_MAX_MS: u64 = 1_000;

/// Time since the Unix epoch that never goes back and does not stop: where the wall clock is set back, this one goes on from
/// where it was, and where that is corrected, it does so again. What passed unseen meanwhile is lost, once.
#[derive(Default)]
pub(crate) struct SteadyClock {
    now_ms: u64,
    /// What the wall clock showed last.
    wall_ms: u64,
    /// How far the wall clock was set back.
    ahead_ms: u64,
}

impl SteadyClock {
    /// The time, in milliseconds, when the wall clock shows this.
    pub(crate) fn read(&mut self, wall_ms: u64) -> u64 {
        let step_ms = wall_ms.saturating_sub(self.wall_ms);
        if step_ms > STEP_MAX_MS {
            self.ahead_ms = self.ahead_ms.saturating_sub(step_ms);
        }
        self.wall_ms = wall_ms;
        self.ahead_ms = self.ahead_ms.max(self.now_ms.saturating_sub(wall_ms));
        self.now_ms = wall_ms.saturating_add(self.ahead_ms);
        self.now_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_is_set_back_stops_nothing() {
        let mut clock = SteadyClock::default();
        let hour = 3_600_000;
        assert_eq!(clock.read(2 * hour), 2 * hour);
        assert_eq!(clock.read(2 * hour + 10), 2 * hour + 10);
        assert_eq!(clock.read(hour), 2 * hour + 10);
        assert_eq!(clock.read(hour + 5), 2 * hour + 15, "it goes on at once");
        assert_eq!(clock.read(7), 2 * hour + 15);
        assert_eq!(clock.read(8), 2 * hour + 16, "however often and far");
    }

    #[test]
    fn what_was_set_back_and_is_corrected_jumps_nowhere() {
        let mut clock = SteadyClock::default();
        let hour = 3_600_000;
        for (wall_ms, shown) in [
            (hour, hour),
            (hour - 60_000, hour),
            (hour - 59_000, hour + 1_000),
            // Corrected, in two steps.
            (hour - 20_000, hour + 1_000),
            (hour - 19_900, hour + 1_100),
            (hour + 1_200, hour + 1_200),
            (hour + 1_300, hour + 1_300),
            // And once more.
            (hour, hour + 1_300),
            (hour + 10_000, hour + 10_000),
        ] {
            assert_eq!(clock.read(wall_ms), shown, "{wall_ms}");
        }
    }

    #[test]
    fn it_shows_what_the_wall_clock_shows_as_long_as_that_goes_on() {
        let mut clock = SteadyClock::default();
        for wall_ms in [5, 5, 9, 1_000_000] {
            assert_eq!(clock.read(wall_ms), wall_ms);
        }
    }
}
