//! What falls due at a time: the member's timers, and what the host delivers with a delay.

use bytes::Bytes;
use ports::Event;
use std::collections::BTreeMap;

/// How many timers a member may have set.
const TIMERS_MAX: usize = 16_384;

/// Timers and delayed deliveries, by the time at which they fall due; equal times in the order of setting.
#[derive(Default)]
pub(crate) struct Alarms {
    due: BTreeMap<(u64, u64), Due>,
    timers: BTreeMap<u64, (u64, u64)>,
    order: u64,
}

enum Due {
    Timer(u64),
    Host(Bytes),
}

impl Alarms {
    /// Sets a timer, or sets it anew. Says no when there are too many.
    pub(crate) fn set(&mut self, id: u64, at_ms: u64) -> bool {
        if let Some(place) = self.timers.remove(&id) {
            self.due.remove(&place);
        }
        if self.timers.len() >= TIMERS_MAX {
            return false;
        }
        let place = self.enter(at_ms, Due::Timer(id));
        self.timers.insert(id, place);
        true
    }

    /// Keeps what the host said until its time.
    pub(crate) fn delay(&mut self, bytes: Bytes, at_ms: u64) {
        self.enter(at_ms, Due::Host(bytes));
    }

    fn enter(&mut self, at_ms: u64, due: Due) -> (u64, u64) {
        self.order += 1;
        let place = (at_ms, self.order);
        self.due.insert(place, due);
        place
    }

    /// When the next one falls due.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.due.first_key_value().map(|((at_ms, _), _)| *at_ms)
    }

    /// Takes out the first one if it is due.
    pub(crate) fn take(&mut self, now_ms: u64) -> Option<Event> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        Some(match entry.remove() {
            Due::Timer(id) => {
                self.timers.remove(&id);
                Event::Timer { id }
            }
            Due::Host(bytes) => Event::Host(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_in_order_of_time_then_of_setting() {
        let mut alarms = Alarms::default();
        assert!(alarms.set(1, 30) && alarms.set(2, 10));
        alarms.delay(Bytes::from_static(b"host"), 10);
        assert_eq!(alarms.next_ms(), Some(10));
        assert_eq!(alarms.take(9), None);
        assert_eq!(alarms.take(10), Some(Event::Timer { id: 2 }));
        assert_eq!(alarms.take(10), Some(Event::Host(Bytes::from_static(b"host"))));
        assert_eq!(alarms.take(29), None);
    }

    #[test]
    fn setting_a_timer_again_replaces_it() {
        let mut alarms = Alarms::default();
        assert!(alarms.set(1, 30) && alarms.set(1, 20));
        assert_eq!(alarms.take(100), Some(Event::Timer { id: 1 }));
        assert_eq!(alarms.take(100), None);
    }

    #[test]
    fn there_is_a_bound_on_timers() {
        let mut alarms = Alarms::default();
        for id in 0..TIMERS_MAX as u64 {
            assert!(alarms.set(id, 1));
        }
        assert!(!alarms.set(u64::MAX, 1));
        assert!(alarms.set(0, 2));
    }
}
