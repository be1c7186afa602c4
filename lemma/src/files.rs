//! Keys and other files that the command line names. Secrets are readable by their owner alone and never printed.

use crate::{exit::Failure, passphrase};
use anyhow::Context as _;
use node::{Held, KeyError, Keystore, KeystoreError, Secret, read_held, write_secret};
use std::{
    fs,
    path::{Path, PathBuf},
};
use types::{AccountId, SecretKey, VerdictSecret};

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

/// The keys that one secret makes.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Of its account.
    pub account: SecretKey,
    /// Of a prover's verdicts.
    pub verdict: VerdictSecret,
}

impl Keys {
    /// None where the secret makes no keys.
    #[must_use]
    pub fn of(secret: &[u8]) -> Option<Self> {
        let secret = secret.try_into().ok()?;
        Some(Self { account: SecretKey::from_bytes(secret)?, verdict: VerdictSecret::derive(secret)? })
    }
}

const HINT: &str = "make one with `lemma key new`";

/// Reads an account's key file, or that of the prover which a node's configuration (`….toml`) names. Where it is encrypted, the
/// passphrase is asked for.
///
/// # Errors
/// When it cannot be read, others may read it, or it holds no key.
pub fn read_keys(path: &Path) -> anyhow::Result<Keys> {
    let path = key_file(path)?;
    keys_of(&path, &read_secret(&path)?)
}

/// Reads the secret of a key file.
///
/// # Errors
/// As [`read_keys`].
pub fn read_secret(path: &Path) -> anyhow::Result<Secret> {
    match read_held(path).map_err(unusable)? {
        Held::Plain(secret) => Ok(secret),
        Held::Encrypted(keystore) => open(path, &keystore),
    }
}

/// Opens an encrypted secret. It must be of the account that the file says it is of: that is believed where no passphrase is
/// asked for.
fn open(path: &Path, keystore: &Keystore) -> anyhow::Result<Secret> {
    let secret = keystore.decrypt(&passphrase::existing(path)?);
    let secret = secret.map_err(|why| unusable(KeyError::Encrypted { path: path.to_owned(), why }))?;
    match keystore.account() {
        Some(account) if keys_of(path, &secret)?.account.account() != account => {
            let message = format!("{} says that it is of {account}, but it is of another account", path.display());
            Err(Failure::usage(message, "somebody changed the file").into())
        }
        _ => Ok(secret),
    }
}

/// The keys that the secret of a file makes.
///
/// # Errors
/// When it makes none.
pub fn keys_of(path: &Path, secret: &[u8]) -> anyhow::Result<Keys> {
    let none = || Failure::usage(format!("{} holds no account's key", path.display()), HINT);
    Ok(Keys::of(secret).ok_or_else(none)?)
}

fn unusable(error: KeyError) -> Failure {
    let hint = match &error {
        KeyError::Encrypted { why: KeystoreError::Passphrase, .. } => "try again, or take the backup",
        KeyError::Mode { .. } => "chmod 600 it",
        _ => HINT,
    };
    Failure::usage(error.to_string(), hint)
}

/// The account of a key file. Asks for no passphrase: an encrypted file says whose it is.
///
/// # Errors
/// As [`read_keys`].
pub fn read_account(path: &Path) -> anyhow::Result<AccountId> {
    let path = key_file(path)?;
    match read_held(&path).map_err(unusable)? {
        Held::Plain(secret) => Ok(keys_of(&path, &secret)?.account.account()),
        Held::Encrypted(keystore) => match keystore.account() {
            Some(account) => Ok(account),
            None => Ok(keys_of(&path, &open(&path, &keystore)?)?.account.account()),
        },
    }
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
        assert_eq!(read_account(&path).expect("read"), key.account());
        assert!(write_key(&path, &secret).is_err(), "a key is never overwritten");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
        assert!(read_account(&path).is_err(), "a key that others can read is refused");
    }

    #[test]
    fn the_configuration_of_a_node_stands_for_its_provers_key() {
        let dir = tempfile::tempdir().expect("folder");
        let (secret, key) = new_key().expect("key");
        write_key(&dir.path().join("prover.key"), &secret).expect("written");
        let config = dir.path().join("config.toml");
        let least = "genesis = \"g\"\ndata = \"d\"\nnode_key = \"n\"\n";
        fs::write(&config, format!("{least}prover_key = \"prover.key\"\n")).expect("written");
        let Keys { account, verdict } = read_keys(&config).expect("read");
        assert_eq!(account.account(), key.account());
        assert_eq!(verdict.public(), VerdictSecret::derive(&secret).expect("key").public());
        fs::write(&config, least).expect("written");
        assert!(read_account(&config).expect_err("none").to_string().contains("prover_key"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("user.key");
        write_secret(&path, &[0xab; 31]).expect("written");
        assert!(!format!("{:?}", read_keys(&path).expect_err("short")).contains("abab"));
    }
}
