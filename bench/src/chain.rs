//! A chain of some size, ready for its next block.

use crate::{
    block::{Block, Work},
    filling,
    network::{LEADER, Network},
    open::Open,
    store::Store,
};
use anyhow::Result;
use cpu_time::ThreadTime;
use ports::{BlockContext, Mode};
use std::time::Duration;
use types::Body;

/// Chain time between two blocks, unless a block says otherwise.
pub const STEP_MS: u64 = 500;

/// A chain with so many accounts and open workloads.
pub struct Chain {
    /// How many of each.
    pub size: usize,
    store: Store,
    height: u64,
    time_ms: u64,
}

impl Chain {
    /// Executes block 1, writes the records of accounts and workloads, and executes two blocks more.
    ///
    /// # Errors
    /// When the size is too small for the workloads that blocks will be about, or the ledger refuses what was written.
    pub fn new(network: &Network, open: &[Open], size: usize) -> Result<Self> {
        let time_ms = network.ledger.genesis().time.0;
        let mut chain = Self { size, store: Store::default(), height: 0, time_ms };
        chain.idle(network)?;
        filling::fill(&mut chain.store, network, open, size)?;
        chain.idle(network)?;
        chain.idle(network)?;
        Ok(chain)
    }

    fn idle(&mut self, network: &Network) -> Result<()> {
        let context = self.context(STEP_MS);
        let body = Body::default().encode().into();
        let changes = self.store.execute(&network.ledger, context.clone(), body, Mode::Candidate)?;
        self.store.apply(changes);
        (self.height, self.time_ms) = (context.height, context.time_ms);
        Ok(())
    }

    fn context(&self, step_ms: u64) -> BlockContext {
        BlockContext {
            height: self.height + 1,
            time_ms: self.time_ms + step_ms,
            parent_time_ms: self.time_ms,
            epoch: 0,
            parent: [0; 32],
            leader: LEADER,
        }
    }

    /// How much processor time the next block takes. Afterwards the chain is as it was.
    ///
    /// # Errors
    /// When the block is invalid.
    pub fn time(&mut self, network: &Network, block: &Block, mode: Mode) -> Result<Duration> {
        match &block.work {
            Work::Execute { body, step_ms } => {
                let (context, body) = (self.context(*step_ms), body.clone());
                let begin = ThreadTime::now();
                let changes = self.store.execute(&network.ledger, context, body, mode)?;
                let undo = self.store.apply(changes);
                let took = begin.elapsed();
                self.store.apply(undo);
                Ok(took)
            }
            Work::Touch(keys) => {
                let begin = ThreadTime::now();
                self.store.touch(keys);
                Ok(begin.elapsed())
            }
        }
    }
}
