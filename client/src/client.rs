//! Where the node is, and how it is asked: bounded answers, problems as errors, retries of what may happen twice.

use crate::{ClientError, retry::retrying};
use api::Problem;
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use types::BlobId;

/// The longest JSON answer, in bytes.
const JSON_MAX: u64 = 32 * 1024 * 1024;
/// The longest problem, in bytes.
const PROBLEM_MAX: u64 = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest silence within an answer. Event streams say something more often than this.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A client of one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    node: Url,
    http: reqwest::Client,
}

/// What is sent along.
#[derive(Clone)]
pub(crate) enum Content {
    None,
    Bytes(Bytes),
    Json(serde_json::Value),
}

impl Content {
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, ClientError> {
        serde_json::to_value(value).map(Self::Json).map_err(|error| ClientError::Answer(error.to_string()))
    }
}

impl Client {
    /// A client of the node whose API is at `url`, such as `http://127.0.0.1:26600`. Does not connect yet. Certificates are
    /// checked against those that the system trusts; the environment's `SSL_CERT_FILE` names others.
    ///
    /// # Errors
    /// [`ClientError::Address`].
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let wrong = |why: String| ClientError::Address { url: url.chars().take(200).collect(), why };
        let node = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        if !matches!(node.scheme(), "http" | "https") {
            return Err(wrong(format!("{} is not supported: this client speaks http and https", node.scheme())));
        }
        // An error means that the program has chosen a provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(SILENCE_MAX);
        let http = http.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| wrong(chain(&error)))?;
        Ok(Self { node, http })
    }

    /// The address of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        self.node.as_str().trim_end_matches('/')
    }

    /// The node's answer as JSON, asked for again if that may help.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        content: Content,
    ) -> Result<T, ClientError> {
        self.query(method, path, &[], content).await
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.json(Method::GET, path, Content::None).await
    }

    pub(crate) async fn asking<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        self.query(Method::GET, path, query, Content::None).await
    }

    async fn query<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        content: Content,
    ) -> Result<T, ClientError> {
        retrying(|| async {
            let response = self.send(&method, path, query, &content).await?;
            let bytes = self.read(response, JSON_MAX).await?;
            serde_json::from_slice(&bytes).map_err(|error| ClientError::Answer(format!("{path}: {error}")))
        })
        .await
    }

    /// The node's answer as bytes with one of its headers, asked for again if that may help.
    pub(crate) async fn bytes(
        &self,
        path: &str,
        query: &[(&str, &str)],
        header: &str,
        max: u64,
    ) -> Result<(Bytes, Option<String>), ClientError> {
        retrying(|| async {
            let response = self.send(&Method::GET, path, query, &Content::None).await?;
            let header = response.headers().get(header).and_then(|value| value.to_str().ok()).map(str::to_owned);
            Ok((self.read(response, max).await?, header))
        })
        .await
    }

    /// One request, once. Whatever is not a success becomes an error.
    pub(crate) async fn send(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        content: &Content,
    ) -> Result<Response, ClientError> {
        let response = self.request(method, path, query, content).await?;
        self.success(response).await
    }

    /// Whatever is not a success becomes an error.
    pub(crate) async fn success(&self, response: Response) -> Result<Response, ClientError> {
        if response.status().is_success() { Ok(response) } else { Err(self.problem(response).await) }
    }

    /// What requests are sent with.
    pub(crate) const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// One request, once, whatever is answered.
    pub(crate) async fn request(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        content: &Content,
    ) -> Result<Response, ClientError> {
        let request = with(self.http.request(method.clone(), self.at(path, query)?), content);
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    pub(crate) fn at(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, ClientError> {
        let address = format!("{}{path}", self.node());
        let mut url =
            Url::parse(&address).map_err(|error| ClientError::Address { url: address, why: error.to_string() })?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Reads an answer, of which nothing is kept past `max`.
    async fn read(&self, mut response: Response, max: u64) -> Result<Bytes, ClientError> {
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if (bytes.len() + part.len()) as u64 > max {
                return Err(ClientError::TooLong { max });
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.into())
    }

    async fn problem(&self, response: Response) -> ClientError {
        let status = response.status().as_u16();
        match self.read(response, PROBLEM_MAX).await {
            Ok(bytes) => match serde_json::from_slice::<Problem>(&bytes) {
                Ok(problem) => ClientError::Problem(Box::new(problem)),
                Err(_) => ClientError::Answer(format!("status {status} without a problem object")),
            },
            Err(error) => error,
        }
    }

    pub(crate) fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable { node: self.node().to_owned(), why: chain(error) }
    }
}

fn with(request: RequestBuilder, content: &Content) -> RequestBuilder {
    match content {
        Content::None => request,
        Content::Bytes(bytes) => {
            request.header(reqwest::header::CONTENT_TYPE, "application/octet-stream").body(bytes.clone())
        }
        Content::Json(value) => request.json(value),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Checks that bytes are those of a blob.
pub(crate) fn checked(blob: BlobId, bytes: Bytes) -> Result<Bytes, ClientError> {
    if BlobId::of(&bytes) == blob { Ok(bytes) } else { Err(ClientError::WrongBlob(blob)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_http_and_https_are_taken() {
        assert_eq!(Client::new("http://127.0.0.1:1/").expect("address").node(), "http://127.0.0.1:1");
        assert_eq!(Client::new("https://host/").expect("address").node(), "https://host");
        for url in ["", "127.0.0.1:1", "ftp://host", "http://", "https://"] {
            assert!(matches!(Client::new(url), Err(ClientError::Address { .. })), "{url}");
        }
    }

    #[test]
    fn other_bytes_than_the_blobs_are_refused() {
        let bytes = Bytes::from_static(b"lemma");
        assert!(checked(BlobId::of(b"lemma"), bytes.clone()).is_ok());
        assert!(checked(BlobId::of(b"lemmb"), bytes).is_err());
    }

    #[test]
    fn a_query_is_escaped() {
        let client = Client::new("http://host:1").expect("address");
        let url = client.at("/v1/x", &[("a", "b&c d")]).expect("url");
        assert_eq!(url.as_str(), "http://host:1/v1/x?a=b%26c+d");
    }
}
