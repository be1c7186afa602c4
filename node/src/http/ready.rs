//! Whether the node is up, and whether it can be relied on.

use super::{
    Asked, Gateway,
    failure::{Answer, Failure},
};
use api::{Health, problem};
use axum::{Json, extract::State};
use ports::{ReadError, Status};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use types::state_key;

/// How long the engine has for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How old the last block may be.
const AGE_MAX_MS: u64 = 60_000;
/// What has to be free on the disk.
const DISK_MIN: u64 = 256 << 20;

pub(super) async fn health(State(gateway): Asked) -> Answer<Json<Health>> {
    alive(&gateway).await.map_err(|why| Failure::new(problem::STOPPED, why))?;
    Ok(Json(shown(&gateway.state.0.status())))
}

pub(super) async fn ready(State(gateway): Asked) -> Answer<Json<Health>> {
    let alive = alive(&gateway).await;
    let free = gateway.desk.store.disk_free_bytes();
    let status = gateway.state.0.status();
    let shown = shown(&status);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let alone = gateway.genesis.validators.len() <= 1;
    let amiss: Vec<String> = alive.err().into_iter().chain(Seen { status, now, alone, free }.amiss()).collect();
    if amiss.is_empty() { Ok(Json(shown)) } else { Err(Failure::new(problem::NOT_READY, amiss.join("; "))) }
}

/// Fails when the engine is dead: stopped, or silent.
async fn alive(gateway: &Gateway) -> Result<(), String> {
    match tokio::time::timeout(ANSWER_MAX, gateway.state.0.read(vec![state_key::meta()])).await {
        Ok(Err(ReadError::Stopped)) => Err(ReadError::Stopped.to_string()),
        // A busy engine is alive.
        Ok(_) => Ok(()),
        Err(_) => Err(format!("the engine was silent for {} s", ANSWER_MAX.as_secs())),
    }
}

const fn shown(status: &Status) -> Health {
    Health { height: status.height, peers: status.peers }
}

/// What a look at the node shows.
struct Seen {
    status: Status,
    /// Milliseconds since 1970.
    now: u64,
    /// Whether this node is all of its network.
    alone: bool,
    /// Bytes that are free on the disk; none if that cannot be told.
    free: Option<u64>,
}

impl Seen {
    /// Everything that keeps one from relying on the node.
    fn amiss(&self) -> impl Iterator<Item = String> + use<> {
        let Self { status, now, alone, free } = self;
        let age = now.saturating_sub(status.time_ms);
        let none = (status.height == 0).then(|| "there is no block yet".to_owned());
        let old = (status.height > 0 && age > AGE_MAX_MS).then(|| {
            let (height, age) = (status.height, age / 1000);
            format!("block {height}, its last, is {age} s old: it is behind, or the network has halted")
        });
        let lonely = (status.peers == 0 && !alone).then(|| "no peer is connected".to_owned());
        let full = free
            .filter(|free| *free < DISK_MIN)
            .map(|free| format!("the disk has {} MiB free, where {} are needed", free >> 20, DISK_MIN >> 20));
        [none, old, lonely, full].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_is_amiss_is_named() {
        let status = Status { height: 9, time_ms: 1_000_000, peers: 3, ..Status::default() };
        let said = |seen: Seen| seen.amiss().collect::<Vec<_>>().join("; ");
        let fine = || Seen { status: status.clone(), now: 1_060_000, alone: false, free: Some(DISK_MIN) };
        assert_eq!(said(fine()), "");
        assert_eq!(
            said(Seen { now: 1_061_000, ..fine() }),
            "block 9, its last, is 61 s old: it is behind, or the network has halted"
        );
        let young = Status { height: 0, ..status.clone() };
        assert_eq!(said(Seen { status: young, now: 1_061_000, ..fine() }), "there is no block yet");
        let lonely = Status { peers: 0, ..status.clone() };
        assert_eq!(said(Seen { status: lonely.clone(), ..fine() }), "no peer is connected");
        assert_eq!(said(Seen { status: lonely, alone: true, free: None, ..fine() }), "");
        assert_eq!(said(Seen { free: Some(5 << 20), ..fine() }), "the disk has 5 MiB free, where 256 are needed");
    }
}
