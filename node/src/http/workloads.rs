//! Workloads.

use super::{
    Asked, Gateway,
    extract::{Asking, Named},
    failure::{Answer, Failure},
    lists::{next, range},
    waiting::waiting,
};
use crate::{index::Given, mempool::Fate, receipts::absent, state::decode};
use api::{Clock, Waiting, WorkloadState, WorkloadSummary, Workloads, problem};
use axum::{Json, extract::State};
use serde::Deserialize;
use types::{
    AccountId, ChainTime, ProgramId, TxId, WorkloadId,
    record::{Live, Meta},
    state_key, workload,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    account: Option<AccountId>,
    program: Option<ProgramId>,
    state: Option<WorkloadState>,
    prover: Option<AccountId>,
}

pub(super) async fn all(State(gateway): Asked, Asking(which): Asking<Which>) -> Answer<Json<Workloads>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let Which { account, program, state, prover, .. } = which;
    let mut workloads = if shows_pending(&which) { pending(&gateway, range.limit) } else { Vec::new() };
    let given = Given { account, program, state, prover, ..Given::default() };
    let page = gateway.desk.index.workloads(range, given).await?;
    // What came into a block meanwhile is no longer pending.
    workloads.retain(|waits| page.entries.iter().all(|it| it.workload != waits.workload));
    workloads.extend(page.entries);
    Ok(Json(Workloads { workloads, next: next(page.next) }))
}

/// Whether the page may begin with what is in no block yet: of that nothing is known that could be filtered by.
fn shows_pending(which: &Which) -> bool {
    let Which { cursor, from, to, account, program, state, prover, .. } = which;
    let any_place = cursor.is_none() && from.is_none() && to.is_none();
    let any_kind = account.is_none() && program.is_none() && prover.is_none();
    any_place && any_kind && state.is_none_or(|state| state == WorkloadState::Pending)
}

fn pending(gateway: &Gateway, limit: usize) -> Vec<WorkloadSummary> {
    gateway.desk.mempool().runs(limit).into_iter().map(WorkloadSummary::pending).collect()
}

pub(super) async fn one(State(gateway): Asked, Named(id): Named<WorkloadId>) -> Answer<Json<api::Workload>> {
    // One question, so that all of it is of one height.
    let keys = vec![state_key::workload(id), state_key::meta(), state_key::live_entry(id)];
    let (_, values) = gateway.state.raw(keys).await?;
    let [record, meta, live] = values.as_slice() else {
        return Err(Failure::new(problem::INTERNAL, "the engine did not answer every question"));
    };
    let Some(record) = record else {
        let fate = gateway.desk.mempool().fate(TxId(id.0));
        let pending = matches!(fate, Some(Fate::Pending { run: true }));
        return if pending { Ok(Json(api::Workload::pending(id))) } else { Err(absent(id).into()) };
    };
    let record: types::Workload = decode(record)?;
    let meta: Option<Meta> = meta.as_deref().map(decode).transpose()?;
    let live: Option<Live> = live.as_deref().map(decode).transpose()?;
    let waits = match meta.as_ref() {
        Some(meta) if record.state == workload::State::Queued => {
            waiting(&gateway.state, meta, live.as_ref(), id).await?
        }
        _ => Waiting::Unknown,
    };
    let clock = match meta {
        Some(meta) => Clock { now: meta.time, params: meta.params },
        None => Clock { now: ChainTime(gateway.state.0.status().time_ms), params: gateway.genesis.params.clone() },
    };
    Ok(Json(api::Workload::new(&record, &clock, waits)))
}
