//! Why an engine does not start, and what to do about it.

use std::{net::SocketAddr, path::PathBuf};

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The public output of the ceremony is not one.
    #[error("the committee's output is malformed ({0}): copy `output` from the network's genesis file again")]
    Output(String),
    /// A node's key is not a point of the curve.
    #[error("{what} names {key}, which is no Ed25519 public key: correct the genesis or the configuration")]
    PublicKey {
        /// Where it stands.
        what: &'static str,
        /// The key, in hexadecimal.
        key: String,
    },
    /// The set of validators cannot be used.
    #[error("the set of validators is unusable: {0}")]
    Validators(String),
    /// A number of the genesis cannot be used.
    #[error("the genesis cannot be used: {0}")]
    Genesis(String),
    /// The share is malformed, or somebody else's.
    #[error("the share of the group key is unusable ({0}): give this node the share that was dealt to its own key")]
    Share(&'static str),
    /// Nothing can be stored.
    #[error("cannot store anything in {path} ({source}): check that the folder exists, is writable and not full")]
    Storage {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process uses the folder.
    #[error("another process uses {0}: stop it, or give this node a folder of its own")]
    Locked(PathBuf),
    /// Nothing can be listened on.
    #[error(
        "cannot listen on {address} ({source}): another process has the port, or the address is not this machine's"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The runtime did not start.
    #[error("the engine's runtime did not start in {0}: the log says why")]
    Runtime(PathBuf),
    /// The thread did not start.
    #[error("cannot start the engine's thread ({0}): the machine is out of threads or memory")]
    Thread(std::io::Error),
}
