//! What this node counts itself, beside the engine's metrics, as Prometheus text.

use crate::{
    host::Usage,
    metrics::{METRICS, Metric},
};
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
    pub(crate) webhooks: WebhookCounters,
}

/// What became of webhooks.
#[derive(Debug, Default)]
pub(crate) struct WebhookCounters {
    pub(crate) told: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) given_up: AtomicU64,
    pub(crate) waiting: AtomicU64,
}

/// What is not counted but is so now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    /// Disk that the blob store takes.
    pub blob_bytes: u64,
    /// The last block that the index knows, and how many it lags behind.
    pub index: (u64, u64),
    /// What programs take, where there is a prover.
    pub programs: Option<Usage>,
    /// Whether the prover's breaker is open, and how many failures there were in a row.
    pub breaker: Option<(bool, usize)>,
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

    /// All counters and gauges, as Prometheus reads them.
    #[must_use]
    pub fn text(&self, gauges: &Gauges) -> String {
        let mut out = String::new();
        for metric in METRICS {
            if let Some(lines) = self.lines(metric.name, gauges) {
                family(&mut out, metric, &lines);
            }
        }
        out
    }

    /// The values of a metric with their labels; none of what this node has not.
    fn lines(&self, name: &str, gauges: &Gauges) -> Option<Vec<(String, u64)>> {
        Some(match name {
            "lemma_refused_total" => {
                told_apart(&self.refused, |(what, code)| format!("what=\"{what}\",code=\"{code}\""))
            }
            "lemma_events_total" => told_apart(&self.events, |event| format!("event=\"{event}\"")),
            "lemma_http_responses_total" => told_apart(&self.responses, |status| format!("status=\"{status}\"")),
            _ => vec![(String::new(), self.single(name, gauges)?)],
        })
    }

    fn single(&self, name: &str, gauges: &Gauges) -> Option<u64> {
        let counter = match name {
            "lemma_submitted_total" => &self.submitted,
            "lemma_executed_total" => &self.executed,
            "lemma_checked_total" => &self.checked,
            "lemma_overloaded_total" => &self.overloaded,
            "lemma_undelivered_total" => &self.undelivered,
            "lemma_blobs_fetched_bytes_total" => &self.fetched_bytes,
            "lemma_blobs_served_bytes_total" => &self.served_bytes,
            "lemma_webhooks_told_total" => &self.webhooks.told,
            "lemma_webhooks_failed_total" => &self.webhooks.failed,
            "lemma_webhooks_given_up_total" => &self.webhooks.given_up,
            "lemma_webhooks_waiting" => &self.webhooks.waiting,
            _ => return gauges.value(name),
        };
        Some(counter.load(Ordering::Relaxed))
    }
}

impl Gauges {
    fn value(&self, name: &str) -> Option<u64> {
        let programs = self.programs;
        match name {
            "lemma_index_height" => Some(self.index.0),
            "lemma_index_lag" => Some(self.index.1),
            "lemma_blobs_bytes" => Some(self.blob_bytes),
            "lemma_attempts_running" => programs.map(|it| it.running as u64),
            "lemma_attempts_waiting" => programs.map(|it| it.waiting as u64),
            "lemma_programs_cores" => programs.map(|it| it.whole.cores.into()),
            "lemma_programs_cores_taken" => programs.map(|it| it.taken.cores.into()),
            "lemma_programs_memory_bytes" => programs.map(|it| it.whole.memory_bytes),
            "lemma_programs_memory_taken_bytes" => programs.map(|it| it.taken.memory_bytes),
            "lemma_breaker_open" => self.breaker.map(|(open, _)| open.into()),
            "lemma_breaker_failures" => self.breaker.map(|(_, failures)| failures as u64),
            _ => None,
        }
    }
}

fn told_apart<K>(counts: &Mutex<BTreeMap<K, u64>>, labels: impl Fn(&K) -> String) -> Vec<(String, u64)> {
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    counts.iter().map(|(key, count)| (labels(key), *count)).collect()
}

/// A label's value: letters, digits and dashes, so that nothing has to be escaped.
fn word(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(64).collect()
}

fn family(out: &mut String, metric: &Metric, lines: &[(String, u64)]) {
    let Metric { name, kind, help, .. } = metric;
    // Writing to a string does not fail.
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (labels, value) in lines {
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(out, "{name}{braced} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Share;

    fn gauges() -> Gauges {
        let whole = Share { cores: 4, memory_bytes: 1 << 20 };
        let programs = Some(Usage { running: 1, waiting: 2, taken: Share { cores: 3, ..whole }, whole });
        Gauges { blob_bytes: 12, index: (7, 1), programs, breaker: Some((true, 2)) }
    }

    #[test]
    fn refusals_are_counted_by_what_and_why() {
        let counters = Counters::default();
        counters.refused("transaction", "funds");
        counters.refused("transaction", "funds");
        counters.refused("bad\"label\n", "funds");
        let text = counters.text(&gauges());
        for line in [
            "lemma_programs_cores_taken 3",
            "lemma_attempts_waiting 2",
            "lemma_refused_total{what=\"transaction\",code=\"funds\"} 2",
            "lemma_refused_total{what=\"badlabel\",code=\"funds\"} 1",
            "lemma_blobs_bytes 12",
            "lemma_breaker_open 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn every_metric_of_the_list_is_served_and_no_other() {
        let counters = Counters::default();
        counters.refused("transaction", "funds");
        counters.event("block");
        counters.response(200);
        let text = counters.text(&gauges());
        let served: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let listed: Vec<String> = METRICS.iter().map(|it| format!("{} {}", it.name, it.kind)).collect();
        assert_eq!(served, listed);
        let without = Counters::default().text(&Gauges::default());
        assert!(!without.contains("lemma_attempts_") && !without.contains("lemma_breaker_"), "no prover: {without}");
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
