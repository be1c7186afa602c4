//! Workloads.

use super::{
    Asked,
    extract::{Asking, Named},
    failure::{Answer, Failure},
    waiting::waiting,
};
use crate::{index::Fate, receipts::absent, state::decode};
use api::{Clock, Waiting, WorkloadState, Workloads, problem};
use axum::{Json, extract::State};
use serde::Deserialize;
use types::{
    ChainTime, TxId, WorkloadId,
    record::{Live, Meta},
    state_key, workload,
};

/// Entries of a list unless told, and at most.
pub(super) const LIMIT: usize = 20;
pub(super) const LIMIT_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    state: Option<WorkloadState>,
}

pub(super) async fn latest(State(gateway): Asked, Asking(which): Asking<Which>) -> Json<Workloads> {
    let limit = which.limit.unwrap_or(LIMIT).min(LIMIT_MAX);
    Json(Workloads { workloads: gateway.desk.index().workloads(limit, which.state) })
}

pub(super) async fn one(State(gateway): Asked, Named(id): Named<WorkloadId>) -> Answer<Json<api::Workload>> {
    // One question, so that all of it is of one height.
    let keys = vec![state_key::workload(id), state_key::meta(), state_key::live_entry(id)];
    let (_, values) = gateway.state.raw(keys).await?;
    let [record, meta, live] = values.as_slice() else {
        return Err(Failure::new(problem::INTERNAL, "the engine did not answer every question"));
    };
    let Some(record) = record else {
        let fate = gateway.desk.index().transaction(TxId(id.0));
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
