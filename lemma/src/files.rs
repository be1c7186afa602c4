//! Keys and other files that the command line names. Secrets are readable by their owner alone and never printed.

use crate::exit::Failure;
use anyhow::Context as _;
use node::{KeyError, read_secret, write_secret};
use std::{fs, path::Path};
use types::SecretKey;

/// Bytes that nobody else knows.
///
/// # Errors
/// When the operating system has none.
pub fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

/// A new account key.
///
/// # Errors
/// When there is no randomness.
pub fn new_key() -> anyhow::Result<([u8; 32], SecretKey)> {
    let secret = random_bytes()?;
    let key = SecretKey::from_bytes(&secret).context("these bytes make no key")?;
    Ok((secret, key))
}

/// Writes an account's key file.
///
/// # Errors
/// When the file exists, or cannot be written.
pub fn write_key(path: &Path, secret: &[u8; 32]) -> Result<(), KeyError> {
    write_secret(path, secret)
}

/// Reads an account's key file.
///
/// # Errors
/// When it cannot be read, others may read it, or it holds no key.
pub fn read_key(path: &Path) -> anyhow::Result<SecretKey> {
    let hint = "make one with `lemma key new`";
    let secret = read_secret(path).map_err(|error| Failure::usage(error.to_string(), hint))?;
    let key = secret.try_into().ok().and_then(|secret: [u8; 32]| SecretKey::from_bytes(&secret));
    key.ok_or_else(|| Failure::usage(format!("{} holds no account's key", path.display()), hint).into())
}

/// Reads a file that the command line names.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let wrong = |error| Failure::usage(format!("{} cannot be read: {error}", path.display()), "check the path");
    Ok(fs::read(path).map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn keys_are_written_for_their_owner_alone_and_read_back() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("user.key");
        let (secret, key) = new_key().expect("key");
        write_key(&path, &secret).expect("written");
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o600);
        assert_eq!(read_key(&path).expect("read").account(), key.account());
        assert!(write_key(&path, &secret).is_err(), "a key is never overwritten");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
        assert!(read_key(&path).is_err(), "a key that others can read is refused");
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("user.key");
        write_secret(&path, &[0xab; 31]).expect("written");
        assert!(!format!("{:?}", read_key(&path).expect_err("short")).contains("abab"));
    }
}
