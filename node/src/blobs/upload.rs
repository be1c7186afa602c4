//! A blob that comes in bit by bit, hashed on its way to the disk.

use crate::blobs::{
    Kept, Store, StoreError,
    room::{Taker, charge},
};
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use types::{BlobId, limits::LARGE_BLOB_BYTES};

/// A blob that comes in. Dropped before [`Upload::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Upload {
    store: Arc<Store>,
    taker: Taker,
    path: PathBuf,
    file: File,
    hasher: blake3::Hasher,
    size: u64,
    /// Whether its file has become a blob or is gone already.
    over: bool,
}

impl Upload {
    pub(super) fn begin(store: Arc<Store>, taker: Taker, path: &Path) -> Result<Self, StoreError> {
        store.want_room(charge(0), taker);
        store.room.take(charge(0), taker)?;
        let file = File::create_new(path).inspect_err(|_| store.room.give(charge(0)))?;
        Ok(Self { store, taker, path: path.to_owned(), file, hasher: blake3::Hasher::new(), size: 0, over: false })
    }

    /// Takes in more bytes.
    ///
    /// # Errors
    /// When they are too many, there is no room, or the disk fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let max = self.store.limits.blob_bytes_max;
        let size = self.size.saturating_add(bytes.len() as u64);
        if size > max {
            return Err(StoreError::TooLarge { max });
        }
        let more = charge(size) - charge(self.size);
        self.store.want_room(more, self.taker);
        self.store.room.take(more, self.taker)?;
        self.size = size;
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// Gives the blob its name; `expected`, if it is known before.
    ///
    /// # Errors
    /// When the bytes have another hash than expected, or the disk fails.
    pub fn finish(mut self, expected: Option<BlobId>) -> Result<Kept, StoreError> {
        let got = BlobId(*self.hasher.finalize().as_bytes());
        if let Some(expected) = expected.filter(|expected| *expected != got) {
            return Err(StoreError::Hash { got, expected });
        }
        let new = self.store.name(&self.path, got)?;
        self.over = true;
        self.store.forget_parts(got);
        if self.size >= LARGE_BLOB_BYTES {
            // It is about to be asked for: what the disk made of it is read once, and its hashes are at hand.
            self.store.read_part(got, 0)?;
        }
        Ok(Kept { blob: got, size: self.size, new })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.over {
            // Best effort: what stays is thrown away at the next start.
            let _ = fs::remove_file(&self.path);
            self.store.room.give(charge(self.size));
        }
    }
}
