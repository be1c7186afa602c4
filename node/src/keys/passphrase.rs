//! Passphrases of encrypted secrets: where they come from without standing in a process list.

use super::{KeyError, open_private};
use std::{
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The environment variable that names a file with the passphrase.
pub const PASSPHRASE_FILE: &str = "LEMMA_PASSPHRASE_FILE";
/// The environment variable that names an open descriptor with the passphrase.
pub const PASSPHRASE_FD: &str = "LEMMA_PASSPHRASE_FD";
/// The longest file with a passphrase, in bytes.
const BYTES_MAX: u64 = 4096;

/// A passphrase. Never shown; its memory is cleared when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

impl Passphrase {
    /// A passphrase as EIP-2335 has it: in Unicode's form NFKD, without control characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut plain = Zeroizing::new(String::with_capacity(4 * text.len()));
        plain.extend(text.nfkd().filter(|letter| !letter.is_control()));
        Self(plain)
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// How many letters it has.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.0.chars().count()
    }

    /// The first line of a file that only its owner may read.
    ///
    /// # Errors
    /// When the file cannot be read, others may read it, or it holds no text.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        Self::first_line(path, open_private(path)?)
    }

    fn first_line(path: &Path, source: impl io::Read) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let mut text = Zeroizing::new(String::new());
        source.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
        if text.len() as u64 > BYTES_MAX {
            return Err(KeyError::Content { path: path.to_owned(), expected: "a passphrase, of 4096 bytes at most" });
        }
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(KeyError::Content { path: path.to_owned(), expected: "a passphrase" });
        }
        Ok(Self::new(line))
    }

    /// The one that the environment names: by a file, or by a descriptor, which can be read once. None if it names none.
    ///
    /// # Errors
    /// As [`Passphrase::read`].
    pub fn given() -> Result<Option<Self>, KeyError> {
        match (env::var_os(PASSPHRASE_FILE), env::var_os(PASSPHRASE_FD)) {
            (Some(path), _) => Self::read(&PathBuf::from(path)).map(Some),
            (None, Some(number)) => Self::of_descriptor(&number.to_string_lossy()).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn of_descriptor(number: &str) -> Result<Self, KeyError> {
        let path = Path::new("/proc/self/fd").join(number);
        let number: Result<u32, _> = number.parse();
        let failed = |source| KeyError::File { path: path.clone(), source };
        number.map_err(|_| failed(io::Error::other(format!("{PASSPHRASE_FD} is no number"))))?;
        Self::first_line(&path, File::open(&path).map_err(failed)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    #[test]
    fn only_the_first_line_of_a_private_file_counts() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("passphrase");
        fs::write(&path, "correct horse\nsecond\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(matches!(Passphrase::read(&path), Err(KeyError::Mode { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("mode");
        assert_eq!(Passphrase::read(&path).expect("read"), Passphrase::new("correct horse"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        fs::write(&path, "\n").expect("written");
        assert!(matches!(Passphrase::read(&path), Err(KeyError::Content { .. })));
        fs::write(&path, "a".repeat(4096)).expect("written");
        assert_eq!(Passphrase::read(&path).expect("read").letters(), 4096);
        fs::write(&path, "a".repeat(4097)).expect("written");
        assert!(matches!(Passphrase::read(&path), Err(KeyError::Content { .. })), "never a part of it");
    }

    #[test]
    fn it_is_normalised_and_never_shown() {
        let given = Passphrase::new("𝔱𝔢𝔰𝔱\u{7}𝔭𝔞𝔰𝔰\u{85}𝔴𝔬𝔯𝔡");
        assert_eq!((given.bytes(), given.letters()), (&b"testpassword"[..], 12));
        assert!(!format!("{given:?}").contains("test"));
    }

    #[test]
    fn a_descriptor_is_a_number() {
        assert!(Passphrase::of_descriptor("../../etc/passwd").is_err());
        assert!(Passphrase::of_descriptor("4000000").is_err());
    }
}
