//! A secret under a passphrase, written as EIP-2335 has it: the key by scrypt, AES-128 in counter mode, a SHA-256 checksum.
//!
//! Where that standard holds the public key of a BLS key, these files hold the account, which is public too.

use super::Passphrase;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use scrypt::{Params, scrypt};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use types::AccountId;
use zeroize::Zeroizing;

/// Bytes of a secret.
pub type Secret = Zeroizing<Vec<u8>>;

/// The version of the format.
const VERSION: u32 = 4;
/// The cost of trying one passphrase in files that are written here: scrypt's N as a power of two. 128 MiB.
const COST_LOG: u8 = 17;
/// scrypt's r in files that are written here.
const BLOCK: u32 = 8;
/// The most memory that a file may ask for, in bytes.
const MEMORY_MAX: u64 = 512 << 20;
/// The most passes over it that a file may ask for.
const PASSES_MAX: u32 = 4;
/// The longest secret, salt or other part, in bytes.
const PART_MAX: usize = 1024;
/// Bytes of the key that scrypt makes: one half encrypts, the other goes into the checksum.
const KEY: usize = 32;

type Cipher = ctr::Ctr128BE<aes::Aes128>;

/// Why a file holds no secret that can be read. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// It is not written as EIP-2335 has it.
    #[error("it is no encrypted key of EIP-2335, version 4: {0}")]
    Format(String),
    /// It asks for a function that is not supported.
    #[error("its {part} is {got:?}; only {only} is supported")]
    Function {
        /// Which part.
        part: &'static str,
        /// What it asks for.
        got: String,
        /// What is supported.
        only: &'static str,
    },
    /// It asks for more work than is done.
    #[error("its scrypt parameters are not taken: N a power of two, 512 MiB and 4 passes at most")]
    Cost,
    /// The passphrase is another, or the file is damaged.
    #[error("the passphrase does not open it")]
    Passphrase,
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    Randomness(String),
}

/// An encrypted secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keystore {
    crypto: Crypto,
    #[serde(default)]
    description: String,
    #[serde(default)]
    pubkey: String,
    path: String,
    uuid: String,
    version: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Crypto {
    kdf: Module<Scrypt>,
    checksum: Module<Nothing>,
    cipher: Module<Start>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Module<P> {
    function: String,
    params: P,
    message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Scrypt {
    dklen: usize,
    n: u64,
    r: u32,
    p: u32,
    salt: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Nothing {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    iv: String,
}

impl Keystore {
    /// Reads an encrypted secret. Opens nothing yet.
    ///
    /// # Errors
    /// [`KeystoreError::Format`], [`KeystoreError::Function`].
    pub fn parse(text: &str) -> Result<Self, KeystoreError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        for (part, only) in [("kdf", "scrypt"), ("checksum", "sha256"), ("cipher", "aes-128-ctr")] {
            let got = value["crypto"][part]["function"].as_str().unwrap_or_default();
            if got != only {
                let got = got.chars().take(40).collect();
                return Err(KeystoreError::Function { part, got, only });
            }
        }
        let parsed: Self = serde_json::from_value(value).map_err(|error| malformed(&error))?;
        if parsed.version == VERSION { Ok(parsed) } else { Err(KeystoreError::Format("another version".to_owned())) }
    }

    /// Encrypts a secret of an account.
    ///
    /// # Errors
    /// [`KeystoreError::Randomness`].
    pub fn encrypt(secret: &[u8], account: AccountId, passphrase: &Passphrase) -> Result<Self, KeystoreError> {
        let (salt, iv): ([u8; 32], [u8; 16]) = (random()?, random()?);
        let kdf = Scrypt { dklen: KEY, n: 1 << COST_LOG, r: BLOCK, p: 1, salt: hex::encode(salt) };
        let key = kdf.key(passphrase)?;
        let mut bytes = secret.to_vec();
        apply(&key, &iv, &mut bytes);
        let crypto = Crypto {
            checksum: module("sha256", Nothing {}, hex::encode(checksum(&key, &bytes))),
            cipher: module("aes-128-ctr", Start { iv: hex::encode(iv) }, hex::encode(bytes)),
            kdf: module("scrypt", kdf, String::new()),
        };
        let description = "a secret of the Lemma network; pubkey is its account".to_owned();
        let (pubkey, path, uuid) = (account.to_string(), String::new(), uuid(random()?));
        Ok(Self { crypto, description, pubkey, path, uuid, version: VERSION })
    }

    /// The secret.
    ///
    /// # Errors
    /// [`KeystoreError::Passphrase`], and the others when the file asks for what is not done.
    pub fn decrypt(&self, passphrase: &Passphrase) -> Result<Secret, KeystoreError> {
        let Crypto { kdf, checksum: sum, cipher } = &self.crypto;
        let key = kdf.params.key(passphrase)?;
        let mut bytes = Secret::new(part(&cipher.message)?);
        let iv: [u8; 16] = part(&cipher.params.iv)?.try_into().map_err(|_| wrong("its iv is not 16 bytes"))?;
        if part(&sum.message)? != checksum(&key, &bytes) {
            return Err(KeystoreError::Passphrase);
        }
        apply(&key, &iv, &mut bytes);
        Ok(bytes)
    }

    /// The account that the file says it is of. To be compared with that of the secret, once it is open.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.pubkey.parse().ok()
    }

    /// As a file.
    #[must_use]
    pub fn text(&self) -> String {
        // These types have only texts and numbers in them, which JSON can say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Scrypt {
    fn key(&self, passphrase: &Passphrase) -> Result<Zeroizing<[u8; KEY]>, KeystoreError> {
        let params = self.params().ok_or(KeystoreError::Cost)?;
        let mut key = Zeroizing::new([0; KEY]);
        scrypt(passphrase.bytes(), &part(&self.salt)?, &params, &mut *key).map_err(|_| KeystoreError::Cost)?;
        Ok(key)
    }

    /// None where it asks for too much.
    fn params(&self) -> Option<Params> {
        let memory = self.n.checked_mul(u64::from(self.r))?.checked_mul(128)?;
        let fits = self.n.is_power_of_two() && self.n > 1 && memory <= MEMORY_MAX && self.p <= PASSES_MAX;
        let log = u8::try_from(self.n.trailing_zeros()).ok()?;
        (fits && self.dklen == KEY).then(|| Params::new(log, self.r, self.p).ok())?
    }
}

fn module<P>(function: &str, params: P, message: String) -> Module<P> {
    Module { function: function.to_owned(), params, message }
}

fn apply(key: &[u8; KEY], iv: &[u8; 16], bytes: &mut [u8]) {
    let mut half = Zeroizing::new([0; 16]);
    half.copy_from_slice(&key[..16]);
    Cipher::new((&*half).into(), iv.into()).apply_keystream(bytes);
}

fn checksum(key: &[u8; KEY], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(&key[16..]).chain_update(bytes).finalize().into()
}

fn part(text: &str) -> Result<Vec<u8>, KeystoreError> {
    if text.len() > 2 * PART_MAX {
        return Err(wrong("one of its parts is too long"));
    }
    hex::decode(text).map_err(|_| wrong("one of its parts is not hexadecimal"))
}

fn wrong(what: &str) -> KeystoreError {
    KeystoreError::Format(what.to_owned())
}

/// Only the place: what stands there may be a secret.
fn malformed(error: &serde_json::Error) -> KeystoreError {
    KeystoreError::Format(format!("line {}, column {}", error.line(), error.column()))
}

fn random<const N: usize>() -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| KeystoreError::Randomness(error.to_string()))?;
    Ok(bytes)
}

/// Random bytes as a UUID of version 4.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

#[cfg(test)]
mod tests;
