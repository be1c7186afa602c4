//! The words of the network: identifiers, keys, transactions, workloads, blocks, verdicts, certificates, genesis, limits, codec.
//!
//! Everything that crosses a wire or lies in the state is defined here once, with one canonical encoding ([`codec`]), one
//! bound for everything that can grow ([`limits`]) and one domain for everything that is signed ([`sign`]).
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod amount;
pub mod beacon;
pub mod blob;
pub mod block;
pub mod codec;
pub mod draw;
pub mod event;
pub mod fee;
pub mod genesis;
pub mod gossip;
pub mod host;
pub mod id;
pub mod limits;
pub mod message;
pub mod offence;
pub mod params;
pub mod part_map;
pub mod program;
pub mod record;
pub mod refusal;
pub mod registry;
pub mod run;
pub mod sign;
pub mod state_key;
pub mod time;
pub mod transaction;
pub mod verdict;
pub mod workload;

pub use amount::Amount;
pub use beacon::Beacon;
pub use block::{Body, Settlement};
pub use codec::{CodecError, Data, List, Text};
pub use event::ChainEvent;
pub use fee::Quote;
pub use genesis::{Genesis, GenesisError};
pub use id::{AccountId, BlobId, ChainId, ProgramId, TxId, WorkloadId};
pub use message::{ProverAction, ProverMessage};
pub use params::Params;
pub use program::{Artifact, Program, Runtime, Runtimes};
pub use refusal::Refusal;
pub use run::{Input, InputRole, InputSource, Resources, Run};
pub use sign::{SecretKey, Signed};
pub use time::{ChainTime, Height, Millis};
pub use transaction::{Call, Transaction};
pub use verdict::{Certificate, SignedVerdict, Verdict, VerdictKey, VerdictSecret};
pub use workload::{Attempt, AttemptEnd, End, EndReason, State, Workload};
