//! Which parts of a blob are fetched from which source: a value, without sockets or clocks of its own.
//!
//! Parts are fetched in spans. Each span has one worker at a time, unless that worker has stood still for a while: then another
//! may do the same. A source may be used by few workers, and by none any more once it lacked the blob, failed or lied.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};
use types::{blob, part_map::PartMap};

/// Parts that are asked for at once: 4 MiB.
const SPAN: u32 = 16;
/// Workers of one source.
const PER_SOURCE: u32 = 2;
/// How long a span may see nothing come before somebody else takes it too.
const STILL: Duration = Duration::from_secs(2);

/// What is left to do.
pub(super) struct Plan {
    parts: u32,
    kept: PartMap,
    /// Spans that are under way, by the number of their taking.
    taken: BTreeMap<u64, Taken>,
    takings: u64,
    sources: Vec<Source>,
}

struct Taken {
    parts: Range<u32>,
    moved: Instant,
}

#[derive(Clone, Copy, Default)]
struct Source {
    workers: u32,
    /// It has sent something that was right.
    proven: bool,
    /// It is of no use for this blob.
    left: bool,
}

/// What a worker is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// This.
    Take(T),
    /// Nothing yet: others are at it.
    Wait,
    /// Nothing any more.
    Over,
}

/// A span that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) taking: u64,
    pub(super) parts: Range<u32>,
}

impl Plan {
    /// To fetch what is missing of a blob of `size` bytes from so many sources.
    pub(super) fn new(size: u64, kept: PartMap, sources: usize) -> Self {
        let sources = vec![Source::default(); sources];
        Self { parts: blob::parts(size), kept, taken: BTreeMap::new(), takings: 0, sources }
    }

    /// Whether every part is there.
    pub(super) fn is_done(&self) -> bool {
        self.kept.next_missing(0, self.parts).is_none()
    }

    /// A source for a worker without one: first those that nobody uses, then the proven ones.
    pub(super) fn source(&mut self) -> Next<usize> {
        if self.is_done() {
            return Next::Over;
        }
        let usable =
            |source: &Source| !source.left && (source.workers == 0 || source.proven && source.workers < PER_SOURCE);
        let all_left = self.sources.iter().all(|source| source.left);
        let candidates = self.sources.iter_mut().enumerate().filter(|(_, source)| usable(source));
        match candidates.min_by_key(|(_, source)| source.workers) {
            Some((at, source)) => {
                source.workers += 1;
                Next::Take(at)
            }
            None if all_left => Next::Over,
            None => Next::Wait,
        }
    }

    /// A worker leaves a source; `useless`: it is not to be used for this blob again.
    pub(super) fn leave(&mut self, source: usize, useless: bool) {
        if let Some(source) = self.sources.get_mut(source) {
            source.workers = source.workers.saturating_sub(1);
            source.left |= useless;
        }
    }

    /// The next span to be fetched.
    pub(super) fn span(&mut self, now: Instant) -> Next<Span> {
        if self.is_done() {
            return Next::Over;
        }
        match self.free().or_else(|| self.still(now)) {
            Some(parts) => {
                self.takings += 1;
                self.taken.insert(self.takings, Taken { parts: parts.clone(), moved: now });
                Next::Take(Span { taking: self.takings, parts })
            }
            None => Next::Wait,
        }
    }

    /// The first missing parts that nobody fetches.
    fn free(&self) -> Option<Range<u32>> {
        let mut from = 0;
        loop {
            let first = self.kept.next_missing(from, self.parts)?;
            match self.taken.values().find(|taken| taken.parts.contains(&first)) {
                Some(taken) => from = taken.parts.end,
                None => return Some(self.run(first, self.parts)),
            }
        }
    }

    /// The missing parts of a span that stands still.
    fn still(&mut self, now: Instant) -> Option<Range<u32>> {
        let still = |taken: &&mut Taken| now.saturating_duration_since(taken.moved) >= STILL;
        let (end, first) = self.taken.values_mut().filter(still).find_map(|taken| {
            let first = self.kept.next_missing(taken.parts.start, taken.parts.end)?;
            // Not for a third worker at once.
            taken.moved = now;
            Some((taken.parts.end, first))
        })?;
        Some(self.run(first, end))
    }

    /// Missing parts in a row that nobody fetches but who has `first` too.
    fn run(&self, first: u32, end: u32) -> Range<u32> {
        let is_first = |taken: &Taken| taken.parts.contains(&first);
        let taken = |part: u32| self.taken.values().any(|taken| taken.parts.contains(&part) && !is_first(taken));
        let most = end.min(first.saturating_add(SPAN));
        let last = (first..most).find(|part| self.kept.has(*part) || taken(*part)).unwrap_or(most);
        first..last
    }

    /// A part that was right came in.
    pub(super) fn came(&mut self, source: usize, span: &Span, part: u32, now: Instant) {
        self.kept.put(part);
        if let Some(source) = self.sources.get_mut(source) {
            source.proven = true;
        }
        if let Some(taken) = self.taken.get_mut(&span.taking) {
            taken.moved = now;
        }
    }

    /// The blob came in by another way.
    pub(super) fn finish(&mut self) {
        self.parts = 0;
    }

    /// A worker is done with a span, whatever came of it.
    pub(super) fn give_back(&mut self, span: &Span) {
        self.taken.remove(&span.taking);
    }
}

#[cfg(test)]
mod tests;
