//! A workload step by step, until it has ended.

use crate::{Client, ClientError, EventFilter, Events};
use api::{Event, Problem, Step, TransactionState, Workload};
use futures::StreamExt as _;
use std::time::Duration;
use types::{TxId, WorkloadId};

/// How long to wait for an event before asking anyway.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that was seen of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Its run waits in the node's mempool.
    Pending,
    /// It went one step on. Each step of the record's timeline is told once, in order.
    Step(&'a Step),
    /// It was looked at again and stands where it stood: `explain` says why, `moves_on_ms` until when at the latest.
    Waiting(&'a Workload),
    /// Its program says how far it is, of a thousand. Only the prover's own node tells.
    Permille {
        /// The attempt, counted from 1.
        attempt: u16,
        /// 0 to 1000.
        permille: u32,
    },
}

/// Takes what is seen.
pub(crate) type Watch<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);

impl Client {
    /// Follows a workload until it has ended. Events only say when to look: what is told comes from the record, so that nothing is
    /// missed when a connection breaks.
    ///
    /// # Errors
    /// The refusal, if its run was dropped before it was in a block; otherwise as every request.
    pub async fn follow(&self, id: WorkloadId, watch: Watch<'_>) -> Result<Workload, ClientError> {
        let mut seen = Seen::default();
        loop {
            let mut events = self.events(EventFilter::of(id), None).await?;
            while let Some(workload) = self.look(id).await? {
                seen.tell(&workload, watch);
                if workload.state.is_end() {
                    return Ok(workload);
                }
                if !wait(&mut events, watch).await? {
                    break;
                }
            }
            // The stream broke or the node has not heard of it: begin again, but not at once.
            tokio::time::sleep(PATIENCE / 10).await;
        }
    }

    /// The workload; none if the node has not heard of it yet.
    pub(crate) async fn look(&self, id: WorkloadId) -> Result<Option<Workload>, ClientError> {
        match self.workload(id).await {
            Ok(workload) => Ok(Some(workload)),
            Err(error) if error.is_absent() => self.not_dropped(id, error).await.map(|()| None),
            Err(error) => Err(error),
        }
    }

    /// A run that was dropped never becomes a workload; one that nobody has heard of is an error too.
    async fn not_dropped(&self, id: WorkloadId, absent: ClientError) -> Result<(), ClientError> {
        let status = self.transaction(TxId(id.0)).await?;
        match (status.state, status.refusal) {
            (TransactionState::Dropped, Some(refusal)) => Err(ClientError::Problem(Box::new(refusal))),
            (TransactionState::Dropped | TransactionState::Unknown, _) => Err(absent),
            (TransactionState::Pending | TransactionState::Included, _) => Ok(()),
        }
    }
}

/// Waits until it is worth looking again; false if the stream is over.
async fn wait(events: &mut Events, watch: Watch<'_>) -> Result<bool, ClientError> {
    let look_anyway = tokio::time::sleep(PATIENCE);
    tokio::pin!(look_anyway);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = &mut look_anyway => return Ok(true),
        };
        match event {
            None => return Ok(false),
            Some(Err(error)) if error.is_passing() => return Ok(false),
            Some(Err(error)) => return Err(error),
            Some(Ok((event, _))) => match event.permille {
                Some(permille) => watch(permille_of(&event, permille)),
                None => return dropped(event.refusal),
            },
        }
    }
}

fn permille_of(event: &Event, permille: u32) -> Progress<'static> {
    Progress::Permille { attempt: event.attempt.unwrap_or(0), permille }
}

fn dropped(refusal: Option<Problem>) -> Result<bool, ClientError> {
    refusal.map_or(Ok(true), |refusal| Err(ClientError::Problem(Box::new(refusal))))
}

/// What was told already.
#[derive(Default)]
struct Seen {
    pending: bool,
    known: bool,
    steps: usize,
}

impl Seen {
    fn tell(&mut self, workload: &Workload, watch: Watch<'_>) {
        if !std::mem::replace(&mut self.pending, true) {
            watch(Progress::Pending);
        }
        let known = std::mem::replace(&mut self.known, true);
        for step in workload.timeline.iter().skip(self.steps) {
            watch(Progress::Step(step));
        }
        if known && workload.timeline.len() <= self.steps {
            watch(Progress::Waiting(workload));
        }
        self.steps = self.steps.max(workload.timeline.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::WorkloadState;

    fn step(event: &str) -> Step {
        let (event, state) = (event.to_owned(), WorkloadState::Queued);
        Step { event, state, height: 1, time_ms: 0, attempt: None, prover: None, reason: None }
    }

    fn workload(steps: &[&str]) -> Workload {
        Workload {
            workload: WorkloadId([1; 32]),
            kind: "run".to_owned(),
            state: WorkloadState::Queued,
            explain: String::new(),
            run: None,
            created: None,
            since: None,
            moves_on_ms: None,
            overtime: None,
            renewals: 0,
            attempts: Vec::new(),
            proof: None,
            end: None,
            timeline: steps.iter().map(|event| step(event)).collect(),
        }
    }

    #[test]
    fn every_step_is_told_once() {
        let (mut seen, mut told) = (Seen::default(), Vec::new());
        let mut watch = |progress: Progress<'_>| match progress {
            Progress::Step(step) => told.push(step.event.clone()),
            Progress::Waiting(_) => told.push("waiting".to_owned()),
            other => told.push(format!("{other:?}")),
        };
        for steps in [&[] as &[&str], &["queued"], &["queued"], &["queued", "allocated", "accepted"]] {
            seen.tell(&workload(steps), &mut watch);
        }
        assert_eq!(told, ["Pending", "queued", "waiting", "allocated", "accepted"]);
    }
}
