//! Secrets in files that only their owner may read, never shown: lower-case hex and a newline, or encrypted under a passphrase.

mod keystore;
mod passphrase;

pub use keystore::{Keystore, KeystoreError, Secret};
pub use passphrase::{PASSPHRASE_FD, PASSPHRASE_FILE, Passphrase};

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The longest file that can be a secret, in bytes.
const FILE_MAX: u64 = 64 * 1024;

/// Why a file with a secret cannot be used. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error("the secret file {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Others may read it.
    #[error("the secret file {path} has mode {mode:o}, so others may read it; chmod 600 it")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It does not hold what it should.
    #[error("the secret file {path} does not hold {expected}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// It is encrypted, and cannot be opened.
    #[error("the secret file {path} cannot be opened: {why}")]
    Encrypted {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: KeystoreError,
    },
    /// It is encrypted, and no passphrase is given.
    #[error("the secret file {path} is encrypted; name a file with its passphrase in {PASSPHRASE_FILE}")]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

/// A secret as a file holds it.
#[derive(Debug)]
pub enum Held {
    /// For whoever reads the file.
    Plain(Secret),
    /// Under a passphrase.
    Encrypted(Box<Keystore>),
}

/// Reads what a file that only its owner may read holds. Asks for no passphrase.
///
/// # Errors
/// When the file cannot be read, others may read it, or it holds neither hex nor an encrypted secret.
pub fn read_held(path: &Path) -> Result<Held, KeyError> {
    held(&read_text(path)?).map_err(|error| match error {
        Some(why) => KeyError::Encrypted { path: path.to_owned(), why },
        None => KeyError::Content { path: path.to_owned(), expected: "hexadecimal digits or an encrypted key" },
    })
}

/// Reads a file that only its owner may read.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let mut text = Zeroizing::new(String::new());
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    open_private(path)?.take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// What a text holds; the error is that of an encrypted secret, or none where it looks like neither.
///
/// # Errors
/// When it holds no secret.
pub fn held(text: &str) -> Result<Held, Option<KeystoreError>> {
    if text.trim_ascii_start().starts_with('{') {
        return Keystore::parse(text).map(|keystore| Held::Encrypted(Box::new(keystore))).map_err(Some);
    }
    hex::decode(text.trim_ascii_end()).map(|bytes| Held::Plain(bytes.into())).map_err(|_| None)
}

/// Opens a file that only its owner may read.
fn open_private(path: &Path) -> Result<File, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 == 0 { Ok(file) } else { Err(KeyError::Mode { path: path.to_owned(), mode }) }
}

/// Reads the bytes of a secret. One that is encrypted is opened with the passphrase that the environment names.
///
/// # Errors
/// As [`read_held`], and when there is no passphrase or it is another.
pub fn read_secret(path: &Path) -> Result<Secret, KeyError> {
    let none = || KeyError::Locked { path: path.to_owned() };
    read_secret_with(path, || Passphrase::given()?.ok_or_else(none))
}

/// Reads the bytes of a secret, and asks for a passphrase where one is needed.
///
/// # Errors
/// As [`read_secret`], and those of `ask`.
pub fn read_secret_with<E: From<KeyError>>(
    path: &Path,
    ask: impl FnOnce() -> Result<Passphrase, E>,
) -> Result<Secret, E> {
    match read_held(path)? {
        Held::Plain(secret) => Ok(secret),
        Held::Encrypted(keystore) => {
            let wrong = |why| KeyError::Encrypted { path: path.to_owned(), why };
            Ok(keystore.decrypt(&ask()?).map_err(wrong)?)
        }
    }
}

/// Reads a secret of 32 bytes.
///
/// # Errors
/// As [`read_secret`], and when it has another length.
pub(crate) fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let wrong = |_| KeyError::Content { path: path.to_owned(), expected: "64 hexadecimal digits" };
    <[u8; 32]>::try_from(read_secret(path)?.as_slice()).map(Zeroizing::new).map_err(wrong)
}

/// Writes a secret to a new file that only its owner may read.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write_secret(path: &Path, secret: &[u8]) -> Result<(), KeyError> {
    write_private(path, &plain_text(secret))
}

/// A secret as the text of a file that is not encrypted.
#[must_use]
pub fn plain_text(secret: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(vec![0; 2 * secret.len()]);
    // The length is right, and hex is text.
    let _ = hex::encode_to_slice(secret, &mut text);
    let mut line = Zeroizing::new(String::with_capacity(text.len() + 1));
    line.push_str(std::str::from_utf8(&text).unwrap_or_default());
    line.push('\n');
    line
}

/// Writes a new file that only its owner may read.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// Puts a text in the place of a file with a secret, at once or not at all.
///
/// # Errors
/// When it cannot be written; then the file is as it was.
pub fn replace_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    write_private(&beside, text)?;
    fs::rename(&beside, path).map_err(|source| {
        // The file that failed to take the name is of no use.
        let _ = fs::remove_file(&beside);
        KeyError::File { path: path.to_owned(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    #[test]
    fn a_secret_is_read_as_it_was_written_by_its_owner_alone() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("key");
        write_secret(&path, &[7; 32]).expect("written");
        assert_eq!(*read_key(&path).expect("read"), [7; 32]);
        assert!(matches!(write_secret(&path, &[8; 32]), Err(KeyError::File { .. })), "never overwritten");
        for mode in [0o640, 0o604, 0o660, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
            assert!(matches!(read_key(&path), Err(KeyError::Mode { mode: got, .. }) if got == mode));
        }
    }

    #[test]
    fn an_encrypted_secret_is_opened_where_a_passphrase_is_given() {
        let dir = tempfile::tempdir().expect("folder");
        let (path, right) = (dir.path().join("key"), Passphrase::new("correct horse"));
        let keystore = Keystore::encrypt(&[7; 32], types::AccountId([1; 32]), &right).expect("encrypted");
        write_secret(&path, &[7; 32]).expect("written");
        replace_private(&path, &keystore.text()).expect("replaced");
        assert!(matches!(read_held(&path), Ok(Held::Encrypted(_))));
        let open = |passphrase: &Passphrase| read_secret_with(&path, || Ok::<_, KeyError>(passphrase.clone()));
        assert_eq!(open(&right).expect("opened").as_slice(), [7; 32]);
        assert!(matches!(open(&Passphrase::new("x")), Err(KeyError::Encrypted { why: KeystoreError::Passphrase, .. })));
        let refused: Result<Secret, KeyError> =
            read_secret_with(&path, || Err(KeyError::Locked { path: path.clone() }));
        assert!(refused.expect_err("locked").to_string().contains(PASSPHRASE_FILE));
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn errors_do_not_show_what_is_in_the_file() {
        let dir = tempfile::tempdir().expect("folder");
        for (name, content) in [("short", "abcdef\n"), ("text", "my secret\n")] {
            let path = dir.path().join(name);
            write_secret(&path, &[]).expect("written");
            fs::write(&path, content).expect("written");
            let error = read_key(&path).expect_err("no key").to_string();
            assert!(!error.contains(content.trim()), "{error}");
        }
    }
}
