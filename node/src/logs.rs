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
        let log = all.logs.entry(key).or_default().clone();
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
mod tests;
