//! Measures what the network's parts cost, and how that grows with the state.
//!
//! `cargo run --release -p bench -- ledger-apply` executes blocks over chains that differ in their size alone: how many
//! accounts they have, and how many workloads are open. A part of a block may cost at most logarithmically more where more of
//! them are; the command says whether that holds.
//!
//! What is measured: [`ledger::Ledger`] from the bytes of a body to the changes, in processor time of one thread, its values
//! loaded from a hash map and its changes written there ([`store`]). What is not: the engine's authenticated store, consensus, the network.
//!
//! Chains of a million are not executed into being. Block 1 is; then the records of accounts and workloads are written as the
//! ledger would have left them (`filling.rs`); then two more blocks are executed, which fix the first draws. Blocks are measured
//! one at a time on that same state, each with entries of its own, and undone.
#![deny(missing_docs)]

pub mod block;
pub mod chain;
mod filling;
pub mod measure;
pub mod network;
pub mod open;
pub mod report;
pub mod store;

pub use measure::{Options, measure};
pub use report::Report;
