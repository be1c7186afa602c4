//! Why a node does not start, or stops.

use crate::{config::ConfigError, keys::KeyError};
use std::{io, net::SocketAddr, path::PathBuf};

/// Why a node does not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file with a secret.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The genesis file cannot be used.
    #[error("the genesis file cannot be used: {0}")]
    Genesis(#[from] crate::genesis::GenesisFileError),
    /// The data folder belongs to another chain.
    #[error(
        "the data folder {path} belongs to chain {stored}, the genesis file makes chain {given}; use another folder"
    )]
    OtherChain {
        /// The folder.
        path: PathBuf,
        /// The chain it belongs to.
        stored: String,
        /// The chain of the genesis file.
        given: String,
    },
    /// Another process uses the data folder.
    #[error("another process uses the data folder {0}; stop it first")]
    Locked(PathBuf),
    /// The data folder cannot be used.
    #[error("the data folder {path} cannot be used: {source}")]
    Folder {
        /// The folder or a file in it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The blob store cannot be opened.
    #[error("the blob store cannot be opened")]
    Store(#[from] crate::blobs::StoreError),
    /// This node checks proofs by other rules than the network.
    #[error("the genesis fixes the verifier {genesis:?}, this program has {ours:?}; use the release that fits")]
    Verifier {
        /// What genesis fixes.
        genesis: String,
        /// What this program has.
        ours: String,
    },
    /// Programs do not run on this machine.
    #[error("programs do not run on this machine: {0}")]
    Executor(String),
    /// Genesis names another verdict key for the account of the prover key.
    #[error(
        "the prover key is of account {0}, for which genesis names another verdict key; use the key file that made it"
    )]
    VerdictKey(types::AccountId),
    /// The certificate of the API.
    #[error(transparent)]
    Tls(#[from] crate::http::TlsError),
    /// An address cannot be listened on.
    #[error("the node cannot listen on {address}: {source}; choose another address in [{section}]")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Where it stands in the configuration.
        section: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A webhook's endpoint cannot be used.
    #[error("the webhook of {host} cannot be told: {reason}")]
    Webhook {
        /// Where its address leads.
        host: String,
        /// Why.
        reason: String,
    },
    /// The engine does not start.
    #[error("the engine does not start: {0}")]
    Engine(#[from] engine::StartError),
    /// The engine has stopped by itself.
    #[error("the engine has stopped; see the log")]
    EngineStopped,
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
}
