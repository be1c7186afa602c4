//! The data folder: one process at a time, one chain for ever.

use crate::error::NodeError;
use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use types::ChainId;

/// How long a folder that is held is waited for, and how often it is tried: a node that was killed may hold it for a moment yet.
const LOCK_MAX: Duration = Duration::from_secs(1);
const LOCK_AGAIN: Duration = Duration::from_millis(20);

/// A data folder that this process holds until the value is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes hold of a folder for a chain. It is made, readable by this user alone, if it does not exist.
    pub(crate) fn claim(path: &Path, chain: ChainId) -> Result<Self, NodeError> {
        let failed = |source| NodeError::Folder { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = File::options().write(true).create(true).truncate(false).open(path.join("lock")).map_err(failed)?;
        let end = Instant::now() + LOCK_MAX;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(LOCK_AGAIN),
                Err(TryLockError::WouldBlock) => return Err(NodeError::Locked(path.to_owned())),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.belongs_to(chain)?;
        Ok(folder)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The chain is written down at the first start.
    fn belongs_to(&self, chain: ChainId) -> Result<(), NodeError> {
        let path = self.join("chain");
        let failed = |source| NodeError::Folder { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(stored) if stored.trim_ascii_end() == chain.to_string() => Ok(()),
            Ok(stored) => Err(NodeError::OtherChain {
                path: self.path.clone(),
                stored: stored.chars().take(64).collect(),
                given: chain.to_string(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                replace(&path, format!("{chain}\n").as_bytes()).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// Puts these bytes in a file's place: after a crash it holds them, or what it held before.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_and_one_chain() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("data");
        let held = Folder::claim(&path, ChainId([1; 32])).expect("free");
        assert!(matches!(Folder::claim(&path, ChainId([1; 32])), Err(NodeError::Locked(_))));
        drop(held);
        assert!(matches!(Folder::claim(&path, ChainId([2; 32])), Err(NodeError::OtherChain { .. })));
        Folder::claim(&path, ChainId([1; 32])).expect("the same chain again");
    }
}
