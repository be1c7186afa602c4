//! Reading one tar archive into a tree, within a budget.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use tar::{Archive, Entry, EntryType};

use super::compression;
use super::tree::Tree;
use super::{ImageError, ImageLimits};

/// Bytes of headers before one entry, long names and extended attributes included: all that is held in memory.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// Bytes of an entry's blocks beyond its content, sparse maps included.
const PADDING_BYTES_MAX: u64 = 1 << 20;
const DEPTH_MAX: usize = 64;
/// Longest name: no kernel opens a longer one.
const NAME_BYTES_MAX: usize = 4096;
const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// What may still come out of the archives.
#[derive(Clone)]
pub(super) struct Budget {
    entries: u64,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(limits: ImageLimits) -> Self {
        Self { entries: limits.entries_max, bytes: limits.bytes_max }
    }

    /// Counts an entry with that much content and headers.
    pub(super) fn entry(&mut self, bytes: u64) -> Result<(), ImageError> {
        let entries = self.entries.checked_sub(1).ok_or_else(|| ImageError::bad("the archive has too many entries"))?;
        let bytes = self.bytes.checked_sub(bytes).ok_or_else(|| ImageError::bad("the archive holds too many bytes"))?;
        (self.entries, self.bytes) = (entries, bytes);
        Ok(())
    }

    pub(super) fn bytes_left(&self) -> u64 {
        self.bytes
    }
}

/// Lets through as many bytes as are allowed at the moment: what a length in a header claims is never believed.
pub(super) struct Gate<'a, R> {
    pub(super) inner: R,
    pub(super) open: &'a Cell<u64>,
}

impl<R: Read> Read for Gate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.open.get()).map_or(buffer.len(), |open| open.min(buffer.len()));
        if room == 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an entry is longer than it may be"));
        }
        let read = self.inner.read(&mut buffer[..room])?;
        self.open.set(self.open.get() - read as u64);
        Ok(read)
    }
}

/// Calls `each` for every entry of an archive, with gates in place.
pub(super) fn for_each<R: Read>(
    input: R,
    budget: &mut Budget,
    mut each: impl FnMut(&mut Entry<'_, Gate<'_, R>>, &mut Budget) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    let open = Cell::new(HEADER_BYTES_MAX);
    let mut archive = Archive::new(Gate { inner: input, open: &open });
    let mut entries = archive.entries()?;
    loop {
        open.set(HEADER_BYTES_MAX);
        let Some(entry) = entries.next() else { return Ok(()) };
        let mut entry = entry?;
        // Counted even if it is left out, so that reading to its end is bounded. A header may be a name of 1 MiB.
        let headers = HEADER_BYTES_MAX.saturating_sub(open.get());
        budget.entry(entry.size().saturating_add(headers))?;
        open.set(entry.size().saturating_add(PADDING_BYTES_MAX));
        each(&mut entry, budget)?;
        io::copy(&mut entry, &mut io::sink())?;
    }
}

/// Unpacks one layer, packed or not, on top of what is in the tree.
pub(super) fn unpack_layer(root: &Tree, input: impl Read, budget: &mut Budget) -> Result<(), ImageError> {
    let mut own = Own::default();
    for_each(compression::unpacked(input)?, budget, |entry, _| {
        let path = plain_path(&entry.path_bytes())?;
        place(root, entry, &path, &own).map_err(|error| at(&path, error))?;
        own.0.insert(hash(&path));
        Ok(())
    })
}

/// What a layer itself brought, by the hashes of paths: an opaque directory hides only what came from below.
#[derive(Default)]
struct Own(HashSet<blake3::Hash>);

impl Own {
    fn has(&self, path: &Path) -> bool {
        self.0.contains(&hash(path))
    }
}

fn hash(path: &Path) -> blake3::Hash {
    blake3::hash(path.as_os_str().as_encoded_bytes())
}

fn at(path: &Path, error: ImageError) -> ImageError {
    match error {
        ImageError::Bad(text) => ImageError::Bad(format!("{}: {text}", path.display())),
        ImageError::Host(text) => ImageError::Host(format!("{}: {text}", path.display())),
    }
}

fn place<R: Read>(root: &Tree, entry: &mut Entry<'_, R>, path: &Path, own: &Own) -> Result<(), ImageError> {
    if let Some(hidden) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.starts_with(WHITEOUT)) {
        let folder = path.parent().unwrap_or(Path::new(""));
        return match hidden {
            OPAQUE => root.clear(folder, |name| own.has(&folder.join(name))),
            _ => root.remove(&folder.join(&hidden[WHITEOUT.len()..])),
        };
    }
    let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
    let (mode, size) = (if executable { 0o755 } else { 0o644 }, entry.size());
    match entry.header().entry_type() {
        EntryType::Directory => root.make_dir(path),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => root.write(path, mode, size, entry),
        EntryType::Symlink => root.symlink(path, &target(entry)?),
        EntryType::Link => root.hard_link(path, &plain_path(target(entry)?.as_os_str().as_encoded_bytes())?),
        EntryType::XGlobalHeader => Ok(()),
        other => Err(ImageError::Bad(format!("entries of kind {other:?} are not allowed"))),
    }
}

fn target<R: Read>(entry: &Entry<'_, R>) -> Result<PathBuf, ImageError> {
    let target = entry.link_name()?.ok_or_else(|| ImageError::bad("a link without a target"))?;
    Ok(target.into_owned())
}

/// Bytes of a name that a refusal shows.
const SHOWN_BYTES_MAX: usize = 256;

/// A name of an archive as a path below its root. The root itself is the empty path.
pub(super) fn plain_path(name: &[u8]) -> Result<PathBuf, ImageError> {
    let shown = &name[..name.len().min(SHOWN_BYTES_MAX)];
    let refuse = |why: &str| Err(ImageError::Bad(format!("the name {} {why}", String::from_utf8_lossy(shown))));
    if name.len() > NAME_BYTES_MAX {
        return refuse("… is too long");
    }
    let Ok(text) = std::str::from_utf8(name) else { return refuse("is not UTF-8") };
    if text.contains('\0') {
        return refuse("has a zero byte");
    }
    let mut path = PathBuf::new();
    for part in Path::new(text).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return refuse("leads out of the archive"),
            Component::RootDir | Component::Prefix(_) => return refuse("is absolute"),
        }
    }
    if path.components().count() > DEPTH_MAX { refuse("is too deep") } else { Ok(path) }
}
