//! Blobs: bit by bit from the request to the disk, and from the disk to the response.

use super::{
    Asked, Gateway,
    extract::{Named, bad},
    failure::{Answer, Failure},
    quota::{Allowance, Caller, Kind, Quotas},
    ranges,
};
use crate::{
    blobs::{Kept, Store, StoreError, Upload},
    host::Desk,
};
use api::{Problem, Stored, paths, problem};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Take},
    sync::Arc,
};
use tokio::sync::OwnedSemaphorePermit;
use types::{BlobId, host::HostEvent};

/// Bytes that are read from the disk at once.
const PIECE: usize = 256 * 1024;

pub(super) async fn upload(gateway: Asked, ConnectInfo(caller): ConnectInfo<Caller>, body: Body) -> Answer<Response> {
    take_in(gateway, caller, body, None).await
}

pub(super) async fn upload_as(
    gateway: Asked,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Named(blob): Named<BlobId>,
    body: Body,
) -> Answer<Response> {
    take_in(gateway, caller, body, Some(blob)).await
}

async fn take_in(State(gateway): Asked, caller: Caller, body: Body, expected: Option<BlobId>) -> Answer<Response> {
    let busy = |_| Failure::new(problem::TOO_MANY, "this node takes in as many blobs at once as it may");
    let _of_caller = gateway.quotas.enter(caller, Kind::Upload)?;
    let permit = gateway.uploads.clone().try_acquire_owned().map_err(busy)?;
    let incoming = receive(&gateway, caller, body).await?;
    let kept = finish(gateway.desk.clone(), incoming, expected, permit).await?;
    let location = paths::fill(paths::BLOB, &kept.blob);
    let stored = Json(Stored { blob: kept.blob, size: kept.size });
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], stored).into_response())
}

/// A blob that comes in, and what it takes of what its sender may store.
struct Incoming {
    upload: Upload,
    allowance: Allowance,
}

impl Incoming {
    fn begin(quotas: &Arc<Quotas>, caller: Caller, store: &Arc<Store>) -> Answer<Self> {
        let allowance = quotas.upload(caller, store)?;
        let upload = store.upload().map_err(failure)?;
        Ok(Self { upload, allowance })
    }

    fn write(mut self, piece: &Bytes, store: &Store) -> Answer<Self> {
        self.allowance.take(piece.len() as u64, store)?;
        self.upload.write(piece).map_err(failure)?;
        Ok(self)
    }
}

async fn receive(gateway: &Gateway, caller: Caller, body: Body) -> Answer<Incoming> {
    let (store, quotas) = (gateway.desk.store.clone(), gateway.quotas.clone());
    let mut incoming = blocking(move || Ok(Incoming::begin(&quotas, caller, &store))).await??;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| bad(&"the body was cut off"))?;
        let store = gateway.desk.store.clone();
        incoming = blocking(move || Ok(incoming.write(&piece, &store))).await??;
    }
    Ok(incoming)
}

/// Names a blob and tells the replica, which may wait for it: also where the client goes away meanwhile, and also where it was
/// there already, because whoever brought it before may not have come to telling.
async fn finish(
    desk: Arc<Desk>,
    incoming: Incoming,
    expected: Option<BlobId>,
    permit: OwnedSemaphorePermit,
) -> Answer<Kept> {
    let task = tokio::spawn(async move {
        let _permit = permit;
        let Incoming { upload, allowance } = incoming;
        let kept = blocking(move || upload.finish(expected)).await?;
        allowance.keep(kept.blob);
        desk.insist(&HostEvent::Stored { blob: kept.blob, size: kept.size }).await;
        Ok(kept)
    });
    task.await.unwrap_or_else(|error| Err(cut_off(&error)))
}

/// Works on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(failure),
        Err(error) => Err(cut_off(&error)),
    }
}

fn cut_off(error: &tokio::task::JoinError) -> Failure {
    tracing::error!(%error, "work on the blob store was cut off");
    Failure::new(problem::INTERNAL, "work on the blob store was cut off")
}

fn failure(error: StoreError) -> Failure {
    if matches!(error, StoreError::Damaged(_) | StoreError::Disk(_)) {
        tracing::error!(error = &error as &dyn std::error::Error, "the blob store has failed");
    }
    let kind = match &error {
        StoreError::TooLarge { .. } => problem::TOO_LARGE,
        StoreError::Full { .. } | StoreError::NoUploads { .. } => problem::STORE_FULL,
        StoreError::Hash { .. } => problem::HASH_MISMATCH,
        StoreError::Damaged(_) => problem::BLOB_ABSENT,
        StoreError::Disk(_) => problem::INTERNAL,
    };
    let problem = Problem::new(kind, error.to_string());
    match error {
        StoreError::NoUploads { .. } => {
            Failure(problem.hinting("use another node, or ask the operator to raise limits.blobs_bytes_max"))
        }
        _ => Failure(problem),
    }
}

pub(super) async fn download(
    State(gateway): Asked,
    Named(blob): Named<BlobId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let store = gateway.desk.store.clone();
    let (file, size) = blocking(move || store.file(blob)).await?.ok_or_else(|| Failure(absent(blob)))?;
    let Some(range) = ranges::asked(&headers, size)? else { return Ok(section(file, size, blob)) };
    let (first, end) = (range.start, range.end);
    let file = blocking(move || Ok(sought(file, first)?)).await?;
    let mut response = section(file, end.saturating_sub(first), blob);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let last = end.saturating_sub(1);
    if let Ok(value) = format!("bytes {first}-{last}/{size}").parse() {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

fn sought(mut file: File, place: u64) -> std::io::Result<File> {
    file.seek(SeekFrom::Start(place))?;
    Ok(file)
}

/// A blob as a response, if it is here.
pub(super) async fn whole(store: &Arc<Store>, blob: BlobId) -> Answer<Option<Response>> {
    let store = store.clone();
    let found = blocking(move || store.file(blob)).await?;
    Ok(found.map(|(file, size)| section(file, size, blob)))
}

/// The next `size` bytes of a blob's file as a response. They are read as they are sent.
pub(super) fn section(file: File, size: u64, blob: BlobId) -> Response {
    let mut response = bytes(Body::from_stream(pieces(file.take(size))), blob);
    response.headers_mut().insert(header::CONTENT_LENGTH, size.into());
    response
}

/// Bytes that anybody may have made: never to be taken for a page.
pub(super) fn bytes(body: Body, blob: BlobId) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (HeaderName::from_static(paths::BLOB_HEADER), blob.to_string()),
    ];
    (headers, body).into_response()
}

fn pieces(bytes: Take<File>) -> impl futures::Stream<Item = std::io::Result<Bytes>> {
    futures::stream::try_unfold(bytes, |mut bytes| async move {
        let read = move || {
            let mut piece = Vec::with_capacity(PIECE);
            bytes.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), bytes)))
        };
        tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other)?
    })
}

pub(super) fn absent(blob: BlobId) -> Problem {
    Problem::new(problem::BLOB_ABSENT, format!("blob {blob} is not in this node's store"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::Bench;
    use futures::FutureExt as _;
    use tokio::sync::Semaphore;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_blob_is_told_of_though_its_uploader_goes_away() {
        let bench = Bench::new(0);
        let store = &bench.host.0.store;
        let quotas = Arc::new(Quotas::new(&crate::config::Http::default()));
        let caller = Caller(std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
        let incoming = Incoming::begin(&quotas, caller, store).expect("begun");
        let incoming = incoming.write(&Bytes::from_static(b"bytes"), store).expect("written");
        let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.expect("a permit");
        let waiting = finish(bench.host.0.clone(), incoming, None, permit);
        // It is asked once and dropped, as when a connection ends.
        assert!(waiting.now_or_never().is_none_or(|kept| kept.is_ok()));
        assert_eq!(bench.hear(), HostEvent::Stored { blob: BlobId::of(b"bytes"), size: 5 });
    }
}
