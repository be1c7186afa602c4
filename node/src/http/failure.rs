//! Problems as responses.

use api::{Problem, problem};
use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// A request that could not be served.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Problem);

/// A response, or a problem.
pub(super) type Answer<T> = Result<T, Failure>;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Failure {
    pub(super) fn new(kind: problem::Kind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body(&self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        let again = self.0.retry_after_s.or_else(|| matches!(self.0.status, 429 | 503).then_some(1));
        if let Some(seconds) = again {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.0.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Whoever knows the request's id writes it in.
        response.extensions_mut().insert(self.0);
        response
    }
}

/// A problem as JSON.
pub(super) fn body(problem: &Problem) -> Body {
    // Plain values: they cannot fail to be written.
    Body::from(serde_json::to_vec(problem).unwrap_or_default())
}

pub(super) async fn no_such_path(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Failure(Problem::new(problem::NOT_FOUND, format!("there is nothing at {path}")).hinting("see /openapi.json"))
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Failure::new(problem::METHOD, format!("{path} does not take {method}"))
}
