//! The contract between the engine and the rest of a node, in bytes and plain values.
//!
//! The engine agrees on blocks, keeps the authenticated state and moves messages; it does not know what a workload is.
//! Three traits stand for everything it needs from others:
//!
//! - [`StateMachine`]: what a block does to the state. Pure, `&self`, executed concurrently on forks.
//! - [`Member`]: one member of the network as a value. It sees [`Event`]s and answers with an ordered list of [`Action`]s.
//! - [`Host`]: the outside of a node: running programs, files, the event stream. Real in `node`, with virtual delays in `sim`.
//!
//! The other way round, [`Handle`] is what a started engine offers, and [`Header`] is the part of a block that evidence
//! carries: its bytes are frozen, because a receipt of today must verify for ever.
#![deny(missing_docs)]

mod config;
mod handle;
mod header;
mod member;
mod state;

pub use config::{Committee, Config, Dealt, Network, Pace};
pub use handle::{Block, Engine, Evidence, Handle, Later, ReadError, Status};
pub use header::{HEADER_VERSION, Header, HeaderError};
pub use member::{Action, Channel, Event, Host, Inbox, Member, Outbox, Recipients, Start};
pub use state::{BlockContext, Changes, Execution, Key, Loaded, Mode, StateMachine, Step};

/// A 32-byte BLAKE3 hash.
pub type Hash = [u8; 32];

/// The Ed25519 public key by which a node is known to its peers and to consensus.
pub type Peer = [u8; 32];
