//! Workloads.

use super::{
    Asked,
    extract::{Asking, Named},
    failure::Answer,
    waiting::waiting,
};
use crate::{index::Fate, receipts::absent};
use api::{Clock, Waiting, WorkloadState, Workloads};
use axum::{Json, extract::State};
use serde::Deserialize;
use types::{ChainTime, TxId, WorkloadId, state_key, workload};

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
    let (_, record) = gateway.state.get::<types::Workload>(state_key::workload(id)).await?;
    let Some(record) = record else {
        let fate = gateway.desk.index().transaction(TxId(id.0));
        let pending = matches!(fate, Some(Fate::Pending { run: true }));
        return if pending { Ok(Json(api::Workload::pending(id))) } else { Err(absent(id).into()) };
    };
    let params = &gateway.genesis.params;
    let waits = match record.state {
        workload::State::Queued => waiting(&gateway.state, params, id).await?,
        _ => Waiting::Unknown,
    };
    let now = ChainTime(gateway.state.0.status().time_ms);
    let clock = Clock { now, params: params.clone() };
    Ok(Json(api::Workload::new(&record, &clock, waits)))
}
