//! What holds for every request: how many at once, how large their headers, how long they take.

use super::{
    Gateway,
    failure::Failure,
    quota::{Caller, Kind, Place},
};
use api::{paths, problem};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

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
    // This must answer when nothing else does.
    if request.uri().path() == paths::HEALTH {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<ConnectInfo<Caller>>().map(|ConnectInfo(caller)| *caller);
    let place = caller.map(|caller| {
        gateway.quotas.request(caller)?;
        gateway.quotas.enter(caller, Kind::Request)
    });
    match place.transpose() {
        Ok(place) => answered(gateway, request, next).await.map(|body| Body::new(Held { body, _place: place })),
        Err(too_much) => too_much.into_response(),
    }
}

async fn answered(gateway: &Gateway, request: Request, next: Next) -> Response {
    // Streams have a limit of their own, and figures are wanted most when there are too many requests.
    if matches!(request.uri().path(), paths::EVENTS | paths::METRICS | paths::READY) {
        return next.run(request).await;
    }
    match gateway.requests.clone().try_acquire_owned() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Failure::new(problem::TOO_MANY, "this node serves as many requests as it may").into_response(),
    }
}

/// A body that takes a place of its caller until it is sent.
struct Held {
    body: Body,
    _place: Option<Place>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends a request that takes too long.
pub(super) async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::new(problem::TIMEOUT, "the request took too long").into_response(),
    }
}
