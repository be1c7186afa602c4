//! What comes out of a request, with problems instead of plain text where it cannot be read.

use super::failure::{Answer, Failure};
use api::problem;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Path, Query},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;
use std::{fmt::Display, str::FromStr};

/// The parameter of a path.
pub(super) struct Named<T>(pub(super) T);

/// The parameters of a query; one that nobody knows is refused.
pub(super) struct Asking<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Named<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|error| bad(&error))?;
        text.parse().map(Self).map_err(|error| bad(&format_args!("{error}, in the path")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Asking<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|error| bad(&error.body_text()))
    }
}

/// A body of at most `max` bytes.
pub(super) async fn body(body: Body, max: usize) -> Answer<Bytes> {
    to_bytes(body, max).await.map_err(|error| {
        let too_long = std::error::Error::source(&error).is_some_and(|it| it.to_string().contains("limit"));
        if too_long {
            Failure::new(problem::TOO_LARGE, format!("the body has more than {max} bytes"))
        } else {
            bad(&"the body was cut off")
        }
    })
}

/// The content type without its parameters, in lower case; empty if there is none.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads JSON.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(|error| bad(&error))
}

pub(super) fn bad(reason: &dyn Display) -> Failure {
    Failure::new(problem::BAD_REQUEST, reason.to_string())
}
