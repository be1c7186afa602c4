//! The blob store: files named by the BLAKE3 hash of their bytes (rule 14).
//!
//! A blob appears under its name once all its bytes are on disk and their hash was checked, by one rename. Names of files are
//! made from [`BlobId`]s only, never from text that came from outside. Everything here blocks: call it on a blocking thread.
//!
//! | folder | what lies there |
//! | --- | --- |
//! | `ab/` | whole blobs, by the first byte of their hash |
//! | `incoming/` | uploads under way; emptied at a start |
//! | `parts/` | blobs that come in parts from peers, each with a map of what is there; they survive a restart |

mod parts;
mod room;
mod tree;
mod upload;

pub use parts::PARTS_MAX;
pub use upload::Upload;

use parts::Parts;
use room::Room;
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tree::Trees;
use types::{BlobId, blob, host::PartResult, limits::PART_MAX};

/// What a store may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// The largest blob, in bytes.
    pub blob_bytes_max: u64,
    /// Everything together, in bytes of disk: a blob takes whole blocks of 4 KiB, one at least.
    pub total_bytes_max: u64,
}

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The blob is larger than allowed.
    #[error("the blob has more than {max} bytes")]
    TooLarge {
        /// Bytes that are allowed.
        max: u64,
    },
    /// There is no room left.
    #[error("the blob store holds {used} of {max} bytes and has no room for this blob")]
    Full {
        /// Bytes in use.
        used: u64,
        /// Bytes that are allowed.
        max: u64,
    },
    /// The bytes have another hash than the name under which they were sent.
    #[error("the bytes have the hash {got}, not {expected}")]
    Hash {
        /// Their hash.
        got: BlobId,
        /// The name under which they were sent.
        expected: BlobId,
    },
    /// What lies under the name has another hash: the disk failed, or somebody wrote there.
    #[error("the stored blob {0} is damaged")]
    Damaged(BlobId),
    /// The disk failed.
    #[error("the blob store failed")]
    Disk(#[from] io::Error),
}

/// A store in one folder. One process at a time; many threads.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    limits: StoreLimits,
    room: Room,
    parts: Mutex<Parts>,
    trees: Mutex<Trees>,
    /// Held while a blob gets its name, so that one that comes in twice is counted once.
    naming: Mutex<()>,
    next: AtomicU64,
}

/// What came of storing a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub blob: BlobId,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it was not there before.
    pub new: bool,
}

impl Store {
    /// Opens the store in `dir`, which is made if it does not exist: throws away uploads that were cut off and takes up blobs
    /// that were coming in parts.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(dir: &Path, limits: StoreLimits) -> Result<Self, StoreError> {
        fs::create_dir_all(dir.join("parts"))?;
        let incoming = dir.join("incoming");
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir(&incoming)?;
        let room = Room::new(limits.total_bytes_max, stored_bytes(dir)?);
        let parts = Parts::open(&dir.join("parts"), limits.blob_bytes_max, &room)?;
        Ok(Self {
            dir: dir.to_owned(),
            limits,
            room,
            parts: Mutex::new(parts),
            trees: Mutex::default(),
            naming: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    /// Bytes of disk in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.room.used()
    }

    /// The size of a blob, if it is here.
    #[must_use]
    pub fn size(&self, blob: BlobId) -> Option<u64> {
        fs::metadata(self.path(blob)).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    /// A blob to be read bit by bit, with its size; none if it is not here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn file(&self, blob: BlobId) -> Result<Option<(File, u64)>, StoreError> {
        match File::open(self.path(blob)) {
            Ok(file) => {
                let size = file.metadata()?.len();
                Ok(Some((file, size)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A blob as a whole, its hash checked; none if it is not here.
    ///
    /// # Errors
    /// When it has more than `max` bytes, is damaged, or the disk fails.
    pub fn read(&self, blob: BlobId, max: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((file, size)) = self.file(blob)? else { return Ok(None) };
        if size > max {
            return Err(StoreError::TooLarge { max });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
        if BlobId::of(&bytes) != blob {
            return Err(StoreError::Damaged(blob));
        }
        Ok(Some(bytes))
    }

    /// Stores bytes under their hash.
    ///
    /// # Errors
    /// When they are too many, there is no room, or the disk fails.
    pub fn put(self: &Arc<Self>, bytes: &[u8]) -> Result<Kept, StoreError> {
        let mut upload = self.upload()?;
        upload.write(bytes)?;
        upload.finish(None)
    }

    /// Begins to take in a blob bit by bit.
    ///
    /// # Errors
    /// When there is no room or the disk fails.
    pub fn upload(self: &Arc<Self>) -> Result<Upload, StoreError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Upload::begin(self.clone(), &self.dir.join("incoming").join(number.to_string()))
    }

    /// A part of a blob with the hashes that prove it; none if there is no such blob or part.
    ///
    /// # Errors
    /// When the blob is damaged or the disk fails.
    pub fn read_part(&self, blob: BlobId, part: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((file, size)) = self.file(blob)? else { return Ok(None) };
        if part >= blob::parts(size) {
            return Ok(None);
        }
        let known = lock(&self.trees).get(blob);
        let tree = match known {
            Some(tree) => tree,
            None => {
                let tree = Arc::new(tree::Tree::of(&file, size)?);
                if tree.blob() != blob {
                    return Err(StoreError::Damaged(blob));
                }
                lock(&self.trees).insert(tree.clone());
                tree
            }
        };
        let encoded = tree.encode(&file, part).map_err(|_| StoreError::Damaged(blob))?;
        Ok(Some(encoded).filter(|encoded| encoded.len() <= PART_MAX))
    }

    /// Keeps a part of a blob that came from a peer, after checking it against the blob's hash.
    pub fn write_part(&self, blob: BlobId, size: u64, part: u32, encoded: &[u8]) -> PartResult {
        if self.size(blob).is_some() {
            return PartResult::Whole;
        }
        if size > self.limits.blob_bytes_max {
            return PartResult::Wrong;
        }
        let Ok(bytes) = blob::decode_part(blob, size, part, encoded) else { return PartResult::Wrong };
        self.keep_part(blob, size, part, &bytes).unwrap_or_else(|error| {
            tracing::warn!(%blob, part, %error, "a part of a blob could not be kept");
            PartResult::Fault
        })
    }

    fn keep_part(&self, blob: BlobId, size: u64, part: u32, bytes: &[u8]) -> Result<PartResult, StoreError> {
        let partial = lock(&self.parts).of(blob, size, &self.room)?;
        let mut partial = lock(&partial);
        if self.size(blob).is_some() {
            // Another thread brought the last part meanwhile.
            return Ok(PartResult::Whole);
        }
        if !partial.write(part, bytes)? {
            return Ok(PartResult::Kept);
        }
        // All parts were right when they came; what the disk made of them is checked before use.
        let path = partial.path().to_owned();
        if hash(&path)? != blob {
            lock(&self.parts).forget(blob, &self.room);
            return Err(StoreError::Damaged(blob));
        }
        self.name(&path, blob, size)?;
        lock(&self.parts).done(blob);
        Ok(PartResult::Whole)
    }

    /// Gives a file with checked bytes its name. What it takes of the room is given back if the blob is here already.
    fn name(&self, path: &Path, blob: BlobId, size: u64) -> Result<bool, StoreError> {
        let _naming = lock(&self.naming);
        if self.size(blob).is_some() {
            fs::remove_file(path)?;
            self.room.give(room::charge(size));
            return Ok(false);
        }
        let target = self.path(blob);
        let folder = self.folder(blob);
        fs::create_dir_all(&folder)?;
        File::open(path)?.sync_all()?;
        fs::rename(path, &target)?;
        File::open(&folder)?.sync_all()?;
        Ok(true)
    }

    /// A blob came in as a whole: what was there of it in parts is not needed any more.
    fn forget_parts(&self, blob: BlobId) {
        lock(&self.parts).forget(blob, &self.room);
    }

    fn folder(&self, blob: BlobId) -> PathBuf {
        let [first, ..] = blob.0;
        self.dir.join(hex::encode([first]))
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        self.folder(blob).join(blob.to_string())
    }
}

/// Nothing that is done under these locks can leave half a change behind.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(path: &Path) -> Result<BlobId, StoreError> {
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(BlobId(*hasher.finalize().as_bytes()))
}

/// What the whole blobs take. Files with other names are not ours and do not count.
fn stored_bytes(dir: &Path) -> Result<u64, StoreError> {
    let mut sum: u64 = 0;
    for folder in fs::read_dir(dir)?.filter_map(Result::ok) {
        let is_shard = folder.file_name().to_str().is_some_and(|name| name.len() == 2);
        if !is_shard || !folder.path().is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())?.filter_map(Result::ok) {
            if file.file_name().to_str().is_some_and(|name| name.parse::<BlobId>().is_ok()) {
                sum = sum.saturating_add(room::charge(file.metadata()?.len()));
            }
        }
    }
    Ok(sum)
}
