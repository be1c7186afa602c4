//! Joins engine, ledger, replica and executor into a running node: blob store, host, HTTP API, event stream, metrics.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`Config`], `genesis`, `keys`, `folder` | what an operator decides, what the network agreed on, secrets, the data folder |
//! | `start`, [`run`] | joins the parts, and takes them apart again |
//! | [`Store`] | blobs on disk |
//! | [`Host`] | what a replica asks of its outside: programs, blobs, listeners |
//! | `index`, `feed`, `logs`, `counters` | what this node remembers, tells and counts |
//! | `money` | how final blocks move money, for the index |
//! | `state`, `receipts` | questions to the engine, typed; evidence put together |
//! | [`http`] | the API |
//!
//! Absent on purpose: protocol decisions. What a block does is in `ledger`, what a member does is in `replica`; a node asks
//! them, and shows what they say.
#![deny(missing_docs)]

mod blobs;
mod config;
mod counters;
mod error;
mod feed;
mod fetch;
mod folder;
mod genesis;
mod host;
pub mod http;
mod index;
mod keys;
mod logs;
mod money;
mod receipts;
mod start;
mod state;

pub use blobs::{Kept, PARTS_MAX, Reading, Store, StoreError, StoreLimits, Upload};
pub use config::{Bootstrapper, Config, ConfigError, Cors, Http, Limits, Operator, P2p, Quota, Tls};
pub use counters::Counters;
pub use error::NodeError;
pub use feed::{Feed, Listener, Told};
pub use genesis::{GenesisFileError, read_genesis};
pub use host::{Host, HostSetup, Prover, Share, SubmitError, Usage};
pub use index::{Index, Page};
pub use keys::{KeyError, read_secret, write_secret};
pub use money::follow_money;
pub use start::{Running, run, start, start_around};
