//! Which workloads ended: read out of the state, which keeps what the latest blocks did.

use super::{
    Endpoint,
    journal::{Entry, Journal},
    locked, write,
};
use crate::{
    feed::{Filter, Listener},
    host::Desk,
    state::State,
};
use api::{Event, LAGGED, Problem, Webhook, problem};
use ports::Engine;
use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, SystemTime},
};
use tokio::sync::mpsc::UnboundedSender;
use types::{
    ChainEvent, ChainId, Height, Workload, WorkloadId,
    event::Outcome,
    state_key::{self, OUTCOMES_KEPT},
};

/// How long to wait when the engine had no time, or the disk no room.
const AGAIN: Duration = Duration::from_millis(500);
/// Workloads that are read at once.
const READ_MAX: usize = 64;
/// Blocks before the present one that the state surely remembers.
const REMEMBERED: u64 = OUTCOMES_KEPT - 32;

/// Reads block after block.
pub(super) struct Reader {
    state: State,
    chain: ChainId,
    desk: Arc<Desk>,
    journal: Arc<Mutex<Journal>>,
    told: Vec<(Arc<Endpoint>, UnboundedSender<Entry>)>,
    /// The next block; none until the present one is known to who begins.
    next: Option<u64>,
}

/// Why a block was not read.
enum Fault {
    /// It may go better later.
    Passing(String),
    /// The state does not say any more.
    Forgotten,
    /// The node stops.
    Stopped,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        if problem.code == problem::STOPPED.code { Self::Stopped } else { Self::Passing(problem.to_string()) }
    }
}

impl Reader {
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        chain: ChainId,
        desk: Arc<Desk>,
        journal: Arc<Mutex<Journal>>,
        told: Vec<(Arc<Endpoint>, UnboundedSender<Entry>)>,
    ) -> Self {
        // Who begins is told of what ends from now on; an engine that has not begun says 0.
        let present = Some(engine.status().height).filter(|height| *height > 0);
        let next = locked(&journal).height().or(present).map(|height| height.saturating_add(1));
        Self { state: State(engine), chain, desk, journal, told, next }
    }

    /// Reads until the event stream ends.
    pub(super) async fn run(mut self) {
        // The listener first: no block can come between the last that is read now and the first that is heard of.
        while let Some(mut listener) = self.desk.feed.listen(Filter::default()) {
            let present = self.state.0.status().height;
            if self.next.is_some() {
                self.up_to(present).await;
            }
            self.hear(&mut listener).await;
        }
    }

    async fn hear(&mut self, listener: &mut Listener) {
        while let Some(told) = listener.next().await {
            match &told.event {
                Event { event, .. } if event == LAGGED => return,
                Event { event, height: Some(height), .. } if event == "block" => self.up_to(*height).await,
                _ => {}
            }
        }
    }

    async fn up_to(&mut self, height: u64) {
        self.next.get_or_insert(height);
        while let Some(next) = self.next.filter(|next| *next <= height) {
            match self.read(next).await {
                Ok(()) => self.next = Some(next.saturating_add(1)),
                Err(Fault::Stopped) => return,
                Err(Fault::Forgotten) => self.next = Some(past(next, height)),
                Err(Fault::Passing(reason)) => {
                    tracing::warn!(reason, height = next, "what ended is read again");
                    tokio::time::sleep(AGAIN).await;
                    if self.desk.feed.listen(Filter::default()).is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Reads what ended in a block, and hands on what is to be told of it, once that is on disk.
    async fn read(&self, height: u64) -> Result<(), Fault> {
        let ended = self.ended(height).await?;
        let mut add = Vec::new();
        for some in ended.chunks(READ_MAX) {
            let keys = some.iter().map(|id| state_key::workload(*id)).collect();
            let (_, records) = self.state.all::<Workload>(keys).await?;
            add.extend(records.iter().flatten().flat_map(|record| self.messages(record)));
        }
        let kept = write(&self.journal, move |journal| journal.read(height, add).map(|kept| (kept, journal.len())));
        let (kept, waiting) = kept.await.map_err(|error| Fault::Passing(error.to_string()))?;
        self.desk.counters.webhooks.waiting.store(waiting as u64, Ordering::Relaxed);
        kept.into_iter().for_each(|entry| self.hand_on(entry));
        Ok(())
    }

    fn hand_on(&self, entry: Entry) {
        if let Some((_, sender)) = self.told.iter().find(|(endpoint, _)| endpoint.name() == entry.endpoint) {
            // Fails only where the courier is gone; the journal has it.
            let _ = sender.send(entry);
        }
    }

    async fn ended(&self, height: u64) -> Result<Vec<WorkloadId>, Fault> {
        let (_, outcome) = self.state.get::<Outcome>(state_key::outcome(Height(height))).await?;
        let outcome = outcome.filter(|it| it.height >= Height(height));
        let outcome = outcome.ok_or_else(|| Fault::Passing("the block is not applied yet".to_owned()))?;
        if outcome.height != Height(height) {
            return Err(Fault::Forgotten);
        }
        let ended = outcome.events.iter().filter_map(|event| match event {
            ChainEvent::Ended { workload, .. } => Some(*workload),
            _ => None,
        });
        Ok(ended.collect())
    }

    fn messages(&self, record: &Workload) -> Vec<Entry> {
        let Some(message) = Webhook::ended(record, self.chain) else { return Vec::new() };
        // Plain values: they cannot fail to be written.
        let body = serde_json::to_string(&message).unwrap_or_default();
        let wanted = self.told.iter().filter(|(endpoint, _)| endpoint.wants(record));
        let entry = |endpoint: &Endpoint| Entry {
            endpoint: endpoint.name(),
            id: Webhook::id(record.id),
            since_s: now_s(),
            body: body.clone(),
        };
        wanted.map(|(endpoint, _)| entry(endpoint)).collect()
    }
}

/// The first block past those that the state has forgotten.
fn past(from: u64, height: u64) -> u64 {
    let to = height.saturating_sub(REMEMBERED).max(from.saturating_add(1));
    tracing::error!(from, to, "what ended in these blocks is not told: this node was too far behind");
    to
}

/// Seconds since the Unix epoch.
pub(super) fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
