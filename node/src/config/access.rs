//! Who gets at the API, and how.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// Pages of which origins, such as `https://explorer.example`, may ask this node in a browser; `*` is all of them. There are no
/// cookies that such a page could misuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Those that may read.
    pub read: Vec<String>,
    /// Those that may also send transactions, blobs and questions about prices.
    pub write: Vec<String>,
}

/// The API through TLS, at an address of its own beside `http.listen`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate and its chain, in PEM. It is read again when the file changes.
    pub cert: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// What only the operator may ask: `/metrics` and `/operator/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    /// Where to listen for it. Unless given: where the API listens, if that is a loopback address or there is a token.
    pub listen: Option<SocketAddr>,
    /// The file with the token that the operator sends: 16 to 512 characters. Needed where others reach the address.
    pub token_file: Option<PathBuf>,
}

impl Default for Cors {
    fn default() -> Self {
        Self { read: vec!["*".to_owned()], write: Vec::new() }
    }
}

impl Operator {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self.listen {
            Some(address) if !address.ip().is_loopback() && self.token_file.is_none() => {
                Err(ConfigError::Open(address))
            }
            _ => Ok(()),
        }
    }
}
