//! Parts of a blob with the hashes that prove them, in a row: how nodes fetch large blobs from each other.
//!
//! The body is for each part its length as four bytes, the least first, and the part as `types::blob` encodes it. It is made
//! while it is sent, so that a reader who is slow costs no memory.

use super::{
    Asked, Gateway,
    blobs::{absent, blocking},
    extract::{Asking, Named, bad},
    failure::{Answer, Failure},
    quota::{Caller, Kind, Place},
};
use crate::blobs::{Reading, StoreError};
use api::{paths, problem};
use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{HeaderName, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use std::{ops::Range, sync::Arc, sync::atomic::Ordering};
use tokio::sync::OwnedSemaphorePermit;
use types::{BlobId, blob};

/// Which parts are wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The first, counted from 0.
    first: u32,
    /// How many.
    count: u32,
}

impl Wanted {
    fn of(&self, size: u64) -> Answer<Range<u32>> {
        let (count, max) = (self.count, paths::PARTS_AT_ONCE);
        let parts = blob::parts(size);
        let end = self.first.checked_add(count).filter(|end| *end <= parts && (1..=max).contains(&count));
        end.map(|end| self.first..end).ok_or_else(|| {
            bad(&format_args!("parts {}+{count}: the blob has {parts}, and {max} are sent at once", self.first))
        })
    }
}

pub(super) async fn parts(
    State(gateway): Asked,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Named(blob): Named<BlobId>,
    Asking(wanted): Asking<Wanted>,
) -> Answer<Response> {
    let of_caller = gateway.quotas.enter(caller, Kind::Row)?;
    let busy = |_| Failure::new(problem::TOO_MANY, "this node serves parts to as many as it may");
    let permit = gateway.serving.clone().try_acquire_owned().map_err(busy)?;
    let store = gateway.desk.store.clone();
    let reading = store.reading(blob);
    let size = blocking(move || Ok(store.size(blob))).await?.ok_or_else(|| Failure(absent(blob)))?;
    let row = Row {
        parts: wanted.of(size)?,
        read: None,
        gateway,
        blob,
        _permit: permit,
        _of_caller: of_caller,
        _reading: reading,
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (HeaderName::from_static(paths::BLOB_HEADER), blob.to_string()),
        (HeaderName::from_static(paths::SIZE_HEADER), size.to_string()),
    ];
    let body = Body::from_stream(futures::stream::try_unfold(row, Row::next));
    Ok((headers, body).into_response())
}

/// What is still to be sent.
struct Row {
    gateway: Arc<Gateway>,
    blob: BlobId,
    parts: Range<u32>,
    /// A part whose length was sent.
    read: Option<Bytes>,
    _permit: OwnedSemaphorePermit,
    _of_caller: Place,
    _reading: Reading,
}

impl Row {
    async fn next(mut self) -> std::io::Result<Option<(Bytes, Self)>> {
        if let Some(part) = self.read.take() {
            return Ok(Some((part, self)));
        }
        let Some(part) = self.parts.next() else { return Ok(None) };
        let (desk, blob) = (self.gateway.desk.clone(), self.blob);
        let read = tokio::task::spawn_blocking(move || {
            let read = desk.store.read_part(blob, part);
            if matches!(read, Err(StoreError::Damaged(_))) {
                desk.missed(blob);
            }
            read
        });
        let part = read.await.map_err(std::io::Error::other)?.map_err(std::io::Error::other)?;
        let part = part.ok_or_else(|| std::io::Error::other("the blob is not there any more"))?;
        let length = u32::try_from(part.len()).map_err(std::io::Error::other)?;
        self.gateway.desk.counters.served_bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
        self.read = Some(part.into());
        Ok(Some((Bytes::copy_from_slice(&length.to_le_bytes()), self)))
    }
}
