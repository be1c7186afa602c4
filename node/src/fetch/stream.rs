//! One connection to a source: one fixed path is asked for, nothing is followed, and everything that comes back is bounded in
//! bytes and in time.

use super::address::Address;
use api::paths;
use hyper::{
    Request, Response, StatusCode,
    body::{Body as _, Bytes, Incoming},
    client::conn::http1::{Builder, SendRequest},
    header::HOST,
};
use hyper_util::rt::TokioIo;
use std::{fmt::Display, future::poll_fn, net::SocketAddr, ops::Range, pin::Pin, time::Duration};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use types::{
    BlobId,
    limits::{PART_BYTES, PART_MAX},
};

/// How long a source may take to be connected to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a source may say nothing.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// What a source has to send in a second, on average over a span.
const RATE_MIN: u64 = 256 * 1024;
/// What a connection holds of what came in and was not taken yet.
const BUFFER_MAX: usize = 512 * 1024;
/// Headers of an answer.
const HEADERS_MAX: usize = 32;
/// Bytes that say how long a part is.
const LENGTH_BYTES: usize = 4;

/// Why nothing comes from a source.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    /// It cannot be reached, or may not be.
    #[error("it cannot be reached")]
    Unreachable,
    /// It has no such blob, or one of another size.
    #[error("it does not have the blob")]
    Absent,
    /// It is too slow, or went away.
    #[error("it stopped: {0}")]
    Stopped(String),
    /// It sent what it should not.
    #[error("it sent what is not the blob: {0}")]
    False(&'static str),
}

fn stopped(error: impl Display) -> SourceError {
    SourceError::Stopped(error.to_string())
}

/// A connection. It ends when this is dropped.
pub(super) struct Connection {
    sender: SendRequest<String>,
    /// By the numbers that were found, not by the name that was declared.
    host: String,
    _driver: JoinSet<()>,
}

impl Connection {
    /// Connects to a source.
    pub(super) async fn open(source: &Address, allow_private: bool) -> Result<Self, SourceError> {
        for address in source.resolve(allow_private).await {
            if let Ok(Ok(stream)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                return Self::over(stream, address).await;
            }
        }
        Err(SourceError::Unreachable)
    }

    async fn over(stream: TcpStream, address: SocketAddr) -> Result<Self, SourceError> {
        let mut builder = Builder::new();
        builder.max_buf_size(BUFFER_MAX).max_headers(HEADERS_MAX);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(stopped)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        Ok(Self { sender, host: address.to_string(), _driver: driver })
    }

    /// Asks for parts of a blob of `size` bytes.
    pub(super) async fn parts(&mut self, blob: BlobId, size: u64, parts: Range<u32>) -> Result<Parts, SourceError> {
        let path = paths::fill(paths::BLOB_PARTS, &blob);
        let (first, count) = (parts.start, parts.end.saturating_sub(parts.start));
        let request = Request::get(format!("{path}?first={first}&count={count}")).header(HOST, &self.host);
        let request = request.body(String::new()).map_err(stopped)?;
        let asked = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        let response = timeout(SILENCE_MAX, asked).await.map_err(stopped)?.map_err(stopped)?;
        check(&response, size)?;
        let bytes = u64::from(count) * (PART_MAX + LENGTH_BYTES) as u64;
        let end = Instant::now() + SILENCE_MAX + Duration::from_secs(u64::from(count) * PART_BYTES / RATE_MIN);
        Ok(Parts { body: response.into_body(), piece: Bytes::new(), left: bytes, end })
    }
}

fn check(response: &Response<Incoming>, size: u64) -> Result<(), SourceError> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(SourceError::Absent),
        status => return Err(stopped(status)),
    }
    let said = response.headers().get(paths::SIZE_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    // The size that we know may be the false one.
    if said == Some(size) { Ok(()) } else { Err(SourceError::Absent) }
}

/// Parts as they come in, one after the other.
pub(super) struct Parts {
    body: Incoming,
    /// What came and was not taken yet.
    piece: Bytes,
    /// Bytes that may still come.
    left: u64,
    end: Instant,
}

impl Parts {
    /// The next part with the hashes that should prove it.
    pub(super) async fn next(&mut self) -> Result<Vec<u8>, SourceError> {
        let length = self.take(LENGTH_BYTES).await?;
        let length = length.try_into().map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize);
        if length > PART_MAX {
            return Err(SourceError::False("a part is too long"));
        }
        self.take(length).await
    }

    /// Nothing comes after the last part.
    pub(super) async fn end(mut self) -> Result<(), SourceError> {
        let ends = self.piece.is_empty() && !self.more().await?;
        if ends { Ok(()) } else { Err(SourceError::False("bytes follow the parts")) }
    }

    /// The next `count` bytes.
    async fn take(&mut self, count: usize) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            if self.piece.is_empty() && !self.more().await? {
                return Err(stopped("the answer was cut off"));
            }
            let piece = self.piece.split_to(self.piece.len().min(count.saturating_sub(bytes.len())));
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Waits for some more bytes; false at the end.
    async fn more(&mut self) -> Result<bool, SourceError> {
        let until = self.end.min(Instant::now() + SILENCE_MAX);
        loop {
            let frame = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context));
            let frame = timeout_at(until, frame).await.map_err(stopped)?;
            let Some(frame) = frame else { return Ok(false) };
            let Ok(piece) = frame.map_err(stopped)?.into_data() else { continue };
            let length = piece.len() as u64;
            self.left = self.left.checked_sub(length).ok_or(SourceError::False("it is too long"))?;
            self.piece = piece;
            if length > 0 {
                return Ok(true);
            }
        }
    }
}
