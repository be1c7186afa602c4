//! A whole network in one thread from one seed: the same engine, ledger and replicas, with simulated hosts, links, crashes and misbehaviour.
//!
//! [`run`] makes a network from a seed ([`network`]) and lets people do what a [`scenario`] says ([`errands`]), while nodes
//! lose power and members and hosts misbehave. It checks the [`properties`] at intervals until everything has come of it that
//! the scenario claims. The same seed and scenario give the same [`Outcome`], to the last message.
//!
//! Scenarios are files of sentences in `scenarios/`, one for each end state and each offence; those of [`weather`] are made up
//! from the seed.
//!
//! What is simulated: time, links, disks, programs ([`toy`]) and the outside of nodes ([`host`]). What is not: consensus,
//! storage, cryptography, the ledger, the replicas, blobs and receipts.
#![deny(missing_docs)]

pub mod byzantine;
pub mod errands;
pub mod evidence;
pub mod host;
pub mod network;
pub mod past;
pub mod properties;
mod run;
pub mod scenario;
pub mod seed;
pub mod snapshot;
pub mod store;
mod storm;
pub mod toy;
pub mod weather;
pub mod witness;
pub mod world;

pub use run::{Broken, Outcome, run};
pub use scenario::Scenario;
pub use weather::Weather;
