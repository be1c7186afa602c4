//! Artifacts of native programs, unpacked and kept by their BLAKE3 hash.
//!
//! An artifact is recognised by its content: a static ELF; a root directory as tar, whose program is `/prover`; an OCI
//! layout as tar, whose configuration names the program. Each may be compressed as a whole, by gzip or zstd. What comes
//! out is a directory that belongs to this user, which a sandbox mounts read-only.

mod archive;
mod compression;
mod elf;
mod oci;
mod pack;
mod tree;
mod unpack;

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Source;
pub(super) use pack::pack;
use unpack::unpack;

/// How much one artifact may unpack to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Files, directories and links, over all layers.
    pub entries_max: u64,
    /// Bytes that come out of the archive, over all layers.
    pub bytes_max: u64,
}

/// An artifact may unpack to so many times its own size: what is packed tighter than programs are is a bomb.
const EXPANSION_MAX: u64 = 32;
/// But to this much whatever its size.
const EXPANSION_FREE_BYTES: u64 = 64 << 20;

impl ImageLimits {
    /// Those of an artifact of this size.
    fn of(self, packed: u64) -> Self {
        let bytes = packed.saturating_mul(EXPANSION_MAX).max(EXPANSION_FREE_BYTES);
        Self { bytes_max: self.bytes_max.min(bytes), ..self }
    }
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { entries_max: 500_000, bytes_max: 32 << 30 }
    }
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImageError {
    /// The artifact's own fault.
    #[error("{0}")]
    Bad(String),
    /// This machine's fault.
    #[error("{0}")]
    Host(String),
}

impl ImageError {
    fn bad(what: impl ToString) -> Self {
        Self::Bad(what.to_string())
    }

    /// Where there is less room than the artifact may take, nobody knows whose fault it is.
    fn where_there_is(self, little_room: bool) -> Self {
        match self {
            Self::Bad(text) if little_room => Self::Host(format!("there may be no room here to unpack it: {text}")),
            error => error,
        }
    }
}

/// Reading and unpacking an archive fails by the archive's fault (`InvalidData`, `UnexpectedEof`, `Other`: what readers
/// of formats say) or by the machine's (everything that has a number of the operating system).
impl From<std::io::Error> for ImageError {
    fn from(error: std::io::Error) -> Self {
        let numbered = |error: &(dyn std::error::Error + 'static)| {
            error.downcast_ref::<std::io::Error>().is_some_and(|error| error.raw_os_error().is_some())
        };
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(one) = cause {
            if numbered(one) {
                return Self::Host(error.to_string());
            }
            cause = one.source();
        }
        Self::Bad(error.to_string())
    }
}

impl From<rustix::io::Errno> for ImageError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Host(error.to_string())
    }
}

/// An unpacked artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Image {
    /// The root directory; filled in when it is loaded.
    #[serde(skip)]
    pub(super) root: PathBuf,
    /// Program and arguments, never empty.
    pub(super) command: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// Empty if the artifact does not say.
    pub(super) working_dir: String,
    /// Whether it is one static file, which runs without a root of its own.
    pub(super) is_static: bool,
    /// Bytes it unpacked to.
    pub(super) bytes: u64,
}

impl Image {
    fn of_prover(environment: Vec<(String, String)>, is_static: bool) -> Self {
        let (root, command) = (PathBuf::new(), vec![PROVER.to_owned()]);
        Self { root, command, environment, working_dir: String::new(), is_static, bytes: 0 }
    }
}

/// The program of an artifact that does not name one.
const PROVER: &str = "/prover";
const DESCRIPTION: &str = "image.json";
const ROOT: &str = "root";
/// Beginning of the names of what is not finished.
const UNFINISHED: &str = "new-";

/// The directory of unpacked artifacts.
pub(super) struct Images {
    dir: PathBuf,
    limits: ImageLimits,
    bytes_max: u64,
    unfinished: AtomicU64,
    /// What was used in this process.
    used: Mutex<HashMap<blake3::Hash, Arc<Image>>>,
    /// Held while one is unpacked: two do not unpack the same, and what is there already waits for nobody's.
    unpacking: Mutex<()>,
}

impl Images {
    /// Uses `dir`, which no other process uses, and removes what an earlier process left unfinished.
    pub(super) fn open(dir: &Path, limits: ImageLimits, bytes_max: u64) -> std::io::Result<Self> {
        fs::create_dir_all(dir)?;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                remove(&entry.path())?;
            }
        }
        let (unfinished, used, unpacking) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Ok(Self { dir: dir.to_owned(), limits, bytes_max, unfinished, used, unpacking })
    }

    /// The image of the artifact with this hash. `source` is only read if it is not there yet.
    pub(super) fn get(&self, id: blake3::Hash, source: &Source<'_>) -> Result<Arc<Image>, ImageError> {
        let known = || lock(&self.used).get(&id).cloned();
        if let Some(image) = known() {
            return Ok(image);
        }
        let _unpacking = lock(&self.unpacking);
        if let Some(image) = known() {
            return Ok(image);
        }
        let place = self.dir.join(id.to_hex().as_str());
        let image = match load(&place) {
            Some(image) => image,
            None => self.unpack(id, source, &place)?,
        };
        let image = Arc::new(image);
        let mut used = lock(&self.used);
        used.insert(id, image.clone());
        self.make_room(&mut used);
        Ok(image)
    }

    /// Unpacks aside and renames: what is at `place` is whole.
    fn unpack(&self, id: blake3::Hash, source: &Source<'_>, place: &Path) -> Result<Image, ImageError> {
        let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
        let aside = self.dir.join(format!("{UNFINISHED}{number}"));
        let unpacked = fs::create_dir(&aside).map_err(host).and_then(|()| {
            let mut image = unpack(id, source, &aside, self.limits)?;
            let description = serde_json::to_vec(&image).map_err(ImageError::bad)?;
            fs::write(aside.join(DESCRIPTION), description).map_err(host)?;
            // What is there could not be read, or it would have been loaded.
            remove(place).and_then(|()| fs::rename(&aside, place)).map_err(host)?;
            image.root = place.join(ROOT);
            Ok(image)
        });
        if unpacked.is_err() {
            // Stays until the next start if it cannot be removed.
            let _ = remove(&aside);
        }
        unpacked
    }

    /// Forgets images that nobody runs, until the rest fits. Those of earlier processes go first.
    fn make_room(&self, used: &mut HashMap<blake3::Hash, Arc<Image>>) {
        let mut total: u64 = 0;
        let mut unused = Vec::new();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let id = blake3::Hash::from_hex(&name).ok();
            let known = id.and_then(|id| used.get(&id));
            let bytes = known.map(|image| image.bytes).or_else(|| load(&path).map(|image| image.bytes)).unwrap_or(0);
            total = total.saturating_add(bytes);
            if known.is_none_or(|image| Arc::strong_count(image) == 1) {
                unused.push((known.is_some(), bytes, id, path));
            }
        }
        unused.sort_by_key(|(known, ..)| *known);
        let most = self.bytes_max.min(half_of_disk(total, free_bytes(&self.dir)));
        for (_, bytes, id, path) in unused {
            if total <= most && !is_short_of_files(&self.dir) {
                return;
            }
            if remove(&path).is_ok() {
                total = total.saturating_sub(bytes);
                id.map(|id| used.remove(&id));
            }
        }
    }
}

/// Images take no more than what they leave free: the rest of the node needs the disk too.
fn half_of_disk(taken: u64, free: u64) -> u64 {
    taken.saturating_add(free) / 2
}

fn free_bytes(dir: &Path) -> u64 {
    rustix::fs::statvfs(dir).map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Many small files can use a disk up whose bytes are free. Not every file system has a bound on files.
fn is_short_of_files(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|stat| stat.f_favail < stat.f_files / 4)
}

/// Nothing that is done under these locks can leave half a change behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn load(place: &Path) -> Option<Image> {
    let description = fs::read(place.join(DESCRIPTION)).ok()?;
    let mut image: Image = serde_json::from_slice(&description).ok()?;
    image.root = place.join(ROOT);
    Some(image)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn host(error: impl ToString) -> ImageError {
    ImageError::Host(error.to_string())
}

/// What archives are read from.
trait Input: Read + Seek {}
impl<T: Read + Seek> Input for T {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_unpacks_to_a_multiple_of_itself_within_the_nodes_limit() {
        let of = |packed| ImageLimits::default().of(packed).bytes_max;
        assert_eq!([of(0), of(2 << 20), of(3 << 20)], [64 << 20, 64 << 20, 96 << 20]);
        assert_eq!(of(u64::MAX), ImageLimits::default().bytes_max);
    }

    #[test]
    fn what_is_unpacked_waits_for_no_other_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let images = Images::open(dir.path(), ImageLimits::default(), u64::MAX).unwrap();
        let id = blake3::hash(b"known");
        lock(&images.used).insert(id, Arc::new(Image::of_prover(Vec::new(), true)));
        let _unpacking = lock(&images.unpacking);
        assert!(images.get(id, &Source::Bytes(b"")).is_ok());
    }

    #[test]
    fn an_artifact_that_fills_a_small_disk_is_not_blamed() {
        let host = ImageError::bad("too many bytes").where_there_is(true);
        assert!(matches!(host, ImageError::Host(text) if text.ends_with("unpack it: too many bytes")));
        assert!(matches!(ImageError::bad("cut off").where_there_is(false), ImageError::Bad(_)));
    }

    #[test]
    fn images_leave_half_of_the_disk() {
        assert_eq!([half_of_disk(0, 10), half_of_disk(8, 2), half_of_disk(1, u64::MAX)], [5, 5, u64::MAX / 2]);
    }
}
