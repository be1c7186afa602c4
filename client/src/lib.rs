//! A typed client of a node's HTTP API: sign offline, submit, follow to the end, check the receipt.
//!
//! | file | what it offers |
//! | --- | --- |
//! | `client` | [`Client`]: where the node is, requests with bounded answers and careful retries |
//! | `endpoints` | one function for each endpoint |
//! | `pages`, `filters` | [`Pages`]: lists page by page or as a stream, and what they can be asked for |
//! | `blobs`, `files` | blobs up and down, each checked against its name; those in files piece by piece |
//! | `events`, `resuming`, `sse` | the event stream, bounded, which goes on after the last event when its connection breaks |
//! | `sign` | [`Draft`]: transactions that are made and signed without a node |
//! | `calls` | what provers and validators ask of the chain, checked before it is signed |
//! | `follow` | [`Client::follow`]: a workload step by step until it has ended |
//! | `logs` | [`Client::follow_log`]: what a workload's program logs, wherever it runs |
//! | `run` | [`Client::run`]: all of it in one call, ending with a receipt that was checked here |
//! | `resume` | [`Sender::send_kept`], [`Client::resend`]: sending so that being cut off charges nobody twice |
//! | `earlier` | [`Client::earlier_proof`]: the proof of an earlier workload, as an input of a run |
//! | `evm` | [`evm::calldata`]: a proof as a call of snarkjs' Solidity contract |
//! | `webhook` | [`verify_webhook`]: for who receives webhooks of a node |
//! | `error` | [`ClientError`], with a stable code and a hint |
//!
//! A node is believed as little as possible: blobs are hashed, receipts are checked under a group key, lengths are bounded. Give
//! [`Client::run`] a group key that you trust; without one, the node's word is taken for it.
//!
//! ```no_run
//! # async fn example(secret: types::SecretKey, run: types::Run) -> Result<(), client::ClientError> {
//! let client = client::Client::new("http://127.0.0.1:26600")?;
//! let group_key = client.status().await?.group_key;
//! let done = client.run(&secret, run, &group_key, &mut |_| ()).await?;
//! assert_eq!(done.checked.state, types::State::Verified);
//! # Ok(())
//! # }
//! ```
//!
//! Whole programs: `examples/one_run.rs`, `examples/listen.rs`.
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod blobs;
mod calls;
mod client;
mod earlier;
mod endpoints;
mod error;
mod events;
pub mod evm;
mod files;
mod filters;
mod follow;
mod logs;
mod pages;
mod resume;
mod resuming;
mod retry;
mod run;
mod sign;
mod sse;
mod webhook;

pub use calls::{CallError, changes, registration, update};
pub use client::Client;
pub use endpoints::{ProofPart, TakenProof};
pub use error::ClientError;
pub use events::{Events, LogEvents};
pub use files::{Moved, name_of};
pub use filters::{
    BlockFilter, EventFilter, Heights, MovementFilter, ProgramFilter, ProverFilter, TransactionFilter, WorkloadFilter,
};
pub use follow::Progress;
pub use logs::{LogPart, Tell};
pub use pages::{PAGE_MAX, Page, Pages};
pub use run::{Finished, Sender};
pub use sign::{Draft, decode_signed, encode_signed};
pub use sse::{Message, Parser, SseError};
pub use webhook::{WebhookError, verify_webhook};
