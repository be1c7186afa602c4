//! Blobs that come in parts from peers: a file of the full size, and a map of the parts that are there.
//!
//! The map may run ahead of the file when the power goes: the whole is hashed before it becomes a blob, and thrown away if
//! it is wrong. That costs a fetch, never a wrong blob.

use crate::blobs::{
    StoreError,
    room::{Room, charge},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use types::{
    BlobId,
    blob::{part_range, parts},
};

/// Blobs that may come in parts at once; beyond that the one without news for longest is given up.
pub const PARTS_MAX: usize = 64;

/// One blob that comes in parts.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    size: u64,
    /// One bit for each part that is there, the lowest first.
    map: Vec<u8>,
}

/// All blobs that come in parts.
#[derive(Debug)]
pub(super) struct Parts {
    dir: PathBuf,
    /// With the number of the last use.
    open: BTreeMap<BlobId, (u64, u64, Arc<Mutex<Partial>>)>,
    uses: u64,
}

impl Parts {
    /// Takes up what an earlier process left; what does not fit together is removed.
    pub(super) fn open(dir: &Path, blob_bytes_max: u64, room: &Room) -> io::Result<Self> {
        let mut parts = Self { dir: dir.to_owned(), open: BTreeMap::new(), uses: 0 };
        let mut kept = Vec::new();
        for entry in fs::read_dir(dir)?.filter_map(Result::ok) {
            let blob = entry.file_name().to_str().and_then(|name| name.parse::<BlobId>().ok());
            let partial =
                blob.and_then(|blob| Some((blob, Partial::load(&dir.join(blob.to_string()), blob_bytes_max)?)));
            if let Some((blob, partial)) = partial
                && parts.open.len() < PARTS_MAX
                && room.take(charge(partial.size)).is_ok()
            {
                kept.push(partial.path.clone());
                kept.push(partial.map_path());
                parts.open.insert(blob, (0, partial.size, Arc::new(Mutex::new(partial))));
            }
        }
        for entry in fs::read_dir(dir)?.filter_map(Result::ok).filter(|entry| !kept.contains(&entry.path())) {
            let _ = fs::remove_file(entry.path());
        }
        Ok(parts)
    }

    /// The blob of this name and size, begun if it is not there.
    pub(super) fn of(&mut self, blob: BlobId, size: u64, room: &Room) -> Result<Arc<Mutex<Partial>>, StoreError> {
        self.uses += 1;
        if let Some((used, known, partial)) = self.open.get_mut(&blob)
            && *known == size
        {
            *used = self.uses;
            return Ok(partial.clone());
        }
        // Another size than before: one of both was a lie, and only the whole will tell which.
        self.forget(blob, room);
        let oldest = self.open.iter().min_by_key(|(_, (used, ..))| *used).map(|(blob, _)| *blob);
        if let Some(oldest) = oldest.filter(|_| self.open.len() >= PARTS_MAX) {
            self.forget(oldest, room);
        }
        room.take(charge(size))?;
        let partial =
            Partial::begin(&self.dir.join(blob.to_string()), size).inspect_err(|_| room.give(charge(size)))?;
        let partial = Arc::new(Mutex::new(partial));
        self.open.insert(blob, (self.uses, size, partial.clone()));
        Ok(partial)
    }

    /// Gives a blob up.
    pub(super) fn forget(&mut self, blob: BlobId, room: &Room) {
        if let Some((_, size, _)) = self.open.remove(&blob) {
            room.give(charge(size));
            let path = self.dir.join(blob.to_string());
            let _ = fs::remove_file(map_path(&path));
            let _ = fs::remove_file(path);
        }
    }

    /// The blob is whole and its file has moved; its room stays taken.
    pub(super) fn done(&mut self, blob: BlobId) {
        self.open.remove(&blob);
        let _ = fs::remove_file(map_path(&self.dir.join(blob.to_string())));
    }
}

impl Partial {
    fn begin(path: &Path, size: u64) -> io::Result<Self> {
        // Sparse: only what was written takes room on the disk, all of it is counted.
        File::create(path)?.set_len(size)?;
        let map = vec![0; parts(size).div_ceil(8) as usize];
        let partial = Self { path: path.to_owned(), size, map };
        partial.save()?;
        Ok(partial)
    }

    fn load(path: &Path, blob_bytes_max: u64) -> Option<Self> {
        let bytes = fs::read(map_path(path)).ok()?;
        let (size, map) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_le_bytes(*size);
        let fits = size <= blob_bytes_max && map.len() == parts(size).div_ceil(8) as usize;
        let whole = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size);
        (fits && whole).then(|| Self { path: path.to_owned(), size, map: map.to_owned() })
    }

    fn save(&self) -> io::Result<()> {
        fs::write(self.map_path(), [self.size.to_le_bytes().as_slice(), &self.map].concat())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn map_path(&self) -> PathBuf {
        map_path(&self.path)
    }

    /// Writes a part that was found right, at its place. Returns whether all parts are there now.
    pub(super) fn write(&mut self, part: u32, bytes: &[u8]) -> io::Result<bool> {
        let (start, _) = part_range(self.size, part);
        let mut file = File::options().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(bytes)?;
        if let Some(byte) = self.map.get_mut(part as usize / 8) {
            *byte |= 1 << (part % 8);
        }
        self.save()?;
        Ok((0..parts(self.size)).all(|part| self.has(part)))
    }

    fn has(&self, part: u32) -> bool {
        self.map.get(part as usize / 8).is_some_and(|byte| byte & (1 << (part % 8)) != 0)
    }
}

fn map_path(path: &Path) -> PathBuf {
    path.with_extension("map")
}
