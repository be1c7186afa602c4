//! Which pages of other hosts may ask this node in a browser. There are no cookies here: what is public is public to any page.

use super::{Gateway, operator};
use crate::config;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

/// How long a browser may remember what it was told.
const AGE_MAX: &str = "600";
const SENT: &str = "content-type, if-none-match, last-event-id, range, x-request-id";
const SHOWN: &str = "accept-ranges, content-range, etag, lemma-blob, lemma-blob-size, lemma-log, lemma-verified, location, \
     retry-after, x-request-id";

/// Answers a browser that asks whether it may ask; what it may stands in the headers that [`allow`] adds.
pub(super) async fn preflight(request: Request, next: Next) -> Response {
    if wish(&request).is_some() { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await }
}

/// What a preflight is for.
fn wish(request: &Request) -> Option<HeaderValue> {
    let wish = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    wish.filter(|_| *request.method() == Method::OPTIONS).cloned()
}

/// Says which pages may read the answer.
pub(super) async fn allow(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let (asks, method, own) =
        (wish(&request).is_some(), request.method().clone(), operator::is_own(request.uri().path()));
    let mut response = next.run(request).await;
    let Some(origin) = origin.filter(|_| !own) else { return response };
    let cors = &gateway.cors;
    let headers = response.headers_mut();
    let methods = methods(cors, &origin);
    if asks && !methods.is_empty() {
        let values = [methods, SENT, AGE_MAX].map(HeaderValue::from_static);
        headers.extend(PREFLIGHT.into_iter().zip(values));
    }
    let whom = if asks || reads(&method) { &[&cors.read, &cors.write][..] } else { &[&cors.write] };
    share(headers, whom, &origin);
    response
}

const PREFLIGHT: [HeaderName; 3] =
    [header::ACCESS_CONTROL_ALLOW_METHODS, header::ACCESS_CONTROL_ALLOW_HEADERS, header::ACCESS_CONTROL_MAX_AGE];

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// What a page may do.
fn methods(cors: &config::Cors, origin: &HeaderValue) -> &'static str {
    match (names(&cors.write, origin), names(&cors.read, origin)) {
        (true, _) => "GET, HEAD, POST, PUT",
        (false, true) => "GET, HEAD",
        (false, false) => "",
    }
}

fn names(origins: &[String], origin: &HeaderValue) -> bool {
    origins.iter().any(|it| it == "*" || it.as_bytes() == origin.as_bytes())
}

fn share(headers: &mut HeaderMap, whom: &[&Vec<String>], origin: &HeaderValue) {
    let any = whom.iter().any(|origins| origins.iter().any(|it| it == "*"));
    if !any {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if whom.iter().any(|origins| names(origins, origin)) {
        let shared = if any { HeaderValue::from_static("*") } else { origin.clone() };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, shared);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    }
}
