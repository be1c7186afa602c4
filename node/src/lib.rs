//! Joins engine, ledger, replica and executor into a running node: blob store, host, HTTP API, event stream, metrics.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`Config`], `genesis`, `keys`, `folder` | what an operator decides, what the network agreed on, secrets, the data folder |
//! | `start`, [`run`] | joins the parts, and takes them apart again |
//! | [`Store`] | blobs on disk |
//! | [`Host`] | what a replica asks of its outside: programs, blobs, listeners |
//! | `mempool`, `feed`, `logs`, `counters` | what this node remembers, tells and counts |
//! | [`Index`] | what final blocks did, for lists: a file that may be built anew |
//! | `breaker` | when the prover stops taking workloads by itself |
//! | [`Webhooks`] | the operator's services are told when workloads have ended |
//! | `state`, `receipts` | questions to the engine, typed; evidence put together |
//! | [`http`] | the API |
//!
//! Absent on purpose: protocol decisions. What a block does is in `ledger`, what a member does is in `replica`; a node asks
//! them, and shows what they say.
#![deny(missing_docs)]

mod blobs;
mod breaker;
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
mod mempool;
mod metrics;
mod receipts;
mod start;
mod state;
mod webhooks;

pub use blobs::{Kept, PARTS_MAX, Reading, Store, StoreError, StoreLimits, Upload};
pub use breaker::keep_breaker;
pub use config::{Bootstrapper, Breaker, Config, ConfigError, Cors, Endpoint, Http, Limits, Operator, P2p, Quota, Tls};
pub use counters::{Counters, Gauges};
pub use error::NodeError;
pub use feed::{Feed, Filter, Listener, Parties, Told, Unknown, learn_parties};
pub use genesis::{GenesisFileError, read_genesis};
pub use host::{Host, HostSetup, Prover, Share, SubmitError, Usage};
pub use index::{Index, Span, follow_index};
pub use keys::{
    Held, KeyError, Keystore, KeystoreError, PASSPHRASE_FD, PASSPHRASE_FILE, Passphrase, Secret, held, plain_text,
    read_held, read_secret, read_secret_with, replace_private, write_private, write_secret,
};
pub use metrics::{ENGINE_METRICS, METRICS, Metric};
pub use start::{Running, run, start, start_around};
pub use webhooks::{Pace, Webhooks};
