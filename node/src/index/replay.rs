//! Old blocks executed again, from the first: the state keeps what blocks did for the latest alone. Costs the whole state in
//! memory, and the time of all blocks once.

use bytes::Bytes;
use ledger::Ledger;
use ports::{Block, BlockContext, Header, Key, Mode, StateMachine as _, Step};
use std::collections::BTreeMap;

/// A state of its own, in memory.
pub(super) struct Replay<'a> {
    ledger: &'a Ledger,
    values: BTreeMap<Key, Bytes>,
    time_ms: u64,
    /// The last block.
    pub(super) height: u64,
}

impl<'a> Replay<'a> {
    /// The state before block 1.
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, values: BTreeMap::new(), time_ms: ledger.genesis().time.0, height: 0 }
    }

    /// The value under a key.
    pub(super) fn get(&self, key: &Key) -> Option<Bytes> {
        self.values.get(key).cloned()
    }

    /// Executes the next block.
    ///
    /// # Errors
    /// When it is not the next, or the rules of this node refuse it: then it is not of this chain.
    pub(super) fn block(&mut self, block: &Block) -> Result<(), String> {
        let header = Header::decode(&block.header).map_err(|error| error.to_string())?;
        if header.height != self.height + 1 {
            return Err(format!("block {} does not follow block {}", header.height, self.height));
        }
        let context = BlockContext {
            height: header.height,
            time_ms: header.time_ms,
            parent_time_ms: self.time_ms,
            epoch: header.epoch,
            parent: header.parent,
            leader: header.leader,
        };
        let mut execution = self.ledger.execute(context, block.body.clone(), Mode::Final);
        let mut loaded = Vec::new();
        loop {
            match execution.step(std::mem::take(&mut loaded)) {
                Step::Need(keys) => loaded = keys.into_iter().map(|key| (key, self.get(&key))).collect(),
                Step::Invalid(reason) => return Err(format!("block {} breaks a rule: {reason}", header.height)),
                Step::Done { changes, .. } => {
                    for (key, value) in changes {
                        match value {
                            Some(value) => self.values.insert(key, value),
                            None => self.values.remove(&key),
                        };
                    }
                    (self.height, self.time_ms) = (header.height, header.time_ms);
                    return Ok(());
                }
            }
        }
    }
}
