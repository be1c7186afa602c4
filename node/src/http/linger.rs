//! Reads what is left of a body after a request was refused. A connection that is closed with bytes unread is reset, and the
//! client may lose the response that says why.

use axum::{
    body::{Body, BodyDataStream, HttpBody as _},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::StreamExt as _;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Bytes that are read and thrown away for the sake of a response.
const DISCARD_MAX: usize = 8 << 20;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(2);

type Rest = Arc<Mutex<BodyDataStream>>;

/// Passes a request on, and reads the rest of its body if it was refused.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let rest: Rest = Arc::new(Mutex::new(body.into_data_stream()));
    let pieces = futures::stream::unfold(rest.clone(), |rest| async {
        let piece = rest.lock().await.next().await?;
        Some((piece, rest))
    });
    let response = next.run(Request::from_parts(parts, Body::from_stream(pieces))).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        // Time or bytes run out: then the client has to live with a reset.
        let _ = tokio::time::timeout(DISCARD_TIME, discard(&rest)).await;
    }
    response
}

async fn discard(rest: &Rest) {
    let mut rest = rest.lock().await;
    let mut left = DISCARD_MAX;
    while let Some(Ok(piece)) = rest.next().await {
        let Some(less) = left.checked_sub(piece.len()) else { return };
        left = less;
    }
}
