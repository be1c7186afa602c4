//! Blobs that come in parts from peers: a file of the full size, and a map of the parts that are there.
//!
//! The map may run ahead of the file when the power goes: what an earlier process began is hashed before it becomes a blob,
//! and thrown away if it is wrong. That costs a fetch, never a wrong blob. Each beginning has a file of its own, so that a thread that still
//! works on one that was given up meanwhile spoils nothing.

use crate::blobs::{
    StoreError, lock,
    room::{Room, Taker, charge},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    ops::RangeInclusive,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use types::{
    BlobId,
    blob::{part_range, parts},
    part_map::{PART_MAP_MAX, PartMap},
};

/// Blobs that may come in parts at once; beyond that the one without news for longest is given up.
pub const PARTS_MAX: usize = 64;

/// Sizes by which one blob may come in at once. The size is somebody's word, and only the whole tells whether it is true:
/// what comes in by one of them is kept apart from the others.
const SIZES_MAX: usize = 4;

/// Bytes of a blob's size at the beginning of its map.
const SIZE_BYTES: usize = 8;

/// A blob by a size that is said of it.
type Name = (BlobId, u64);

/// One blob that comes in parts.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) path: PathBuf,
    size: u64,
    /// Whether some of it was written by an earlier process.
    pub(super) is_old: bool,
    data: File,
    /// One writes at a time: the file system lets no two, and would have them wait at full load.
    writing: Mutex<()>,
    pub(super) there: Mutex<There>,
}

/// The parts that are there, in memory and on the disk. On the disk the blob's size comes first.
#[derive(Debug)]
pub(super) struct There {
    map: PartMap,
    missing: u32,
    file: File,
}

/// All blobs that come in parts.
#[derive(Debug)]
pub(super) struct Parts {
    dir: PathBuf,
    /// With the number of the last use.
    open: BTreeMap<Name, (u64, Arc<Partial>)>,
    /// Counts on from the names of files that an earlier process left.
    uses: u64,
}

impl Parts {
    /// Takes up what an earlier process left; what does not fit together, or is of a blob that is whole, is removed.
    pub(super) fn open(
        dir: &Path,
        blob_bytes_max: u64,
        room: &Room,
        is_whole: impl Fn(BlobId) -> bool,
    ) -> io::Result<Self> {
        let mut parts = Self { dir: dir.to_owned(), open: BTreeMap::new(), uses: 0 };
        let mut kept = Vec::new();
        for entry in fs::read_dir(dir)?.filter_map(Result::ok) {
            let Some((blob, number)) = entry.file_name().to_str().and_then(parse) else { continue };
            parts.uses = parts.uses.max(number);
            if let Some(partial) = Partial::load(&entry.path(), blob_bytes_max)
                && parts.open.len() < PARTS_MAX
                && !is_whole(blob)
                && !parts.open.contains_key(&(blob, partial.size))
                && parts.open.range(names(blob)).count() < SIZES_MAX
                && room.take(charge(partial.size), Taker::Duty).is_ok()
            {
                kept.push(partial.path.clone());
                kept.push(map_path(&partial.path));
                parts.open.insert((blob, partial.size), (0, Arc::new(partial)));
            }
        }
        for entry in fs::read_dir(dir)?.filter_map(Result::ok).filter(|entry| !kept.contains(&entry.path())) {
            let _ = fs::remove_file(entry.path());
        }
        Ok(parts)
    }

    /// The blob of this name and size, begun if it is not there.
    pub(super) fn of(&mut self, blob: BlobId, size: u64, room: &Room) -> Result<Arc<Partial>, StoreError> {
        if let Some(partial) = self.get(blob, size) {
            return Ok(partial);
        }
        self.uses += 1;
        self.make_place(blob, room);
        room.take(charge(size), Taker::Duty)?;
        let path = self.dir.join(format!("{blob}-{}", self.uses));
        let partial = Arc::new(Partial::begin(&path, size).inspect_err(|_| room.give(charge(size)))?);
        self.open.insert((blob, size), (self.uses, partial.clone()));
        Ok(partial)
    }

    /// The blob of this name and size, if it comes in.
    pub(super) fn get(&mut self, blob: BlobId, size: u64) -> Option<Arc<Partial>> {
        let (used, partial) = self.open.get_mut(&(blob, size))?;
        self.uses += 1;
        *used = self.uses;
        Some(partial.clone())
    }

    /// Gives up what had no news for longest: of this blob, if it comes in by many sizes, or of all, if they are too many.
    fn make_place(&mut self, blob: BlobId, room: &Room) {
        let of_blob = self.open.range(names(blob));
        let oldest = if of_blob.clone().count() >= SIZES_MAX {
            of_blob.min_by_key(|(_, (used, _))| *used)
        } else if self.open.len() >= PARTS_MAX {
            self.open.iter().min_by_key(|(_, (used, _))| *used)
        } else {
            None
        };
        if let Some(oldest) = oldest.map(|(name, _)| *name) {
            self.give_up(oldest, room);
        }
    }

    fn give_up(&mut self, name: Name, room: &Room) {
        if let Some((_, partial)) = self.open.remove(&name) {
            room.give(charge(partial.size));
            let _ = fs::remove_file(map_path(&partial.path));
            let _ = fs::remove_file(&partial.path);
        }
    }

    /// Gives a blob up, by every size.
    pub(super) fn forget(&mut self, blob: BlobId, room: &Room) {
        for name in self.open.range(names(blob)).map(|(name, _)| *name).collect::<Vec<_>>() {
            self.give_up(name, room);
        }
    }

    /// All parts are there: from now on the file and its room are the caller's. Says no if they were given up meanwhile.
    pub(super) fn hand_over(&mut self, blob: BlobId, partial: &Arc<Partial>) -> bool {
        let name = (blob, partial.size);
        let ours = self.open.get(&name).is_some_and(|(_, open)| Arc::ptr_eq(open, partial));
        if ours {
            self.open.remove(&name);
            let _ = fs::remove_file(map_path(&partial.path));
        }
        ours
    }
}

impl Partial {
    fn begin(path: &Path, size: u64) -> io::Result<Self> {
        // Sparse: only what was written takes room on the disk, all of it is counted.
        let data = File::create(path)?;
        data.set_len(size)?;
        let map = PartMap::empty(size);
        fs::write(map_path(path), [size.to_le_bytes().as_slice(), map.bytes()].concat())?;
        Ok(Self::new(path, size, false, data, There::new(map, size, path)?))
    }

    fn load(path: &Path, blob_bytes_max: u64) -> Option<Self> {
        let bytes = read_map(&map_path(path)).ok()?;
        let (size, map) = bytes.split_first_chunk::<SIZE_BYTES>()?;
        let size = u64::from_le_bytes(*size);
        let map = PartMap::read(size, map.to_owned()).filter(|_| size <= blob_bytes_max)?;
        let data = File::options().write(true).open(path).ok()?;
        let fits = data.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == size);
        let there = There::new(map, size, path).ok().filter(|_| fits)?;
        Some(Self::new(path, size, true, data, there))
    }

    fn new(path: &Path, size: u64, is_old: bool, data: File, there: There) -> Self {
        let (path, writing) = (path.to_owned(), Mutex::default());
        Self { path, size, is_old, data, writing, there: Mutex::new(there) }
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Makes durable what was written.
    pub(super) fn flush(&self) -> io::Result<()> {
        self.data.sync_data()
    }

    /// The parts that are there.
    pub(super) fn map(&self) -> PartMap {
        lock(&self.there).map.clone()
    }

    /// Writes a part that was found right, at its place. Many may come at once: of one part they write the same.
    pub(super) fn write(&self, part: u32, bytes: &[u8]) -> io::Result<()> {
        let _writing = lock(&self.writing);
        self.data.write_all_at(bytes, part_range(self.size, part).0)
    }
}

impl There {
    fn new(map: PartMap, size: u64, path: &Path) -> io::Result<Self> {
        let missing = parts(size).saturating_sub(map.count());
        Ok(Self { map, missing, file: File::options().write(true).open(map_path(path))? })
    }

    /// Notes a part that was written. Returns whether all parts are there now.
    pub(super) fn note(&mut self, part: u32) -> io::Result<bool> {
        if self.map.put(part) {
            self.missing = self.missing.saturating_sub(1);
            // One byte is on the disk or it is not: whenever the process ends, the map is a map.
            let place = (part / 8) as usize;
            let byte = self.map.bytes().get(place..=place).unwrap_or_default();
            self.file.write_all_at(byte, (SIZE_BYTES + place) as u64)?;
        }
        Ok(self.is_all())
    }

    /// Whether all parts are there.
    pub(super) const fn is_all(&self) -> bool {
        self.missing == 0
    }
}

/// The bytes of a map's file, of which no more is read than the longest has.
fn read_map(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take((SIZE_BYTES + PART_MAP_MAX + 1) as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Every name by which a blob can come in.
const fn names(blob: BlobId) -> RangeInclusive<Name> {
    (blob, 0)..=(blob, u64::MAX)
}

/// The blob of a file's name, and the number of its beginning.
fn parse(name: &str) -> Option<(BlobId, u64)> {
    let (blob, number) = name.split_once('-')?;
    Some((blob.parse().ok()?, number.parse().ok()?))
}

fn map_path(path: &Path) -> PathBuf {
    path.with_extension("map")
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::limits::PART_BYTES;

    const BLOB: BlobId = BlobId([1; 32]);

    fn write(partial: &Partial, part: u32, byte: u8) -> bool {
        partial.write(part, &[byte; PART_BYTES as usize]).expect("written");
        lock(&partial.there).note(part).expect("noted")
    }

    #[test]
    fn who_still_writes_what_was_given_up_spoils_nothing() {
        let dir = tempfile::tempdir().expect("folder");
        let room = Room::new(u64::MAX, 0);
        let mut parts = Parts::open(dir.path(), u64::MAX, &room, |_| false).expect("opened");
        let old = parts.of(BLOB, 2 * PART_BYTES, &room).expect("begun");
        parts.forget(BLOB, &room);
        let new = parts.of(BLOB, 2 * PART_BYTES, &room).expect("begun anew");
        assert!(!write(&new, 0, 7));
        assert!(!write(&old, 0, 8), "its file is gone");
        assert!(write(&new, 1, 7));
        assert_eq!(fs::read(&new.path).expect("read"), [7; 2 * PART_BYTES as usize]);
        assert!(!parts.hand_over(BLOB, &old));
        assert!(parts.hand_over(BLOB, &new));
        assert_eq!(room.used(), charge(2 * PART_BYTES), "the room of the old one was given back");
    }

    #[test]
    fn a_process_that_ends_at_any_write_leaves_what_it_had_noted() {
        let dir = tempfile::tempdir().expect("folder");
        let room = Room::new(u64::MAX, 0);
        let open = || Parts::open(dir.path(), u64::MAX, &room, |_| false).expect("opened");
        let there = || open().get(BLOB, 20 * PART_BYTES - 5).map(|partial| partial.map());
        let size = 20 * PART_BYTES - 5;
        for part in (0..20).map(|part| part * 7 % 20) {
            let partial = open().of(BLOB, size, &room).expect("taken up");
            let before = partial.map();
            let last = part == 19 * 7 % 20;
            // It ends after the bytes and before the note.
            partial.write(part, &[1; 9]).expect("written");
            assert_eq!(there(), Some(before.clone()));
            assert_eq!(lock(&partial.there).note(part).expect("noted"), last);
            let after = there().expect("taken up");
            assert!(after.has(part) && after.count() == before.count() + 1);
        }
        // It ends while a beginning is made: the file is there, the map is not, or not all of it.
        let path = open().of(BLOB, size, &room).expect("taken up").path.clone();
        for map in [&[][..], &[1, 2], &[0; 10], &[255; 11]] {
            fs::write(map_path(&path), map).expect("written");
            assert_eq!(there(), None);
            assert!(!path.exists());
            fs::write(&path, vec![0; size as usize]).expect("written");
        }
    }

    #[test]
    fn names_are_new_after_a_restart_too() {
        let dir = tempfile::tempdir().expect("folder");
        let room = Room::new(u64::MAX, 0);
        let open = || Parts::open(dir.path(), u64::MAX, &room, |_| false).expect("opened");
        let first = open().of(BLOB, 2 * PART_BYTES, &room).expect("begun").path.clone();
        let mut parts = open();
        let again = parts.of(BLOB, 2 * PART_BYTES, &room).expect("taken up").path.clone();
        assert_eq!(again, first);
        assert_ne!(parts.of(BLOB, PART_BYTES, &room).expect("begun anew").path, first);
    }

    #[test]
    fn of_one_blob_so_many_sizes_come_in_at_once_and_the_oldest_gives_way() {
        let dir = tempfile::tempdir().expect("folder");
        let room = Room::new(u64::MAX, 0);
        let mut parts = Parts::open(dir.path(), u64::MAX, &room, |_| false).expect("opened");
        let other = parts.of(BlobId([2; 32]), 1, &room).expect("begun").path.clone();
        let kept = parts.of(BLOB, 1, &room).expect("begun").path.clone();
        for size in 2..=SIZES_MAX as u64 + 3 {
            parts.of(BLOB, size, &room).expect("begun");
            assert_eq!(parts.of(BLOB, 1, &room).expect("in use").path, kept);
        }
        assert_eq!(parts.open.range(names(BLOB)).count(), SIZES_MAX);
        assert_eq!(parts.of(BlobId([2; 32]), 1, &room).expect("in use").path, other);
        assert_eq!(room.used(), charge(1) * (SIZES_MAX as u64 + 1));
    }
}
