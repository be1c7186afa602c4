//! Whose workload an event is about: the chain's events name the sender and the prover once, listeners ask for all of them.

use crate::{host::Host, state::State};
use api::{Event, Problem, WorkloadState};
use ports::Engine;
use std::{collections::BTreeMap, sync::Arc};
use types::{
    AccountId, Workload, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{Meta, Page},
    state_key,
};

/// Who has to do with something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// Who asked for the workload.
    pub sender: Option<AccountId>,
    /// The prover of the attempt under way or last made, or whom the event names.
    pub prover: Option<AccountId>,
}

/// The parties of the workloads that have not ended.
#[derive(Debug, Default)]
pub(super) struct Live(BTreeMap<WorkloadId, Parties>);

impl Live {
    /// The parties of an event, which may make one known or be the last of its workload.
    pub(super) fn of(&mut self, event: &Event) -> Parties {
        // Only events of the chain tell who the parties are, and are sure to be followed by an end.
        let (Some(workload), Some(_)) = (event.workload, event.height) else {
            let known = event.workload.and_then(|id| self.0.get(&id)).copied().unwrap_or_default();
            return Parties { prover: event.prover.or(known.prover), ..known };
        };
        let mut known = self.0.get(&workload).copied().unwrap_or_default();
        known.sender = event.sender.or(known.sender);
        if event.state == Some(WorkloadState::Allocated) {
            known.prover = event.prover;
        }
        if event.state.is_some_and(WorkloadState::is_end) {
            self.0.remove(&workload);
        } else if event.state.is_some() {
            self.0.insert(workload, known);
        }
        Parties { prover: event.prover.or(known.prover), ..known }
    }

    /// Takes in what the state says of a workload. What events have said is newer.
    pub(super) fn learn(&mut self, workload: &Workload) {
        let prover = workload.attempts.last().map(|attempt| attempt.prover);
        let known = self.0.entry(workload.id).or_default();
        *known = Parties { sender: known.sender.or(Some(workload.sender)), prover: known.prover.or(prover) };
    }
}

/// Reads at a start who the parties of the live workloads are.
pub async fn learn_parties(engine: Arc<dyn Engine>, host: &Host) {
    if let Err(problem) = learn(&State(engine), host).await {
        tracing::warn!(%problem, "streams of an account may lack events of workloads older than this start");
    }
}

async fn learn(state: &State, host: &Host) -> Result<(), Problem> {
    let (_, meta) = state.get::<Meta>(state_key::meta()).await?;
    let pages = meta.map_or(0, |meta| meta.live).div_ceil(PAGE_ENTRIES as u64);
    for page in 0..pages {
        let (_, page) = state.get::<Page>(state_key::live(page)).await?;
        let keys = page.iter().flat_map(|page| page.entries.iter()).map(|id| state_key::workload(*id)).collect();
        let (_, workloads) = state.all::<Workload>(keys).await?;
        let live = |workload: &&Workload| !workload.state.is_end();
        workloads.iter().flatten().filter(live).for_each(|workload| host.0.feed.learn(workload));
    }
    Ok(())
}
