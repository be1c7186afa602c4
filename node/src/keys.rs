//! Secrets in files: lower-case hex and a newline, mode 0600, never shown.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

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
}

/// Reads the bytes of a secret out of a file that only its owner may read.
///
/// # Errors
/// When the file cannot be read, others may read it, or it is not hex.
pub fn read_secret(path: &Path) -> Result<Vec<u8>, KeyError> {
    let hex = hex::decode(read_text(path)?.trim_ascii_end());
    hex.map_err(|_| KeyError::Content { path: path.to_owned(), expected: "hexadecimal digits" })
}

/// Reads a file that only its owner may read.
pub(crate) fn read_text(path: &Path) -> Result<String, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Mode { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Reads a secret of 32 bytes.
///
/// # Errors
/// As [`read_secret`], and when it has another length.
pub(crate) fn read_key(path: &Path) -> Result<[u8; 32], KeyError> {
    let wrong = || KeyError::Content { path: path.to_owned(), expected: "64 hexadecimal digits" };
    read_secret(path)?.try_into().map_err(|_| wrong())
}

/// Writes a secret to a new file that only its owner may read.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write_secret(path: &Path, secret: &[u8]) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    writeln!(file, "{}", hex::encode(secret)).map_err(failed)?;
    file.sync_all().map_err(failed)
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
        assert_eq!(read_key(&path).expect("read"), [7; 32]);
        assert!(matches!(write_secret(&path, &[8; 32]), Err(KeyError::File { .. })), "never overwritten");
        for mode in [0o640, 0o604, 0o660, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
            assert!(matches!(read_key(&path), Err(KeyError::Mode { mode: got, .. }) if got == mode));
        }
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
