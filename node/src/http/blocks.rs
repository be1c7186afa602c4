//! Blocks.

use super::{
    Asked,
    extract::{Asking, Named},
    failure::Answer,
    lists::{next, range},
};
use api::{Block, Blocks, Event, Problem, Transaction, problem};
use axum::{Json, extract::State};
use ports::Header;
use serde::Deserialize;
use types::{Body, genesis::PeerId};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    leader: Option<PeerId>,
}

pub(super) async fn all(State(gateway): Asked, Asking(which): Asking<Which>) -> Answer<Json<Blocks>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let page = gateway.desk.index.blocks(range, which.leader).await?;
    Ok(Json(Blocks { blocks: page.entries, next: next(page.next) }))
}

pub(super) async fn one(State(gateway): Asked, Named(height): Named<u64>) -> Answer<Json<Block>> {
    let block = gateway.state.block(height).await?;
    let events = gateway.desk.index.events(height).await?;
    Ok(Json(show(&block, events).ok_or_else(|| {
        tracing::error!(height, "a final block cannot be read");
        Problem::new(problem::INTERNAL, "the block cannot be read")
    })?))
}

fn show(block: &ports::Block, events: Option<Vec<Event>>) -> Option<Block> {
    let header = Header::decode(&block.header).ok()?;
    // Genesis has no body.
    let body = if block.body.is_empty() { Body::default() } else { Body::decode(&block.body).ok()? };
    Some(Block {
        height: header.height,
        hash: hex::encode(block.hash),
        parent: hex::encode(header.parent),
        time_ms: header.time_ms,
        leader: PeerId(header.leader),
        epoch: header.epoch,
        view: header.view,
        state_root: hex::encode(header.state_root),
        body_hash: hex::encode(header.body_hash),
        body_bytes: block.body.len() as u64,
        beacons: body.beacons.iter().map(|entry| entry.height.0).collect(),
        messages: body.messages.len() as u64,
        settlements: body.settlements.len() as u64,
        evidence: body.evidence.len() as u64,
        heartbeats: body.heartbeats.len() as u64,
        transactions: body.transactions.iter().map(Transaction::from).collect(),
        events,
    })
}
