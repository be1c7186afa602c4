//! Telling one endpoint: one message at a time, each again with growing pauses until it is taken.

use super::{
    Endpoint, Pace,
    follow::now_s,
    journal::{Entry, Journal},
    write,
};
use crate::counters::Counters;
use api::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use reqwest::header::CONTENT_TYPE;
use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

/// Doublings after which a pause is as long as it gets, whatever the pace.
const DOUBLINGS_MAX: u32 = 20;

struct Waiting {
    entry: Entry,
    tries: u32,
    due: Instant,
}

/// Tells one endpoint.
pub(super) struct Courier {
    endpoint: Arc<Endpoint>,
    waiting: Vec<Waiting>,
    journal: Arc<Mutex<Journal>>,
    pace: Pace,
    counters: Arc<Counters>,
}

impl Courier {
    /// A courier with what waited before a restart: that is told at once.
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        entries: Vec<Entry>,
        journal: Arc<Mutex<Journal>>,
        pace: Pace,
        counters: Arc<Counters>,
    ) -> Self {
        let waiting = entries.into_iter().map(fresh).collect();
        Self { endpoint, waiting, journal, pace, counters }
    }

    /// Tells what comes in, until nothing can come in any more. A message that is on its way then is told to its end.
    pub(super) async fn run(mut self, mut incoming: UnboundedReceiver<Entry>) {
        loop {
            let next = (0..self.waiting.len()).min_by_key(|index| self.waiting.get(*index).map(|it| it.due));
            let due = next.and_then(|index| self.waiting.get(index)).map_or_else(Instant::now, |it| it.due);
            tokio::select! {
                biased;
                came = incoming.recv() => match came {
                    Some(entry) => self.waiting.push(fresh(entry)),
                    None => return,
                },
                () = sleep_until(due), if next.is_some() => {
                    let message = self.waiting.swap_remove(next.unwrap_or_default());
                    self.tell(message).await;
                }
            }
        }
    }

    async fn tell(&mut self, mut message: Waiting) {
        match self.post(&message.entry).await {
            Ok(()) => {
                self.counters.webhooks.told.fetch_add(1, Ordering::Relaxed);
                self.settle(message.entry).await;
            }
            Err(reason) => {
                self.counters.webhooks.failed.fetch_add(1, Ordering::Relaxed);
                message.tries = message.tries.saturating_add(1);
                self.later(message, &reason).await;
            }
        }
    }

    /// Keeps a message that was not taken for later, or gives it up.
    async fn later(&mut self, mut message: Waiting, reason: &str) {
        let (id, tries) = (message.entry.id.clone(), message.tries);
        if now_s().saturating_sub(message.entry.since_s) > self.pace.give_up.as_secs() {
            tracing::error!(id, tries, reason, "a webhook was never taken, and is given up");
            self.counters.webhooks.given_up.fetch_add(1, Ordering::Relaxed);
            return self.settle(message.entry).await;
        }
        let pause = self.pace.pause(tries);
        tracing::warn!(id, tries, reason, pause_ms = pause.as_millis() as u64, "a webhook was not taken");
        message.due = Instant::now() + pause;
        self.waiting.push(message);
    }

    async fn settle(&self, entry: Entry) {
        let settled = write(&self.journal, move |journal| journal.settle(&entry).map(|()| journal.len())).await;
        match settled {
            Ok(waiting) => self.counters.webhooks.waiting.store(waiting as u64, Ordering::Relaxed),
            Err(error) => tracing::error!(%error, "that a webhook was taken is not on disk: a restart tells it again"),
        }
    }

    /// Sends a message once. Any answer but a success is a no; what it says besides is not read.
    async fn post(&self, entry: &Entry) -> Result<(), String> {
        let (time, body) = (now_s(), entry.body.clone());
        let signature = self.endpoint.secret.sign(&entry.id, time, body.as_bytes());
        let request = self.endpoint.http.post(self.endpoint.url.clone()).header(CONTENT_TYPE, "application/json");
        let request = request.header(WEBHOOK_ID, &entry.id).header(WEBHOOK_TIMESTAMP, time);
        let sent = request.header(WEBHOOK_SIGNATURE, signature).body(body).send().await;
        // Without the address, which may hold what is nobody's business.
        let answer = sent.map_err(|error| cause(&error.without_url()))?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answered {}", answer.status())) }
    }
}

impl Pace {
    /// The pause after so many failures: up to a quarter more or less, also of the longest, so that not all come at once.
    fn pause(&self, tries: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << tries.saturating_sub(1).min(DOUBLINGS_MAX));
        let mut byte = [128];
        // Without randomness, without jitter.
        let _ = getrandom::fill(&mut byte);
        doubled.min(self.most).mul_f64(0.75 + f64::from(byte[0]) / 512.0)
    }
}

fn fresh(entry: Entry) -> Waiting {
    Waiting { entry, tries: 0, due: Instant::now() }
}

fn cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_differ_by_a_quarter() {
        let (pace, hour) = (Pace::default(), 3600.0);
        let near = |tries, seconds: f64| {
            let pause = pace.pause(tries).as_secs_f64();
            assert!(pause >= 0.75 * seconds && pause <= 1.25 * seconds, "{tries}: {pause}");
        };
        let known = [(1, 5.0), (2, 10.0), (5, 80.0), (11, hour), (40, hour), (u32::MAX, hour)];
        known.into_iter().for_each(|(tries, seconds)| near(tries, seconds));
    }
}
