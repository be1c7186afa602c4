//! What a program wrote to its log, bounded.

use std::collections::VecDeque;

/// The log of a run. When it was longer than the limit, its beginning and its end are kept: the beginning says what was
/// run, the end why it failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramLog {
    /// The bytes, in general UTF-8 text, which nobody checked. A line of its own marks where bytes are missing.
    pub bytes: Vec<u8>,
    /// How many bytes were dropped.
    pub dropped_bytes: u64,
}

impl ProgramLog {
    /// The log as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Most bytes of the line that marks where bytes are missing: a kept log may be longer than its limit by so much.
pub const LOG_MARK_BYTES_MAX: usize = 38;

/// Collects a log within a fixed number of bytes: the first half of the limit and the latest bytes after it.
#[derive(Debug)]
pub struct LogBuffer {
    head: Vec<u8>,
    head_bytes_max: usize,
    tail: VecDeque<u8>,
    tail_bytes_max: usize,
    dropped_bytes: u64,
}

impl LogBuffer {
    /// An empty buffer that keeps at most `bytes_max` bytes.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let head_bytes_max = bytes_max.div_ceil(2);
        Self {
            head: Vec::new(),
            head_bytes_max,
            tail: VecDeque::new(),
            tail_bytes_max: bytes_max - head_bytes_max,
            dropped_bytes: 0,
        }
    }

    /// Appends bytes; drops the oldest ones after the first half when there is no room.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.head_bytes_max - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        let (skipped, kept) = rest.split_at(rest.len().saturating_sub(self.tail_bytes_max));
        let surplus = (self.tail.len() + kept.len()).saturating_sub(self.tail_bytes_max);
        self.tail.drain(..surplus);
        self.tail.extend(kept);
        self.dropped_bytes = self.dropped_bytes.saturating_add((skipped.len() + surplus) as u64);
    }

    /// The log as collected.
    #[must_use]
    pub fn finish(self) -> ProgramLog {
        let mut bytes = self.head;
        if self.dropped_bytes > 0 {
            bytes.extend_from_slice(format!("\n[{} bytes dropped]\n", self.dropped_bytes).as_bytes());
        }
        bytes.extend(self.tail);
        ProgramLog { bytes, dropped_bytes: self.dropped_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_log_is_longer_than_its_limit_and_the_mark() {
        let mut buffer = LogBuffer::new(10);
        buffer.push(b"more than ten bytes");
        buffer.dropped_bytes = u64::MAX;
        assert_eq!(buffer.finish().bytes.len(), 10 + LOG_MARK_BYTES_MAX);
    }

    fn log_of(bytes_max: u64, parts: &[&str]) -> ProgramLog {
        let mut buffer = LogBuffer::new(bytes_max);
        parts.iter().for_each(|part| buffer.push(part.as_bytes()));
        buffer.finish()
    }

    #[test]
    fn a_short_log_is_kept_whole() {
        let log = log_of(10, &["abc", "defg", "hij"]);
        assert_eq!((log.text().as_str(), log.dropped_bytes), ("abcdefghij", 0));
    }

    #[test]
    fn a_long_log_keeps_its_beginning_and_its_end() {
        let log = log_of(10, &["abc", "defghijk", "lmnop"]);
        assert_eq!((log.text().as_str(), log.dropped_bytes), ("abcde\n[6 bytes dropped]\nlmnop", 6));
    }

    #[test]
    fn one_huge_piece_equals_many_small_ones() {
        let text = "0123456789".repeat(10);
        let pieces: Vec<&str> = text.as_str().split_inclusive('3').collect();
        assert_eq!(log_of(15, &[&text]), log_of(15, &pieces));
    }

    #[test]
    fn a_limit_of_nothing_keeps_nothing() {
        assert_eq!(log_of(0, &["abc"]).dropped_bytes, 3);
    }
}
