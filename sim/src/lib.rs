//! A whole network in one thread from one seed: the same engine, ledger and replicas, with simulated hosts, links, crashes and misbehaviour.
//!
//! [`run`] makes a network from the seed ([`network`]), lets a scripted user submit runs to it ([`user`]) while links are slow
//! and lossy, nodes crash and hosts misbehave as the [`scenario`] has it, and checks the [`properties`] at intervals until
//! every run has ended everywhere. The same [`Options`] give the same [`Outcome`], to the last message.
//!
//! What is simulated: time, links, disks, programs ([`toy`]) and the outside of nodes ([`host`]). What is not: consensus,
//! storage, cryptography, the ledger, the replicas, blobs and receipts.
#![deny(missing_docs)]

pub mod byzantine;
pub mod evidence;
pub mod host;
pub mod network;
pub mod properties;
mod run;
pub mod scenario;
pub mod seed;
pub mod snapshot;
pub mod store;
pub mod toy;
pub mod user;
pub mod witness;
pub mod world;

pub use run::{Broken, Outcome, run};
pub use scenario::{Options, Scenario};
