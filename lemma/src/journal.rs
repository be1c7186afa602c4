//! Runs that were signed and whose end was not told yet: asked for again, they are gone on with instead of paid for twice.
//!
//! One file for each, in `lemma/runs` below `XDG_STATE_HOME` or below `.local/state` of `HOME`, named by what is asked for. It holds
//! the signed transaction, and is locked while a command is at it: the same run asked for twice at once is two runs.

use crate::profile::home;
use client::{ClientError, decode_signed, encode_signed};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use types::{AccountId, BlobId, Call, ChainId, codec, limits::TRANSACTION_MAX, transaction::SignedTransaction};

/// The same runs that are remembered at once.
const SAME_MAX: u32 = 64;

/// A place for a run that is under way.
#[derive(Debug)]
pub struct Entry {
    file: File,
    path: PathBuf,
}

impl Entry {
    /// The place of what an account asks of a chain: one that an earlier command left, or an empty one.
    ///
    /// # Errors
    /// When there is no place, or too many commands ask for the same at once.
    pub fn open(chain: ChainId, account: AccountId, call: &Call) -> io::Result<Self> {
        let none = || io::Error::other("neither HOME nor XDG_STATE_HOME says where");
        let dir = home("XDG_STATE_HOME", ".local/state").ok_or_else(none)?.join("runs");
        Self::open_in(&dir, BlobId::of(&codec::encode(&(chain, account, call))))
    }

    fn open_in(dir: &Path, name: BlobId) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        for number in 0..SAME_MAX {
            if let Some(entry) = Self::locked(dir.join(format!("{name}.{number}")))? {
                return Ok(entry);
            }
        }
        Err(io::Error::other("too many commands ask for the same at once"))
    }

    /// None if another command is at it.
    fn locked(path: PathBuf) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        // Another command may have been at its end, and the file is gone.
        let is_there = fs::metadata(&path).is_ok_and(|there| file.metadata().is_ok_and(|it| it.ino() == there.ino()));
        Ok(is_there.then_some(Self { file, path }))
    }

    /// What was signed before. None if there is nothing whole.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn saved(&mut self) -> io::Result<Option<SignedTransaction>> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        (&self.file).take(TRANSACTION_MAX as u64 + 1).read_to_end(&mut bytes)?;
        Ok(decode_signed(&bytes).ok())
    }

    /// Keeps what was signed. It is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&mut self, signed: &SignedTransaction) -> Result<(), ClientError> {
        let failed =
            |error: io::Error| ClientError::File { file: self.path.display().to_string(), why: error.to_string() };
        self.write(signed).map_err(failed)
    }

    fn write(&self, signed: &SignedTransaction) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&encode_signed(signed))?;
        file.sync_all()
    }

    /// Its end was told: asked for again, it is another run.
    pub fn done(self) {
        // A file that stays would only tell of a run that has ended, once more.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::Draft;
    use types::{Amount, Height, Params, SecretKey};

    fn signed() -> SignedTransaction {
        let call = Call::Transfer { to: AccountId([2; 32]), amount: Amount(5) };
        let draft = Draft { chain: ChainId([1; 32]), nonce: 3, valid_until: Height(9), fee_limit: None, call };
        draft.sign(&Params::default(), &SecretKey::from_bytes(&[7; 32]).expect("key")).expect("signed")
    }

    #[test]
    fn what_was_cut_off_is_found_again_and_what_was_told_is_not() {
        let dir = tempfile::tempdir().expect("folder");
        let open = || Entry::open_in(dir.path(), BlobId([1; 32])).expect("place");
        let mut first = open();
        assert!(first.saved().expect("read").is_none());
        first.save(&signed()).expect("saved");
        drop(first);
        let mut again = open();
        assert_eq!(again.saved().expect("read"), Some(signed()));
        again.done();
        assert!(open().saved().expect("read").is_none());
    }

    #[test]
    fn two_at_once_are_two_and_half_a_file_is_nothing() {
        let dir = tempfile::tempdir().expect("folder");
        let open = || Entry::open_in(dir.path(), BlobId([1; 32])).expect("place");
        let (mut first, mut second) = (open(), open());
        first.save(&signed()).expect("saved");
        assert!(second.saved().expect("read").is_none() && first.path != second.path);
        let length = first.file.metadata().expect("file").len();
        first.file.set_len(length - 1).expect("cut");
        assert!(first.saved().expect("read").is_none());
    }
}
