//! The chain and this node.

use super::{Asked, failure::Answer};
use crate::{counters::Gauges, host::Usage};
use api::{Genesis, Params, ProgramRoom, Status, Versions};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use types::{record::Meta, state_key};

pub(super) async fn status(State(gateway): Asked) -> Json<Status> {
    let engine = gateway.state.0.status();
    Json(Status {
        chain: gateway.chain,
        name: gateway.genesis.name.to_string(),
        height: engine.height,
        time_ms: engine.time_ms,
        hash: hex::encode(engine.hash),
        state_root: hex::encode(engine.state_root),
        epoch: engine.epoch,
        index_height: gateway.desk.index.span().height,
        peers: engine.peers,
        node: gateway.me,
        prover: gateway.prover,
        programs: gateway.desk.usage().map(programs),
        breaker: gateway.prover.map(|_| api::Breaker::from(&*gateway.desk.breaker())),
        group_key: gateway.genesis.group_key,
        versions: Versions {
            node: env!("CARGO_PKG_VERSION").to_owned(),
            api: "1".to_owned(),
            verifier: gateway.genesis.verifier.to_string(),
        },
    })
}

fn programs(usage: Usage) -> ProgramRoom {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let Usage { running, waiting, taken, whole } = usage;
    ProgramRoom {
        running: count(running),
        waiting: count(waiting),
        cores_taken: taken.cores,
        cores: whole.cores,
        memory_taken_mib: taken.memory_bytes >> 20,
        memory_mib: whole.memory_bytes >> 20,
    }
}

pub(super) async fn genesis(State(gateway): Asked) -> Json<Genesis> {
    Json((*gateway.genesis).clone())
}

/// The parameters in force; before the first block those of genesis.
pub(super) async fn params(State(gateway): Asked) -> Answer<Json<Params>> {
    let (height, meta) = gateway.state.get::<Meta>(state_key::meta()).await?;
    Ok(Json(match meta {
        Some(meta) => Params::new(&meta.params, height, meta.epoch, meta.compute_price),
        None => {
            let params = &gateway.genesis.params;
            Params::new(params, height, 0, params.compute_price)
        }
    }))
}

pub(super) async fn metrics(State(gateway): Asked) -> Response {
    let desk = &gateway.desk;
    let breaker = gateway.prover.map(|_| {
        let breaker = desk.breaker();
        (breaker.open().is_some(), breaker.count().0)
    });
    let known = desk.index.span().height;
    let index = (known, gateway.state.0.status().height.saturating_sub(known));
    let gauges = Gauges { blob_bytes: desk.store.used_bytes(), index, programs: desk.usage(), breaker };
    let own = desk.counters.text(&gauges);
    let text = gateway.state.0.metrics();
    // Some encoders end with a line that says so, and nothing may follow it.
    let engine = text.trim_end().trim_end_matches("# EOF").trim_end();
    let content = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content, format!("{engine}\n{own}")).into_response()
}

pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api::openapi_json()).into_response()
}
