//! The logs of attempts while they run, and of the latest ones that ended here: bounded, in memory, read at anybody's pace.
//!
//! Every byte of a log has its place, counted from 0. The latest [`LOG_MAX`] bytes of an attempt are kept; a reader who comes
//! for earlier ones hears how many it missed. Nobody waits for a reader. An attempt that is started again on this node goes on
//! with the same log; after a restart of the node a log begins anew.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use types::{WorkloadId, limits::LOG_MAX};

/// Logs of ended attempts that are remembered.
const ENDED_MAX: usize = 64;
/// Bytes that a reader gets at once; a line that is longer is cut.
const PIECE_MAX: usize = 8 * 1024;

const _: () = assert!(PIECE_MAX < LOG_MAX);

type Key = (WorkloadId, u16);

/// All of them, by workload and attempt.
#[derive(Debug, Default)]
pub(crate) struct Logs(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    logs: BTreeMap<Key, Arc<Log>>,
    /// The earliest end first.
    ended: VecDeque<Key>,
}

/// The log of one attempt.
#[derive(Debug)]
struct Log {
    kept: Mutex<Kept>,
    news: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    /// The place after the last byte.
    end: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Ended,
    /// The node stops: what was cut off has not ended.
    Cut,
}

/// Where an attempt writes. Dropped, the log has ended.
#[derive(Debug)]
pub(crate) struct Writer {
    logs: Arc<Logs>,
    key: Key,
    log: Arc<Log>,
}

/// Somebody who reads a log.
#[derive(Debug)]
pub(crate) struct Reader {
    log: Arc<Log>,
    news: watch::Receiver<()>,
    place: u64,
}

/// What a reader gets, and the place to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Whole lines; the last may lack its end if it is long or the log has ended.
    Text(String, u64),
    /// So many bytes are not kept any more.
    Missed(u64, u64),
    /// The attempt is over. Nothing follows.
    End(u64),
}

impl Logs {
    /// Opens the log of an attempt that begins.
    pub(crate) fn write(self: &Arc<Self>, workload: WorkloadId, attempt: u16) -> Writer {
        let key = (workload, attempt);
        let mut all = lock(&self.0);
        all.ended.retain(|ended| *ended != key);
        let log = all.logs.entry(key).or_insert_with(Arc::default).clone();
        lock(&log.kept).state = State::Open;
        Writer { logs: self.clone(), key, log }
    }

    /// A reader of an attempt's log from a place on; of the latest attempt unless told. None if it did not run here, or is
    /// forgotten.
    pub(crate) fn read(&self, workload: WorkloadId, attempt: Option<u16>, place: u64) -> Option<(u16, Reader)> {
        let (attempt, log) = self.find(workload, attempt)?;
        let news = log.news.subscribe();
        Some((attempt, Reader { log, news, place }))
    }

    /// What is kept of a log as it is now, with its attempt and whether it grows yet.
    pub(crate) fn now(&self, workload: WorkloadId, attempt: u16) -> Option<(Vec<u8>, bool)> {
        let (_, log) = self.find(workload, Some(attempt))?;
        let kept = lock(&log.kept);
        Some((kept.bytes.iter().copied().collect(), kept.state == State::Open))
    }

    /// Ends all reading, because the node stops.
    pub(crate) fn cut(&self) {
        lock(&self.0).logs.values().for_each(|log| log.set(State::Cut));
    }

    fn find(&self, workload: WorkloadId, attempt: Option<u16>) -> Option<(u16, Arc<Log>)> {
        let all = lock(&self.0);
        let (first, last) = attempt.map_or((0, u16::MAX), |attempt| (attempt, attempt));
        let found = all.logs.range((workload, first)..=(workload, last)).next_back();
        found.map(|((_, attempt), log)| (*attempt, log.clone()))
    }

    fn ended(&self, key: Key) {
        let mut all = lock(&self.0);
        all.ended.push_back(key);
        if all.ended.len() > ENDED_MAX
            && let Some(oldest) = all.ended.pop_front()
        {
            all.logs.remove(&oldest);
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { kept: Mutex::default(), news: watch::Sender::new(()) }
    }
}

impl Log {
    fn set(&self, state: State) {
        let mut kept = lock(&self.kept);
        if kept.state == State::Open {
            kept.state = state;
        }
        drop(kept);
        self.news.send_replace(());
    }
}

impl Writer {
    /// Appends what the program wrote; what is oldest makes room.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut kept = lock(&self.log.kept);
        kept.end = kept.end.saturating_add(bytes.len() as u64);
        let latest = &bytes[bytes.len().saturating_sub(LOG_MAX)..];
        let surplus = (kept.bytes.len() + latest.len()).saturating_sub(LOG_MAX);
        kept.bytes.drain(..surplus);
        kept.bytes.extend(latest);
        drop(kept);
        self.log.news.send_replace(());
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.log.set(State::Ended);
        self.logs.ended(self.key);
    }
}

impl Reader {
    /// Waits for what comes next. None when the log is cut off.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        loop {
            // Before looking, so that what comes while one looks is news.
            self.news.borrow_and_update();
            let (piece, state) = {
                let kept = lock(&self.log.kept);
                (kept.piece(self.place), kept.state)
            };
            match (piece, state) {
                (Some(piece), _) => {
                    self.place = piece.place();
                    return Some(piece);
                }
                (None, State::Ended) => return Some(Piece::End(self.place)),
                (None, State::Cut) => return None,
                (None, State::Open) => self.news.changed().await.ok()?,
            }
        }
    }
}

impl Piece {
    /// The place after it.
    pub(crate) const fn place(&self) -> u64 {
        match self {
            Self::Text(_, place) | Self::Missed(_, place) | Self::End(place) => *place,
        }
    }
}

impl Kept {
    /// What lies at a place. A place that this log never came to is another's, from before a restart: it begins anew.
    fn piece(&self, place: u64) -> Option<Piece> {
        let first = self.end.saturating_sub(self.bytes.len() as u64);
        if place < first {
            return Some(Piece::Missed(first - place, first));
        }
        let from = if place > self.end { first } else { place };
        let skipped = usize::try_from(from - first).ok()?;
        let bytes: Vec<u8> = self.bytes.range(skipped..).take(PIECE_MAX).copied().collect();
        let length = whole(&bytes, self.state != State::Open)?;
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        Some(Piece::Text(text, from + length as u64))
    }
}

/// How many of these bytes can be given out: to the end of the last line, or all of them where there is none and none can come.
fn whole(bytes: &[u8], ended: bool) -> Option<usize> {
    let lines = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map(|at| at + 1);
    let full = bytes.len() >= PIECE_MAX;
    match lines {
        Some(length) => Some(length),
        None if bytes.is_empty() => None,
        None if full => Some(between_letters(bytes)),
        None => ended.then_some(bytes.len()),
    }
}

/// Where a long line is cut: not within a letter of several bytes.
fn between_letters(bytes: &[u8]) -> usize {
    let is_begun = |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let last = (bytes.len().saturating_sub(4)..bytes.len()).rev().find(is_begun).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[last..]) {
        Err(error) if error.error_len().is_none() => last.max(1),
        _ => bytes.len(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    const RUN: WorkloadId = WorkloadId([1; 32]);

    /// All that can be read without waiting.
    fn ready(reader: &mut Reader) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(Some(piece)) = reader.next().now_or_never() {
            let over = matches!(piece, Piece::End(_));
            pieces.push(piece);
            if over {
                break;
            }
        }
        pieces
    }

    fn text(text: &str, place: u64) -> Piece {
        Piece::Text(text.to_owned(), place)
    }

    #[test]
    fn lines_come_as_they_are_whole_and_the_rest_at_the_end() {
        let logs = Arc::new(Logs::default());
        assert!(logs.read(RUN, None, 0).is_none());
        let writer = logs.write(RUN, 1);
        let (attempt, mut reader) = logs.read(RUN, None, 0).expect("a log");
        assert_eq!((attempt, ready(&mut reader)), (1, vec![]));
        writer.push(b"one\ntwo\nthr");
        assert_eq!(ready(&mut reader), [text("one\ntwo\n", 8)]);
        writer.push(b"ee\n4");
        assert_eq!(logs.now(RUN, 1), Some((b"one\ntwo\nthree\n4".to_vec(), true)));
        drop(writer);
        assert_eq!(ready(&mut reader), [text("three\n", 14), text("4", 15), Piece::End(15)]);
        let (_, mut again) = logs.read(RUN, Some(1), 8).expect("remembered");
        assert_eq!(ready(&mut again), [text("three\n", 14), text("4", 15), Piece::End(15)]);
        assert!(logs.read(RUN, Some(2), 0).is_none());
        assert_eq!(logs.now(RUN, 1).map(|(_, open)| open), Some(false));
    }

    #[test]
    fn a_slow_reader_hears_what_it_missed_and_memory_is_bounded() {
        let logs = Arc::new(Logs::default());
        let writer = logs.write(RUN, 1);
        let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
        let line = [b"a".repeat(99), b"\n".to_vec()].concat();
        (0..10_000).for_each(|_| writer.push(&line));
        writer.push(&[b"b".repeat(2 * LOG_MAX), b"\n".to_vec()].concat());
        let pieces = ready(&mut reader);
        let end = 1_000_000 + 2 * LOG_MAX as u64 + 1;
        assert_eq!(pieces[0], Piece::Missed(end - LOG_MAX as u64, end - LOG_MAX as u64));
        let read: usize = pieces[1..].iter().map(|it| if let Piece::Text(text, _) = it { text.len() } else { 0 }).sum();
        assert_eq!((read, pieces.last().map(Piece::place)), (LOG_MAX, Some(end)));
        let kept = lock(&reader.log.kept).bytes.len();
        assert_eq!(kept, LOG_MAX);
    }

    #[test]
    fn a_long_line_is_cut_between_letters() {
        let logs = Arc::new(Logs::default());
        let writer = logs.write(RUN, 1);
        let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
        let long = format!("x{}", "é".repeat(PIECE_MAX));
        writer.push(long.as_bytes());
        drop(writer);
        let pieces = ready(&mut reader);
        let read: String =
            pieces.iter().map(|it| if let Piece::Text(text, _) = it { text.as_str() } else { "" }).collect();
        assert_eq!(read, long);
        assert_eq!(between_letters(b"abc\xff\xff\xff\xff\xff"), 8, "what is no text is cut anywhere");
    }

    #[test]
    fn a_place_of_another_process_begins_anew() {
        let logs = Arc::new(Logs::default());
        let writer = logs.write(RUN, 1);
        writer.push(b"again\n");
        let (_, mut reader) = logs.read(RUN, Some(1), 5_000).expect("a log");
        assert_eq!(ready(&mut reader), [text("again\n", 6)]);
    }

    #[test]
    fn an_attempt_that_starts_again_goes_on_with_its_log() {
        let logs = Arc::new(Logs::default());
        let first = logs.write(RUN, 1);
        first.push(b"first\n");
        drop(first);
        let second = logs.write(RUN, 1);
        let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
        second.push(b"second\n");
        assert_eq!(ready(&mut reader), [text("first\nsecond\n", 13)]);
        logs.cut();
        assert_eq!(reader.next().now_or_never(), Some(None), "the node stops: not the end");
        drop(second);
        assert_eq!(reader.next().now_or_never(), Some(None));
    }

    #[test]
    fn the_logs_of_so_many_ended_attempts_are_remembered() {
        let logs = Arc::new(Logs::default());
        for attempt in 0..=ENDED_MAX as u16 {
            drop(logs.write(RUN, attempt));
        }
        assert!(logs.read(RUN, Some(0), 0).is_none());
        assert!(logs.read(RUN, Some(1), 0).is_some());
        assert_eq!(lock(&logs.0).logs.len(), ENDED_MAX);
    }
}
