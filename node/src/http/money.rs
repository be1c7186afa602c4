//! How the money of accounts moved, as far as this node remembers.

use super::{
    Asked,
    extract::{Asking, Named, bad},
    failure::Answer,
    workloads::{LIMIT, LIMIT_MAX},
};
use api::{Movement, Movements, read_cursor};
use axum::{Json, extract::State};
use serde::Deserialize;
use types::AccountId;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    before: Option<String>,
}

pub(super) async fn movements(
    State(gateway): Asked,
    Named(account): Named<AccountId>,
    Asking(which): Asking<Which>,
) -> Answer<Json<Movements>> {
    let limit = which.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let cursor = |text: &String| read_cursor(text).ok_or_else(|| bad(&"before is none that a page named as next"));
    let before = which.before.as_ref().map(cursor).transpose()?;
    let page = gateway.desk.index().movements(account, limit, before);
    let next = page.movements.last().filter(|_| page.more).map(Movement::cursor);
    let (since, height, movements) = (page.since, page.height, page.movements);
    Ok(Json(Movements { account, since, height, movements, next }))
}
