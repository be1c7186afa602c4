//! The requests and responses of a node's HTTP API, its paths and its OpenAPI description.
//!
//! Values and their conversion from the records of [`types`], nothing that sends or serves. Identifiers and byte strings are
//! lower-case hex, amounts are strings in LEM, times and spans are milliseconds (`…_ms`) of chain time, heights are numbers.
//! Everything that goes wrong comes as a [`Problem`].
#![deny(missing_docs)]

mod account;
mod blob;
mod block;
mod event;
mod explain;
mod genesis;
mod money;
mod movement;
mod openapi;
mod params;
pub mod paths;
mod place;
pub mod problem;
mod program;
mod prover;
mod quote;
mod schema;
mod status;
mod timeline;
mod transaction;
mod validator;
mod webhook;
mod workload;

pub use account::{Account, Accounts};
pub use blob::Stored;
pub use block::{Block, BlockSummary, Blocks};
pub use event::{Event, GAP, LAGGED, LogEvent};
pub use explain::{Clock, Waiting, explain};
pub use genesis::Genesis;
pub use money::Fee;
pub use movement::{Movement, Movements, cause};
pub use openapi::{openapi, openapi_json};
pub use params::{ParamChange, Parameter, Params, Value, unit};
pub use place::Place;
pub use problem::Problem;
pub use program::{Artifact, Program, Programs};
pub use prover::{Miss, Prover, ProverState, Provers};
pub use quote::{Payout, Quote, QuoteRequest};
pub use status::{Breaker, Health, LogLevel, OwnFailure, ProgramRoom, Status, Versions};
pub use timeline::{Step, timeline};
pub use transaction::{
    Submit, Submitted, Transaction, TransactionState, TransactionStatus, TransactionSummary, Transactions,
};
pub use validator::{Unbonding, Validator, Validators};
pub use webhook::{
    EndedWorkload, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, WEBHOOK_TOLERANCE_S, Webhook, WebhookSecret,
};
pub use workload::{
    Attempt, AttemptEnd, End, Fail, Input, Moment, Proof, Run, Workload, WorkloadState, WorkloadSummary, Workloads,
};
