//! The clock that a member sees.

/// Time since the Unix epoch that never goes back and never stands still: where the wall clock is set back, this one goes on
/// from where it was. What passed unseen before that is lost, once.
#[derive(Default)]
pub(crate) struct SteadyClock {
    now_ms: u64,
    /// How far the wall clock was set back.
    ahead_ms: u64,
}

impl SteadyClock {
    /// The time, in milliseconds, when the wall clock shows this.
    pub(crate) fn read(&mut self, wall_ms: u64) -> u64 {
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
    fn it_shows_what_the_wall_clock_shows_as_long_as_that_goes_on() {
        let mut clock = SteadyClock::default();
        for wall_ms in [5, 5, 9, 1_000_000] {
            assert_eq!(clock.read(wall_ms), wall_ms);
        }
    }
}
