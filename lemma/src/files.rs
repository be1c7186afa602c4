//! Keys and other files that the command line names. Secrets are readable by their owner alone and never printed.

use crate::exit::Failure;
use anyhow::Context as _;
use node::{KeyError, read_secret, write_secret};
use std::{
    fs,
    path::{Path, PathBuf},
};
use types::{SecretKey, VerdictSecret};

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

/// Reads an account's key file, or that of the prover which a node's configuration (`….toml`) names.
///
/// # Errors
/// When it cannot be read, others may read it, or it holds no key.
pub fn read_key(path: &Path) -> anyhow::Result<SecretKey> {
    Ok(read_prover_key(path)?.0)
}

/// Reads a prover's key file, as [`read_key`] does: one secret makes the key of its account and that of its verdicts.
///
/// # Errors
/// As [`read_key`].
pub fn read_prover_key(path: &Path) -> anyhow::Result<(SecretKey, VerdictSecret)> {
    let hint = "make one with `lemma key new`";
    let path = key_file(path)?;
    let secret = read_secret(&path).map_err(|error| Failure::usage(error.to_string(), hint))?;
    let secret: Option<[u8; 32]> = secret.try_into().ok();
    let keys = secret.and_then(|secret| Some((SecretKey::from_bytes(&secret)?, VerdictSecret::derive(&secret)?)));
    keys.ok_or_else(|| Failure::usage(format!("{} holds no account's key", path.display()), hint).into())
}

/// The key file that is meant.
fn key_file(path: &Path) -> anyhow::Result<PathBuf> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(path.to_owned());
    }
    let wrong = |message: String| Failure::usage(message, "give the key file itself");
    let config = node::Config::load(path).map_err(|error| wrong(error.to_string()))?;
    Ok(config.prover_key.ok_or_else(|| wrong(format!("{} names no prover_key", path.display())))?)
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
    fn the_configuration_of_a_node_stands_for_its_provers_key() {
        let dir = tempfile::tempdir().expect("folder");
        let (secret, key) = new_key().expect("key");
        write_key(&dir.path().join("prover.key"), &secret).expect("written");
        let config = dir.path().join("config.toml");
        let least = "genesis = \"g\"\ndata = \"d\"\nnode_key = \"n\"\n";
        fs::write(&config, format!("{least}prover_key = \"prover.key\"\n")).expect("written");
        let (account, verdict) = read_prover_key(&config).expect("read");
        assert_eq!(account.account(), key.account());
        assert_eq!(verdict.public(), VerdictSecret::derive(&secret).expect("key").public());
        fs::write(&config, least).expect("written");
        assert!(read_key(&config).expect_err("none").to_string().contains("prover_key"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("user.key");
        write_secret(&path, &[0xab; 31]).expect("written");
        assert!(!format!("{:?}", read_key(&path).expect_err("short")).contains("abab"));
    }
}
