//! The blob store: files named by the BLAKE3 hash of their bytes (rule 14).
//!
//! A blob appears under its name once all its bytes are on disk and their hash was checked, by one rename. One that is found
//! damaged when it is read is removed, so that it can come in again. Names of files are made from [`BlobId`]s only, never from
//! text that came from outside. Everything here blocks: call it on a blocking thread.
//!
//! | folder | what lies there |
//! | --- | --- |
//! | `ab/` | whole blobs, by the first byte of their hash |
//! | `incoming/` | uploads under way; emptied at a start |
//! | `needs` | which blobs must stay |
//! | `parts/` | blobs that come in parts from peers, each with a map of what is there; they survive a restart |

mod collect;
mod needs;
mod parts;
mod room;
mod tree;
mod upload;

pub(crate) use collect::FRESH;
pub use collect::Reading;
pub use parts::PARTS_MAX;
pub use upload::Upload;

use needs::Needs;
use parts::{Partial, Parts};
use room::{Room, Taker};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tree::Trees;
use types::{BlobId, blob, host::PartResult, limits::PART_MAX, part_map::PartMap};

/// What a store may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// The largest blob, in bytes.
    pub blob_bytes_max: u64,
    /// Everything together, in bytes of disk: a blob takes whole blocks of 4 KiB, one at least. Uploads stop at three quarters.
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
    /// There is no room left for uploads.
    #[error("the blob store holds {used} bytes, and uploads may fill it to {max}: the rest is for this node's duties")]
    NoUploads {
        /// Bytes in use.
        used: u64,
        /// Bytes up to which uploads are taken.
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
    /// What lay under the name had another hash: the disk failed, or somebody wrote there.
    #[error("the stored blob {0} was damaged and has been removed")]
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
    /// Held while a tree is made.
    making: Mutex<()>,
    needs: Mutex<Needs>,
    /// Blobs that are being read, and by how many.
    reading: Mutex<BTreeMap<BlobId, u32>>,
    /// When room was looked for in vain.
    vain: Mutex<Option<Instant>>,
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
        let is_whole = |blob| path(dir, blob).is_file();
        let parts = Parts::open(&dir.join("parts"), limits.blob_bytes_max, &room, is_whole)?;
        Ok(Self {
            dir: dir.to_owned(),
            limits,
            room,
            parts: Mutex::new(parts),
            trees: Mutex::default(),
            making: Mutex::default(),
            needs: Mutex::new(Needs::open(&dir.join("needs"))?),
            reading: Mutex::default(),
            vain: Mutex::default(),
            naming: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    /// Bytes of disk in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.room.used()
    }

    /// Bytes that are free on the disk, if that can be told.
    #[must_use]
    pub fn disk_free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.dir).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Bytes of disk that uploads may still fill.
    #[must_use]
    pub fn upload_bytes_left(&self) -> u64 {
        self.room.max(Taker::Upload).saturating_sub(self.room.used())
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

    /// A blob to be read bit by bit, as [`Self::file`], its hash checked before.
    ///
    /// # Errors
    /// When it has more than `max` bytes, is damaged, or the disk fails.
    pub fn checked_file(&self, blob: BlobId, max: u64) -> Result<Option<(File, u64)>, StoreError> {
        let Some((mut file, size)) = self.file(blob)? else { return Ok(None) };
        if size > max {
            return Err(StoreError::TooLarge { max });
        }
        if hash(&file)? != blob {
            return Err(self.remove_damaged(blob, &file));
        }
        file.rewind()?;
        Ok(Some((file, size)))
    }

    /// Where a blob lies, its hash checked before: for programs that read it as a file. It stays there while a live workload
    /// needs it.
    ///
    /// # Errors
    /// When it has more than `max` bytes, is damaged, or the disk fails.
    pub fn checked_path(&self, blob: BlobId, max: u64) -> Result<Option<PathBuf>, StoreError> {
        Ok(self.checked_file(blob, max)?.map(|_| self.path(blob)))
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
        (&file).take(max.saturating_add(1)).read_to_end(&mut bytes)?;
        if BlobId::of(&bytes) != blob {
            return Err(self.remove_damaged(blob, &file));
        }
        Ok(Some(bytes))
    }

    /// Stores what this node made itself under its hash.
    ///
    /// # Errors
    /// When the bytes are too many, there is no room, or the disk fails.
    pub fn put(self: &Arc<Self>, bytes: &[u8]) -> Result<Kept, StoreError> {
        let mut upload = self.take_in(Taker::Duty)?;
        upload.write(bytes)?;
        upload.finish(None)
    }

    /// Begins to take in a user's blob bit by bit.
    ///
    /// # Errors
    /// When there is no room for uploads or the disk fails.
    pub fn upload(self: &Arc<Self>) -> Result<Upload, StoreError> {
        self.take_in(Taker::Upload)
    }

    fn take_in(self: &Arc<Self>, taker: Taker) -> Result<Upload, StoreError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Upload::begin(self.clone(), taker, &self.dir.join("incoming").join(number.to_string()))
    }

    /// A part of a blob with the hashes that prove it; none if there is no such blob or part.
    ///
    /// # Errors
    /// When the blob is damaged or the disk fails.
    pub fn read_part(&self, blob: BlobId, part: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((file, size)) = self.file(blob)? else { return Ok(None) };
        let tree = self.tree(blob, &file, size)?;
        if part >= blob::parts(tree.size()) {
            return Ok(None);
        }
        let encoded = tree.encode(&file, part)?.ok_or_else(|| self.remove_damaged(blob, &file))?;
        Ok(Some(encoded).filter(|encoded| encoded.len() <= PART_MAX))
    }

    /// The hashes of a blob that is here. They are made one blob at a time, and for all who wait for them.
    fn tree(&self, blob: BlobId, file: &File, size: u64) -> Result<Arc<tree::Tree>, StoreError> {
        let known = || lock(&self.trees).get(blob);
        if let Some(tree) = known() {
            return Ok(tree);
        }
        let _making = lock(&self.making);
        if let Some(tree) = known() {
            return Ok(tree);
        }
        let tree = Arc::new(tree::Tree::of(file, size)?);
        if tree.blob() != blob {
            return Err(self.remove_damaged(blob, file));
        }
        lock(&self.trees).insert(tree.clone());
        Ok(tree)
    }

    /// Makes durable what came of a blob in parts, so that little is left to do at its end.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn flush_parts(&self, blob: BlobId, size: u64) -> Result<(), StoreError> {
        let partial = lock(&self.parts).get(blob, size);
        Ok(partial.map_or(Ok(()), |partial| partial.flush())?)
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

    /// The parts of a blob that are there, of one that comes in by this size.
    #[must_use]
    pub fn parts(&self, blob: BlobId, size: u64) -> PartMap {
        let partial = lock(&self.parts).get(blob, size);
        partial.map_or_else(|| PartMap::empty(size), |partial| partial.map())
    }

    fn keep_part(&self, blob: BlobId, size: u64, part: u32, bytes: &[u8]) -> Result<PartResult, StoreError> {
        let known = lock(&self.parts).get(blob, size);
        let partial = match known {
            Some(partial) => partial,
            None => {
                self.want_room(room::charge(size), Taker::Duty);
                lock(&self.parts).of(blob, size, &self.room)?
            }
        };
        partial.write(part, bytes)?;
        let mut there = lock(&partial.there);
        if self.size(blob).is_some() {
            // It came in as a whole meanwhile, or another thread brought the last part.
            self.forget_parts(blob);
            return Ok(PartResult::Whole);
        }
        if !there.note(part)? {
            return Ok(PartResult::Kept);
        }
        self.complete(blob, &partial)
    }

    /// Names a blob of which all parts are there, if it has no name yet: an earlier process may have ended before it did.
    ///
    /// # Errors
    /// When what is there is damaged, or the disk fails.
    pub fn finish_parts(&self, blob: BlobId, size: u64) -> Result<(), StoreError> {
        let Some(partial) = lock(&self.parts).get(blob, size) else { return Ok(()) };
        let there = lock(&partial.there);
        if there.is_all() && self.size(blob).is_none() {
            self.complete(blob, &partial)?;
        }
        Ok(())
    }

    /// All parts were right when they came. What was written by an earlier process is checked again: the power may have gone
    /// meanwhile. Called by whoever holds the map.
    fn complete(&self, blob: BlobId, partial: &Arc<Partial>) -> Result<PartResult, StoreError> {
        let is_sound = !partial.is_old || hash(File::open(&partial.path)?)? == blob;
        if !lock(&self.parts).hand_over(blob, partial) {
            return Ok(PartResult::Fault);
        }
        let sound = if is_sound { Ok(()) } else { Err(StoreError::Damaged(blob)) };
        if let Err(error) = sound.and_then(|()| self.name(&partial.path, blob)) {
            let _ = fs::remove_file(&partial.path);
            self.room.give(room::charge(partial.size()));
            return Err(error);
        }
        self.forget_parts(blob);
        Ok(PartResult::Whole)
    }

    /// Gives a file with checked bytes its name, in the place of one that has it already, whose room is given back. Returns
    /// whether there was none.
    fn name(&self, path: &Path, blob: BlobId) -> Result<bool, StoreError> {
        let folder = folder(&self.dir, blob);
        fs::create_dir_all(&folder)?;
        File::open(path)?.sync_all()?;
        let _naming = lock(&self.naming);
        let before = self.size(blob);
        fs::rename(path, self.path(blob))?;
        if let Some(before) = before {
            self.room.give(room::charge(before));
        }
        File::open(&folder)?.sync_all()?;
        Ok(before.is_none())
    }

    /// Removes a blob whose file was found damaged, unless another file has taken its place. Says that it was damaged.
    fn remove_damaged(&self, blob: BlobId, file: &File) -> StoreError {
        let _naming = lock(&self.naming);
        lock(&self.trees).forget(blob);
        let path = self.path(blob);
        let remove = || {
            let (found, there) = (file.metadata()?, fs::metadata(&path)?);
            if (found.dev(), found.ino()) == (there.dev(), there.ino()) {
                fs::remove_file(&path)?;
                self.room.give(room::charge(there.len()));
            }
            Ok::<_, io::Error>(())
        };
        match remove() {
            // Not found: another reader was faster.
            Err(error) if error.kind() != io::ErrorKind::NotFound => error.into(),
            _ => StoreError::Damaged(blob),
        }
    }

    /// A blob came in as a whole: what was there of it in parts is not needed any more.
    fn forget_parts(&self, blob: BlobId) {
        lock(&self.parts).forget(blob, &self.room);
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        path(&self.dir, blob)
    }
}

/// Where a blob lies in the store of this folder.
fn path(dir: &Path, blob: BlobId) -> PathBuf {
    folder(dir, blob).join(blob.to_string())
}

fn folder(dir: &Path, blob: BlobId) -> PathBuf {
    let [first, ..] = blob.0;
    dir.join(hex::encode([first]))
}

/// Nothing that is done under these locks can leave half a change behind.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(file: impl Read) -> io::Result<BlobId> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(BlobId(*hasher.finalize().as_bytes()))
}

/// What the whole blobs take. Files with other names are not ours and do not count.
fn stored_bytes(dir: &Path) -> Result<u64, StoreError> {
    Ok(stored(dir)?.fold(0, |sum: u64, (_, file)| sum.saturating_add(room::charge(file.len()))))
}

/// Every whole blob.
fn stored(dir: &Path) -> io::Result<impl Iterator<Item = (BlobId, fs::Metadata)>> {
    let is_shard = |folder: &fs::DirEntry| folder.file_name().to_str().is_some_and(|name| name.len() == 2);
    let shards = fs::read_dir(dir)?.filter_map(Result::ok).filter(is_shard);
    let files = shards.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().filter_map(Result::ok);
    Ok(files.filter_map(|file| Some((file.file_name().to_str()?.parse().ok()?, file.metadata().ok()?))))
}
