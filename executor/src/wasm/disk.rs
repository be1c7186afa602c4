//! The directory of compiled modules. Compiled code is machine code: loading it is as good as running it, so only what
//! this node itself compiled and wrote is ever loaded, never anything from the network.
//!
//! The directory is readable by this user alone and holds a random key. A file starts with a keyed hash over its name
//! and its content, so a file that was cut, damaged, renamed or brought from another node is noticed, removed, and the
//! module compiled again. Who can read the key can already act as this user.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wasmtime::{Engine, Module};

use super::engine::{self, Kind};

const KEY_FILE: &str = "key";
const EXTENSION: &str = "compiled";
const MAC_BYTES: usize = blake3::OUT_LEN;
/// Largest file that is read back. Compiled code is a few times the size of the artifact.
const FILE_BYTES_MAX: u64 = 1 << 30;

pub(super) struct Disk {
    dir: PathBuf,
    key: [u8; blake3::KEY_LEN],
    bytes_max: u64,
    writes: AtomicU64,
}

impl Disk {
    pub(super) fn open(dir: &Path, bytes_max: u64) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        restrict(dir, 0o700)?;
        let key = read_or_make_key(&dir.join(KEY_FILE))?;
        Ok(Self { dir: dir.to_owned(), key, bytes_max, writes: AtomicU64::new(0) })
    }

    /// The compiled module of this artifact, if an intact one is there.
    pub(super) fn load(&self, engine: &Engine, kind: Kind, artifact: &blake3::Hash) -> Option<Module> {
        let path = self.path(engine, kind, artifact);
        let bytes = read_bounded(&path)?;
        let loaded = self.authentic(&path, &bytes).and_then(|code| deserialize(engine, code));
        if loaded.is_none() {
            // What cannot be used makes room; if it stays, it is only read again.
            let _ = fs::remove_file(&path);
        }
        loaded
    }

    /// Keeps the compiled module. Failing to do so costs a compilation later and nothing else, so errors end here.
    pub(super) fn store(&self, engine: &Engine, kind: Kind, artifact: &blake3::Hash, module: &Module) {
        let path = self.path(engine, kind, artifact);
        if let Ok(code) = module.serialize()
            && self.make_room(code.len() as u64).is_ok()
        {
            let _ = self.write(&path, &code);
        }
    }

    fn path(&self, engine: &Engine, kind: Kind, artifact: &blake3::Hash) -> PathBuf {
        let compatibility = engine::compatibility(engine, kind).to_hex();
        self.dir.join(format!("{}-{artifact}-{}.{EXTENSION}", kind.name(), &compatibility[..32]))
    }

    fn mac(&self, path: &Path, code: &[u8]) -> blake3::Hash {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name).update(code);
        hasher.finalize()
    }

    fn authentic<'b>(&self, path: &Path, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let (mac, code) = bytes.split_first_chunk::<MAC_BYTES>()?;
        (self.mac(path, code) == blake3::Hash::from_bytes(*mac)).then_some(code)
    }

    /// Writes aside and renames: a reader sees a whole file or none. Not synced: a torn file fails its hash.
    fn write(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        let unique = self.writes.fetch_add(1, Ordering::Relaxed);
        let aside = self.dir.join(format!("{}-{unique}.new", std::process::id()));
        let mut file = create_private(&aside)?;
        let written = file.write_all(self.mac(path, code).as_bytes()).and_then(|()| file.write_all(code));
        written.and_then(|()| fs::rename(&aside, path)).inspect_err(|_| {
            let _ = fs::remove_file(&aside);
        })
    }

    /// Removes the oldest files until `bytes` more fit. Anything but the key is fair game: left-overs of a crash too.
    fn make_room(&self, bytes: u64) -> io::Result<()> {
        let mut files = self.files()?;
        files.sort();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if total.saturating_add(bytes) <= self.bytes_max {
                break;
            }
            fs::remove_file(path)?;
            total -= size;
        }
        if total.saturating_add(bytes) > self.bytes_max { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// Age, size and path of every file but the key.
    fn files(&self) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_file() && entry.file_name() != KEY_FILE {
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        Ok(files)
    }
}

#[expect(unsafe_code, reason = "wasmtime cannot know where compiled code comes from; we do")]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Module> {
    // SAFETY: `code` must be bytes that `Module::serialize` made. The only caller passes bytes whose keyed hash was
    // checked: they are what `store` wrote, under a key that never leaves the 0700 directory of this node. wasmtime
    // itself refuses code of another version or configuration, which the file's name excludes as well. The bytes are
    // copied, so that later changes of the file do not matter.
    unsafe { Module::deserialize(engine, code) }.ok()
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut bytes = Vec::new();
    if size > FILE_BYTES_MAX {
        return Some(bytes);
    }
    file.take(size).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A key of another length than it should have is replaced: everything is then compiled again.
fn read_or_make_key(path: &Path) -> io::Result<[u8; blake3::KEY_LEN]> {
    if let Ok(bytes) = fs::read(path)
        && let Ok(key) = bytes.try_into()
    {
        restrict(path, 0o600)?;
        return Ok(key);
    }
    let mut key = [0; blake3::KEY_LEN];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create_private(path)?.write_all(&key)?;
    Ok(key)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
