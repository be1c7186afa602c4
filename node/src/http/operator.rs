//! What only the operator may ask: figures, and what is logged. Without a token it is served on a loopback address alone, and to
//! nobody who comes in another host's name, as a page in a browser might.

use super::{
    Asked, Gateway,
    extract::{body, content_type, json},
    failure::{Answer, Failure},
};
use crate::{config, keys::KeyError};
use api::{LogLevel, Problem, paths, problem};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use std::{fs, io::Read as _, net::IpAddr, path::Path, sync::Arc};

/// The least and the most characters of a token.
const TOKEN: std::ops::RangeInclusive<usize> = 16..=512;
const BODY_MAX: usize = 4096;

/// Changes what is logged, and says what is: `None` asks alone. An error says why a filter makes no sense.
pub type LogControl = Arc<dyn Fn(Option<&str>) -> Result<String, String> + Send + Sync>;

/// How the operator gets at the node.
#[derive(Default)]
pub struct Operator {
    /// The hash of the token: two hashes are compared in a time that tells nothing.
    token: Option<blake3::Hash>,
    /// Whether the API's own address serves the operator as well.
    pub(super) here: bool,
    log: Option<LogControl>,
}

impl Operator {
    /// As the configuration says.
    ///
    /// # Errors
    /// When the token cannot be read, or is too short to be one.
    pub fn new(http: &config::Http, log: Option<LogControl>) -> Result<Self, KeyError> {
        let token = http.operator.token_file.as_deref().map(token).transpose()?;
        let outside = http.tls.as_ref().map(|tls| tls.listen).into_iter().chain([http.listen]);
        let safe = token.is_some() || outside.into_iter().all(|address| address.ip().is_loopback());
        Ok(Self { token, here: http.operator.listen.is_none() && safe, log })
    }

    fn admits(&self, headers: &HeaderMap) -> Answer<()> {
        match self.token {
            Some(token) if blake3::hash(bearer(headers)) == token => Ok(()),
            Some(_) => Err(Failure::new(problem::UNAUTHORIZED, "the token is missing or another")),
            None if by_address(headers) => Ok(()),
            None => Err(Failure::new(problem::FORBIDDEN, "it was asked for in the name of another host")),
        }
    }
}

fn token(path: &Path) -> Result<blake3::Hash, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(1 + 2 * *TOKEN.end() as u64).read_to_string(&mut text).map_err(failed)?;
    let token = text.trim();
    let wrong = KeyError::Content { path: path.to_owned(), expected: "a token of 16 to 512 visible characters" };
    let visible = TOKEN.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    if visible { Ok(blake3::hash(token.as_bytes())) } else { Err(wrong) }
}

fn bearer(headers: &HeaderMap) -> &[u8] {
    let value = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    value.strip_prefix(b"Bearer ").unwrap_or_default()
}

/// Whether the host is named by an address, or is this machine: a page in a browser cannot have another name resolve to it then.
fn by_address(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let port = host.rfind(':').filter(|at| !host.ends_with(']') && *at > 0);
    let name = port.map_or(host, |at| &host[..at]).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

/// Whether a path is the operator's.
pub(super) fn is_own(path: &str) -> bool {
    path == paths::METRICS || path.starts_with("/operator/")
}

/// Lets the operator in.
pub(super) async fn guard(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Answer<Response> {
    gateway.operator.admits(request.headers())?;
    Ok(next.run(request).await)
}

/// What is said where the operator's endpoints are not served.
pub(super) async fn elsewhere() -> Failure {
    let hint = "ask at http.operator.listen, or set http.operator in the node's configuration";
    Failure(Problem::new(problem::NOT_FOUND, "the operator's endpoints are not served here").hinting(hint))
}

pub(super) async fn log_level(State(gateway): Asked) -> Answer<Json<LogLevel>> {
    changed(&gateway, None)
}

pub(super) async fn set_log_level(State(gateway): Asked, headers: HeaderMap, request: Body) -> Answer<Json<LogLevel>> {
    let kind = content_type(&headers);
    // A page in a browser cannot send this without being allowed to.
    if kind != "application/json" {
        return Err(Failure::new(problem::MEDIA_TYPE, format!("{kind:?} is not application/json")));
    }
    let wanted: LogLevel = json(&body(request, BODY_MAX).await?)?;
    let answer = changed(&gateway, Some(&wanted.log))?;
    tracing::info!(log = %answer.0.log, "what is logged was changed");
    Ok(answer)
}

fn changed(gateway: &Gateway, filter: Option<&str>) -> Answer<Json<LogLevel>> {
    let fixed = || Failure(Problem::new(problem::NOT_FOUND, "what is logged here cannot be changed"));
    let control = gateway.operator.log.as_ref().ok_or_else(fixed)?;
    let log = control(filter).map_err(|why| super::extract::bad(&format_args!("no filter: {why}")))?;
    Ok(Json(LogLevel { log }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    #[test]
    fn hosts_are_addresses_or_this_machine() {
        for host in ["127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", "localhost", "localhost:9", "10.0.0.7:1"] {
            assert!(by_address(&headers(header::HOST, host)), "{host}");
        }
        for host in ["evil.example", "evil.example:80", "localhost.evil.example", ":80", "127.0.0.1.evil.example"] {
            assert!(!by_address(&headers(header::HOST, host)), "{host}");
        }
    }

    #[test]
    fn a_token_opens_and_nothing_like_it() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("token");
        fs::write(&path, "0123456789abcdef\n").expect("written");
        let operator = Operator { token: Some(token(&path).expect("a token")), ..Operator::default() };
        let said = |value: &str| operator.admits(&headers(header::AUTHORIZATION, value)).is_ok();
        assert!(said("Bearer 0123456789abcdef"));
        for wrong in ["Bearer 0123456789abcde", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef", "bearer"] {
            assert!(!said(wrong), "{wrong}");
        }
        assert!(operator.admits(&headers(header::HOST, "127.0.0.1")).is_err(), "the address alone is not enough");
        fs::write(&path, "short\n").expect("written");
        assert!(matches!(token(&path), Err(KeyError::Content { .. })));
    }
}
