//! Transactions: in, and what became of them.

use super::{
    Asked, Gateway,
    extract::{Asking, Named, bad, body, content_type, json},
    failure::{Answer, Failure},
    lists::{next, range},
};
use crate::{host::SubmitError, index::Given, mempool::Fate};
use api::{Problem, Submit, Submitted, TransactionState, TransactionStatus, Transactions, problem};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use types::{
    AccountId, Call, Refusal, TxId, Workload, WorkloadId, codec, limits::TRANSACTION_MAX, state_key,
    transaction::SignedTransaction,
};

/// A transaction in hex, within JSON.
const BODY_MAX: usize = 2 * TRANSACTION_MAX + 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
    cursor: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    account: Option<AccountId>,
    kind: Option<String>,
}

pub(super) async fn all(State(gateway): Asked, Asking(which): Asking<Which>) -> Answer<Json<Transactions>> {
    let range = range(which.limit, which.cursor.as_deref(), which.from, which.to)?;
    let given = Given { account: which.account, kind: which.kind.as_deref(), ..Given::default() };
    let page = gateway.desk.index.transactions(range, given).await?;
    Ok(Json(Transactions { transactions: page.entries, next: next(page.next) }))
}

pub(super) async fn submit(
    State(gateway): Asked,
    headers: HeaderMap,
    request: Body,
) -> Answer<(StatusCode, Json<Submitted>)> {
    let bytes = body(request, BODY_MAX).await?;
    let bytes = match content_type(&headers).as_str() {
        "application/octet-stream" => bytes.to_vec(),
        "text/plain" => unhex(&String::from_utf8_lossy(&bytes))?,
        "application/json" => unhex(&json::<Submit>(&bytes)?.transaction)?,
        other => {
            return Err(Failure::new(problem::MEDIA_TYPE, format!("{other:?} is none of the three that are taken")));
        }
    };
    let transaction = decode(&bytes).map_err(|refusal| {
        gateway.desk.counters.refused("transaction", refusal.code());
        Failure(Problem::from(&refusal))
    })?;
    let run = matches!(transaction.value.call, Call::Run(_));
    let id = transaction.value.id();
    let transaction = match gateway.desk.submit(transaction).await {
        // It was sent again after it had taken effect: harmless.
        Err(SubmitError::Refused(Refusal::NonceUsed { .. })) if is_included(&gateway, id).await? => id,
        result => result.map_err(failure)?,
    };
    let workload = run.then(|| WorkloadId::from(transaction));
    Ok((StatusCode::ACCEPTED, Json(Submitted { transaction, workload })))
}

async fn is_included(gateway: &Gateway, id: TxId) -> Answer<bool> {
    Ok(status(gateway, id).await?.state == TransactionState::Included)
}

fn unhex(text: &str) -> Answer<Vec<u8>> {
    hex::decode(text.trim_ascii()).map_err(|_| bad(&"the transaction is not in hexadecimal digits"))
}

fn decode(bytes: &[u8]) -> Result<SignedTransaction, Refusal> {
    if bytes.len() > TRANSACTION_MAX {
        return Err(Refusal::TooLarge { got: bytes.len() as u64, max: TRANSACTION_MAX as u64 });
    }
    codec::decode(bytes, TRANSACTION_MAX).map_err(|error| Refusal::Malformed(error.to_string()))
}

fn failure(error: SubmitError) -> Failure {
    match error {
        SubmitError::Refused(refusal) => Failure(Problem::from(&refusal)),
        SubmitError::Busy => Failure::new(problem::BUSY, error.to_string()),
        SubmitError::Timeout => Failure::new(problem::TIMEOUT, error.to_string()),
    }
}

pub(super) async fn one(State(gateway): Asked, Named(id): Named<TxId>) -> Answer<Json<TransactionStatus>> {
    status(&gateway, id).await.map(Json)
}

async fn status(gateway: &Gateway, id: TxId) -> Answer<TransactionStatus> {
    let fate = gateway.desk.mempool().fate(id);
    let status = |state, height, refusal| TransactionStatus { transaction: id, state, height, refusal };
    Ok(match fate {
        Some(Fate::Pending { .. }) => status(TransactionState::Pending, None, None),
        Some(Fate::Included(height)) => status(TransactionState::Included, Some(height), None),
        Some(Fate::Dropped(refusal)) => status(TransactionState::Dropped, None, Some(Problem::from(&refusal))),
        None => match included(gateway, id).await? {
            Some(height) => status(TransactionState::Included, Some(height), None),
            None => status(TransactionState::Unknown, None, None),
        },
    })
}

/// The block of a transaction that was not heard of lately. Of a run the state tells even what the index does not know.
async fn included(gateway: &Gateway, id: TxId) -> Answer<Option<u64>> {
    if let Some(height) = gateway.desk.index.included(id).await? {
        return Ok(Some(height));
    }
    let (_, workload) = gateway.state.get::<Workload>(state_key::workload(id.into())).await?;
    Ok(workload.map(|workload| workload.created.height.0))
}
