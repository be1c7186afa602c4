//! The pure function of what a block does to the state.
//!
//! [`Ledger`] implements [`ports::StateMachine`] with the words of `types`. A block is, in this order:
//!
//! 0. In block 1 what genesis sets, then chain time moves on (`genesis.rs`). In the first block of an epoch votes are counted,
//!    the price moves, seats are named, and those that are active make the next verdict set (`epoch.rs`, `vote.rs`).
//! 1. What is due by chain time: windows, deadlines, verdict clocks, expiries, bonds to be paid back (`due.rs`, `bond.rs`).
//! 2. Beacons (rule 5), each with the draws that it decides (rule 6) (`beacon.rs`, `allocation.rs`).
//! 3. Messages of provers: accept, hand back, fail, announce (rules 7 to 9) (`attempt.rs`).
//! 4. Settlements: certificates about announced proofs (rules 11 and 12) (`settlement.rs`).
//! 5. Evidence of offences (rule 13) and signs of life (rule 10) (`offence.rs`, `heartbeat.rs`).
//! 6. Transactions: money, programs and runs (rules 1 to 3), bonds, provers that join and change, jail, votes and evidence
//!    (rules 4 and 13) (`transaction.rs`, `bond.rs`, `registration.rs`, `jail.rs`, `vote.rs`).
//! 7. The leader is noted (rule 7), and the draws that this block's beacon will decide are fixed (rule 6) (`fixing.rs`).
//!
//! Absent on purpose: clocks, randomness, floats, hash maps, verifiers, and any step that scans: queues, live workloads and
//! what is due lie in pages, and every loop over them is bounded by [`types::limits`].
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

pub mod admission;
mod allocation;
mod attempt;
mod beacon;
mod block;
mod bond;
mod check;
mod declared;
mod due;
mod epoch;
mod fixing;
mod genesis;
mod heartbeat;
mod jail;
mod life;
mod live;
#[cfg(any(test, feature = "memory"))]
pub mod memory;
mod money;
mod offence;
mod overlay;
mod pages;
mod price;
mod registration;
mod settlement;
#[cfg(test)]
mod tests;
mod transaction;
mod vote;
mod work;

pub use price::quote;

use bytes::Bytes;
use ports::{BlockContext, Execution, Key, Mode, Peer, StateMachine};
use std::sync::Arc;
use types::{
    ChainId, Genesis, Height, codec,
    genesis::GenesisError,
    limits::{BODY_MAX, VALUE_MAX},
    state_key,
};

/// The rules of one network.
#[derive(Clone, Debug)]
pub struct Ledger {
    genesis: Arc<Genesis>,
    chain: ChainId,
}

impl Ledger {
    /// The rules of the network that begins with this genesis.
    ///
    /// # Errors
    /// When the genesis does not hold.
    pub fn new(genesis: Genesis) -> Result<Self, GenesisError> {
        genesis.check()?;
        let chain = genesis.chain();
        Ok(Self { genesis: Arc::new(genesis), chain })
    }

    /// The network's name for machines.
    #[must_use]
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    /// What was agreed on before the first block.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }
}

impl StateMachine for Ledger {
    fn execute(&self, context: BlockContext, body: Bytes, mode: Mode) -> Box<dyn Execution> {
        Box::new(block::BlockExecution::new(self.genesis.clone(), self.chain, context, body, mode))
    }

    fn body_bytes_max(&self) -> usize {
        BODY_MAX
    }

    fn outcome_key(&self, height: u64) -> Key {
        state_key::outcome(Height(height))
    }

    fn committee_keys(&self, epoch: u64) -> Vec<Key> {
        epoch::committee_keys(epoch)
    }

    fn committee(&self, _epoch: u64, values: &[Option<Bytes>]) -> Vec<Peer> {
        let seats = values.first().and_then(Option::as_deref).and_then(|bytes| codec::decode(bytes, VALUE_MAX).ok());
        epoch::committee(&self.genesis, seats.as_ref()).into_iter().map(|peer| peer.0).collect()
    }
}
