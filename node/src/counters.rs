//! What this node counts itself, beside the engine's metrics, as Prometheus text.

use crate::host::Usage;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Kinds of refusals that are told apart; more are counted together.
const KINDS_MAX: usize = 512;

/// The counters.
#[derive(Debug, Default)]
pub struct Counters {
    refused: Mutex<BTreeMap<(String, String), u64>>,
    events: Mutex<BTreeMap<String, u64>>,
    /// Responses by HTTP status.
    responses: Mutex<BTreeMap<u16, u64>>,
    /// Transactions that users sent by this node's API.
    pub(crate) submitted: AtomicU64,
    /// Attempts that ran here.
    pub(crate) executed: AtomicU64,
    /// Proofs that were checked here.
    pub(crate) checked: AtomicU64,
    /// Requests of the replica that could not be taken on.
    pub(crate) overloaded: AtomicU64,
    /// Bytes of parts of blobs that came from the APIs of others and were right.
    pub(crate) fetched_bytes: AtomicU64,
    /// Bytes of parts of blobs that were sent to others by the API.
    pub(crate) served_bytes: AtomicU64,
    /// Answers that the engine did not take.
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    /// Counts a refusal.
    pub fn refused(&self, what: &str, code: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (word(what), word(code));
        let known = refused.contains_key(&key) || refused.len() < KINDS_MAX;
        let key = if known { key } else { ("other".to_owned(), "other".to_owned()) };
        *refused.entry(key).or_default() += 1;
    }

    /// Counts an event.
    pub(crate) fn event(&self, event: &str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < KINDS_MAX || events.contains_key(event) {
            *events.entry(word(event)).or_default() += 1;
        }
    }

    /// Counts a response.
    pub(crate) fn response(&self, status: u16) {
        *self.responses.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    /// All counters, with the bytes that the blob store holds and what programs take.
    #[must_use]
    pub fn text(&self, blob_bytes: u64, programs: Option<Usage>) -> String {
        let mut out = String::new();
        family(&mut out, "lemma_refused_total", "counter", "what was sent in and refused", |line| {
            for ((what, code), count) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
                line(&format!("what=\"{what}\",code=\"{code}\""), *count);
            }
        });
        family(&mut out, "lemma_events_total", "counter", "what happened", |line| {
            for (event, count) in &*self.events.lock().unwrap_or_else(PoisonError::into_inner) {
                line(&format!("event=\"{event}\""), *count);
            }
        });
        family(&mut out, "lemma_http_responses_total", "counter", "responses of the API", |line| {
            for (status, count) in &*self.responses.lock().unwrap_or_else(PoisonError::into_inner) {
                line(&format!("status=\"{status}\""), *count);
            }
        });
        let single = [
            ("lemma_submitted_total", "counter", "transactions that users sent here", read(&self.submitted)),
            ("lemma_executed_total", "counter", "attempts that ran here", read(&self.executed)),
            ("lemma_checked_total", "counter", "proofs that were checked here", read(&self.checked)),
            (
                "lemma_overloaded_total",
                "counter",
                "requests of the replica beyond what the host takes on",
                read(&self.overloaded),
            ),
            ("lemma_undelivered_total", "counter", "answers that the engine did not take", read(&self.undelivered)),
            (
                "lemma_blobs_fetched_bytes_total",
                "counter",
                "parts that came by others' APIs",
                read(&self.fetched_bytes),
            ),
            ("lemma_blobs_served_bytes_total", "counter", "parts that others got by the API", read(&self.served_bytes)),
            ("lemma_blobs_bytes", "gauge", "disk that the blob store takes", blob_bytes),
        ];
        for (name, kind, help, value) in single {
            family(&mut out, name, kind, help, |line| line("", value));
        }
        programs.iter().for_each(|usage| room(&mut out, usage));
        out
    }
}

/// What programs take, and what there is for them.
fn room(out: &mut String, usage: &Usage) {
    let gauges = [
        ("lemma_attempts_running", "attempts that run", usage.running as u64),
        ("lemma_attempts_waiting", "attempts that wait for room", usage.waiting as u64),
        ("lemma_programs_cores", "cores that programs may take", usage.whole.cores.into()),
        ("lemma_programs_cores_taken", "cores of the attempts that run", usage.taken.cores.into()),
        ("lemma_programs_memory_bytes", "memory that programs may take", usage.whole.memory_bytes),
        ("lemma_programs_memory_taken_bytes", "memory of the attempts that run", usage.taken.memory_bytes),
    ];
    for (name, help, value) in gauges {
        family(out, name, "gauge", help, |line| line("", value));
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// A label's value: letters, digits and dashes, so that nothing has to be escaped.
fn word(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(64).collect()
}

fn family(out: &mut String, name: &str, kind: &str, help: &str, lines: impl FnOnce(&mut dyn FnMut(&str, u64))) {
    // Writing to a string does not fail.
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    lines(&mut |labels, value| {
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(out, "{name}{braced} {value}");
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Share;

    #[test]
    fn refusals_are_counted_by_what_and_why() {
        let counters = Counters::default();
        counters.refused("transaction", "funds");
        counters.refused("transaction", "funds");
        counters.refused("bad\"label\n", "funds");
        let whole = Share { cores: 4, memory_bytes: 1 << 20 };
        let usage = Usage { running: 1, waiting: 2, taken: Share { cores: 3, ..whole }, whole };
        let text = counters.text(12, Some(usage));
        assert!(
            text.contains("lemma_programs_cores_taken 3\n") && text.contains("lemma_attempts_waiting 2\n"),
            "{text}"
        );
        assert!(text.contains("lemma_refused_total{what=\"transaction\",code=\"funds\"} 2\n"), "{text}");
        assert!(text.contains("lemma_refused_total{what=\"badlabel\",code=\"funds\"} 1\n"), "{text}");
        assert!(text.contains("lemma_blobs_bytes 12\n"), "{text}");
    }

    #[test]
    fn there_is_a_bound_on_what_is_told_apart() {
        let counters = Counters::default();
        for number in 0..2 * KINDS_MAX {
            counters.refused("transaction", &number.to_string());
        }
        assert!(counters.refused.lock().expect("lock").len() <= KINDS_MAX + 1);
    }
}
