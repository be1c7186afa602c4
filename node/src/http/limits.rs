//! What holds for every request: how many at once, how large their headers, how long they take.

use super::{Gateway, failure::Failure, quota::Caller};
use api::{paths, problem};
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::{sync::Arc, time::Duration};

/// All headers and the path together, in bytes.
const HEADERS_MAX: usize = 16 * 1024;
/// How long a request that is no stream and no blob may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Counts every response, and refuses what is too much before anything is read.
pub(super) async fn admit(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let response = admitted(&gateway, request, next).await;
    gateway.desk.counters.response(response.status().as_u16());
    response
}

async fn admitted(gateway: &Gateway, request: Request, next: Next) -> Response {
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let bytes: usize = fields.sum::<usize>() + request.uri().to_string().len();
    if bytes > HEADERS_MAX {
        let detail = format!("the headers have {bytes} bytes, where {HEADERS_MAX} are allowed");
        return Failure::new(problem::HEADERS, detail).into_response();
    }
    // These must answer when nothing else does.
    if matches!(request.uri().path(), paths::HEALTH | paths::READY | paths::METRICS) {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<ConnectInfo<Caller>>();
    if let Some(Err(too_fast)) = caller.map(|ConnectInfo(caller)| gateway.quotas.request(*caller)) {
        return too_fast.into_response();
    }
    // Streams have a limit of their own.
    if request.uri().path() == paths::EVENTS {
        return next.run(request).await;
    }
    match gateway.requests.clone().try_acquire_owned() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Failure::new(problem::TOO_MANY, "this node serves as many requests as it may").into_response(),
    }
}

/// Ends a request that takes too long.
pub(super) async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::new(problem::TIMEOUT, "the request took too long").into_response(),
    }
}
