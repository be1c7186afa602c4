//! Blobs in files: up and down piece by piece, with a word about how far it is, whatever their size.
//!
//! A download goes into a file beside the one that is wanted, which takes its name once all its bytes are there and their hash
//! was checked. One that was cut off goes on where it was, also in another process.

use crate::{Client, ClientError, client::chain, retry::retrying};
use api::{Stored, paths};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use reqwest::{
    Body, Method, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, RANGE},
};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use types::{BlobId, limits::BLOB_MAX};

/// Bytes that are read from a file at once.
const PIECE: usize = 256 * 1024;

/// Told now and then how many bytes were moved, and of how many.
pub type Moved = Arc<dyn Fn(u64, u64) + Send + Sync>;

impl Client {
    /// Stores the bytes of a file at the node, under their name, as [`Client::put_blob`] does.
    ///
    /// # Errors
    /// [`ClientError::File`] when the file cannot be read; otherwise as [`Client::put_blob`].
    pub async fn put_blob_file(&self, file: &Path, moved: Moved) -> Result<Stored, ClientError> {
        let path = file.to_owned();
        let (blob, size) = blocking(move || hash(&path)).await.map_err(|error| unusable(file, &error))?;
        let stored: Stored = retrying(|| async {
            let opened = File::open(file).map_err(|error| unusable(file, &error))?;
            let response = self.upload(blob, size, opened, moved.clone()).await?;
            response.json().await.map_err(|error| ClientError::Answer(chain(&error)))
        })
        .await?;
        if stored.blob == blob { Ok(stored) } else { Err(ClientError::WrongBlob(blob)) }
    }

    async fn upload(&self, blob: BlobId, size: u64, file: File, moved: Moved) -> Result<Response, ClientError> {
        let body = pieces(file).scan(0, move |sent, piece| {
            *sent += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            moved(*sent, size);
            std::future::ready(Some(piece))
        });
        let request = self.http().put(self.at(&paths::fill(paths::BLOB, &blob), &[])?);
        let request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, size);
        let response = request.body(Body::wrap_stream(body)).send().await.map_err(|error| self.unreachable(&error))?;
        self.success(response).await
    }

    /// Fetches a blob of the node's store into a file. Returns its size in bytes.
    ///
    /// # Errors
    /// [`ClientError::File`] when the file cannot be written; otherwise as [`Client::blob`].
    pub async fn blob_file(&self, blob: BlobId, file: &Path, moved: Moved) -> Result<u64, ClientError> {
        let beside = beside(file, blob);
        retrying(|| async { self.download(blob, &beside, &moved).await }).await?;
        let path = beside.clone();
        let (found, size) = blocking(move || hash(&path)).await.map_err(|error| unusable(&beside, &error))?;
        if found != blob {
            // Whatever it is, nothing can be made of it.
            let _ = fs::remove_file(&beside);
            return Err(ClientError::WrongBlob(blob));
        }
        fs::rename(&beside, file).map_err(|error| unusable(file, &error))?;
        Ok(size)
    }

    /// Fetches what is missing at the end of a file.
    async fn download(&self, blob: BlobId, file: &Path, moved: &Moved) -> Result<(), ClientError> {
        let failed = |error: io::Error| unusable(file, &error);
        let mut opened = File::options().append(true).create(true).open(file).map_err(failed)?;
        let mut there = opened.metadata().map_err(failed)?.len();
        let url = self.at(&paths::fill(paths::BLOB, &blob), &[])?;
        let request = self.http().request(Method::GET, url).header(RANGE, format!("bytes={there}-"));
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        match response.status() {
            // Nothing is missing, if it is the blob at all.
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(()),
            StatusCode::PARTIAL_CONTENT => {}
            // All of it comes.
            StatusCode::OK => {
                opened.set_len(0).map_err(failed)?;
                there = 0;
            }
            _ => {}
        }
        let mut response = self.success(response).await?;
        let size = there.saturating_add(response.content_length().unwrap_or(0));
        while let Some(piece) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            there = there.saturating_add(piece.len() as u64);
            if there > BLOB_MAX {
                return Err(ClientError::TooLong { max: BLOB_MAX });
            }
            opened.write_all(&piece).map_err(failed)?;
            moved(there, size);
        }
        Ok(())
    }
}

/// Where a blob's bytes lie until all of them are there.
fn beside(file: &Path, blob: BlobId) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{blob}.part"));
    name.into()
}

fn unusable(file: &Path, error: &io::Error) -> ClientError {
    ClientError::File { file: file.display().to_string(), why: error.to_string() }
}

/// The name and the size of the blob that a file's bytes are.
///
/// # Errors
/// [`ClientError::File`] when it cannot be read.
pub fn name_of(file: &Path) -> Result<(BlobId, u64), ClientError> {
    hash(file).map_err(|error| unusable(file, &error))
}

fn hash(path: &Path) -> io::Result<(BlobId, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok((BlobId(*hasher.finalize().as_bytes()), hasher.count()))
}

fn pieces(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| {
        blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            io::Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
            Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
        })
    })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
