//! Names of things: 32-byte hashes and keys that must not be mixed up, shown as hex.

use borsh::BorshSerialize;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits, got {got:?}")]
pub struct IdError {
    /// Digits that an identifier of this kind has.
    pub expected: usize,
    /// The text, cut to 80 characters.
    pub got: String,
}

/// Defines a fixed number of bytes with its own type, shown as lower-case hex.
#[macro_export]
macro_rules! hex_bytes {
    ($(#[$meta:meta])* $name:ident, $len:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The length in bytes.
            pub const LEN: usize = $len;
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::id::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse_hex(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::id::serialize_hex(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::id::deserialize_hex(deserializer).map(Self)
            }
        }
    };
}

/// Parses exactly `N` bytes of hex.
///
/// # Errors
/// When the text has another length or other characters.
pub fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| IdError { expected: N.saturating_mul(2), got: text.chars().take(80).collect() })?;
    Ok(bytes)
}

/// Writes bytes as a string of hex.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Reads bytes from a string of hex.
///
/// # Errors
/// When the string is not `N` bytes of hex.
pub fn deserialize_hex<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    parse_hex(&<String as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
}

hex_bytes!(
    /// A network, named by the hash of its genesis.
    ChainId, 32
);
hex_bytes!(
    /// An account: an Ed25519 public key.
    AccountId, 32
);
hex_bytes!(
    /// A transaction, named by the hash of what its sender signed.
    TxId, 32
);
hex_bytes!(
    /// A workload: the bytes of the [`TxId`] of its run.
    WorkloadId, 32
);
hex_bytes!(
    /// A program, named by the hash of its description.
    ProgramId, 32
);
hex_bytes!(
    /// A blob, named by its BLAKE3 hash: what `b3sum` prints.
    BlobId, 32
);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl From<TxId> for WorkloadId {
    fn from(id: TxId) -> Self {
        Self(id.0)
    }
}

/// BLAKE3 over a domain and a canonical encoding: the domain keeps hashes of different things apart.
#[must_use]
pub fn hash_in(domain: &'static str, value: &impl BorshSerialize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(domain);
    hasher.update(&crate::codec::encode(value));
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_what_they_write() {
        let id = BlobId::of(b"lemma");
        assert_eq!(id.to_string().parse::<BlobId>(), Ok(id));
        let json = serde_json::to_string(&id).expect("json");
        assert_eq!(serde_json::from_str::<BlobId>(&json).expect("id"), id);
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            assert!(text.parse::<BlobId>().is_err(), "{text}");
        }
    }
}
