//! What a started engine offers to the node around it.

use crate::{Hash, Key};
use bytes::Bytes;
use std::{future::Future, pin::Pin};

/// A final block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The hash of its header.
    pub hash: Hash,
    /// The encoded [`crate::Header`].
    pub header: Bytes,
    /// The body.
    pub body: Bytes,
}

/// Proof that the state holds a value under a key at some final height, checkable with the group key alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The encoded [`crate::Header`] of the block.
    pub header: Bytes,
    /// The finalization certificate of the block (`simplex::types::Finalization` with threshold-VRF certificates, encoded).
    pub certificate: Bytes,
    /// For each key that was asked for, the value and its proof against the header's state root.
    pub values: Vec<(Key, Bytes, Bytes)>,
}

/// How an engine fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The last applied height.
    pub height: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its state root.
    pub state_root: Hash,
    /// Its chain time, in milliseconds.
    pub time_ms: u64,
    /// The present epoch.
    pub epoch: u64,
    /// Connected peers.
    pub peers: u32,
}

/// Why the engine cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The engine has stopped.
    Stopped,
    /// Too many requests are waiting.
    Busy,
    /// There is nothing under one of these keys, or no such block.
    Absent,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stopped => "the engine has stopped",
            Self::Busy => "too many requests are waiting",
            Self::Absent => "there is no such value or block",
        })
    }
}

impl std::error::Error for ReadError {}

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send>>;

/// The questions that can be put to a running engine, from any thread and any async runtime.
pub trait Engine: Send + Sync + 'static {
    /// Reads the last applied state: its height, and one value for each key.
    fn read(&self, keys: Vec<Key>) -> Later<(u64, Vec<Option<Bytes>>)>;

    /// Proves the present values under all of these keys at one final height.
    fn prove(&self, keys: Vec<Key>) -> Later<Evidence>;

    /// The final block at a height.
    fn block(&self, height: u64) -> Later<Block>;

    /// How the engine fares.
    fn status(&self) -> Status;

    /// The metrics of the runtime, as Prometheus text.
    fn metrics(&self) -> String;
}

/// A running engine. Dropping the handle does not stop it; [`Handle::stop`] does.
pub struct Handle {
    /// The questions.
    pub engine: std::sync::Arc<dyn Engine>,
    /// Asks the engine to stop and waits for its thread.
    pub stop: Box<dyn FnOnce() + Send>,
}

impl Handle {
    /// Stops the engine: nothing durable is lost. Blocks until its thread has ended.
    pub fn stop(self) {
        (self.stop)();
    }
}
