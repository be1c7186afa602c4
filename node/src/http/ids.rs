//! The id of a request: what its sender calls it, or one of our own. It stands in the answer, in the log, and in a problem.

use super::failure::body;
use api::{Problem, paths};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

/// The longest id that is taken over.
const LENGTH_MAX: usize = 64;
/// What is logged of a path.
const PATH_MAX: usize = 200;

/// Gives a request its id and logs what became of it.
pub(super) async fn identify(request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(made);
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(PATH_MAX).collect();
    let span = tracing::info_span!("request", id, %method, path);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.in_scope(
        || if status >= 500 { tracing::warn!(status, "answered") } else { tracing::debug!(status, "answered") },
    );
    named(response, &id, &method)
}

/// The sender's id, if it is one that can stand in a log.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(paths::REQUEST_HEADER)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ((1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

/// Sixteen digits that nobody guesses. Without randomness: an id that says so.
fn made() -> String {
    getrandom::u64().map_or_else(|_| "none".to_owned(), |number| format!("{number:016x}"))
}

fn named(mut response: Response, id: &str, method: &Method) -> Response {
    // An answer to HEAD has lost its body already.
    let problem = response.extensions_mut().remove::<Problem>().filter(|_| *method != Method::HEAD);
    if let Some(problem) = problem {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body(&problem.at(id));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(paths::REQUEST_HEADER, value);
    }
    response
}
