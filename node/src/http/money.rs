//! How the money of accounts moved.

use super::{
    Asked,
    extract::{Asking, Named},
    failure::Answer,
    lists::{next, range},
};
use crate::index::Given;
use api::Movements;
use axum::{Json, extract::State};
use serde::Deserialize;
use types::AccountId;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    cause: Option<String>,
}

pub(super) async fn movements(
    State(gateway): Asked,
    Named(account): Named<AccountId>,
    Asking(which): Asking<Which>,
) -> Answer<Json<Movements>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let index = &gateway.desk.index;
    // Before the page: what it may lack is not promised.
    let span = index.span();
    let given = Given { account: Some(account), cause: which.cause.as_deref(), ..Given::default() };
    let page = index.movements(range, given).await?;
    let (since, height) = (span.since, span.height);
    Ok(Json(Movements { account, since, height, movements: page.entries, next: next(page.next) }))
}
