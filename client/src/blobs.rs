//! Blobs up and down, each checked against its name. Those in files are moved piece by piece: see `files`.

use crate::{
    Client, ClientError,
    client::{Content, checked},
    retry::retrying,
};
use api::{Stored, paths};
use bytes::Bytes;
use reqwest::{Method, header::CONTENT_LENGTH};
use types::{BlobId, limits::BLOB_MAX};

impl Client {
    /// Stores a blob at the node, under its name: a node that stored other bytes is found out.
    ///
    /// # Errors
    /// `too-large` and `store-full` as problems; otherwise as every request.
    pub async fn put_blob(&self, bytes: Bytes) -> Result<Stored, ClientError> {
        let blob = BlobId::of(&bytes);
        let path = paths::fill(paths::BLOB, &blob);
        let stored: Stored = self.json(Method::PUT, &path, Content::Bytes(bytes)).await?;
        if stored.blob == blob { Ok(stored) } else { Err(ClientError::WrongBlob(blob)) }
    }

    /// A blob of the node's store, whole.
    ///
    /// # Errors
    /// `blob-absent` as a problem; [`ClientError::WrongBlob`] when its bytes are others; otherwise as every request.
    pub async fn blob(&self, blob: BlobId) -> Result<Bytes, ClientError> {
        let (bytes, _) = self.bytes(&paths::fill(paths::BLOB, &blob), &[], "", BLOB_MAX).await?;
        checked(blob, bytes)
    }

    /// The size in bytes of a blob of the node's store; none if it is not there.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn blob_size(&self, blob: BlobId) -> Result<Option<u64>, ClientError> {
        let path = paths::fill(paths::BLOB, &blob);
        let asked = retrying(|| async {
            let response = self.request(&Method::HEAD, &path, &[], &Content::None).await?;
            match response.status().as_u16() {
                404 => Ok(None),
                // An answer to HEAD has no body: only its headers tell the size.
                200 => Ok(response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())),
                status => Err(ClientError::Answer(format!("status {status} to a question for blob {blob}"))),
            }
        });
        asked.await
    }
}
