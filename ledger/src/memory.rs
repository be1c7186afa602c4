//! An in-memory state for tests and simulations: it executes blocks as an engine would, three times each, and holds them to
//! their contract.

mod audit;

pub use audit::{Fault, Seen};

use crate::Ledger;
use bytes::Bytes;
use ports::{BlockContext, Changes, Key, Mode, Peer, StateMachine, Step};
use std::collections::{BTreeMap, BTreeSet};
use types::{Body, CodecError, Height, codec, event::Outcome, limits::VALUE_MAX, state_key};

/// The state of a network, all of it in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    ledger: Ledger,
    values: BTreeMap<Key, Bytes>,
    /// What the last block changed, as it was before.
    before: BTreeMap<Key, Option<Bytes>>,
    height: u64,
    time_ms: u64,
}

/// What came of executing a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Its body.
    pub body: Bytes,
    /// What it writes.
    pub changes: Changes,
    /// How often values had to be loaded.
    pub rounds: usize,
}

/// Why a block could not be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// It breaks a rule.
    #[error("the block is invalid: {0}")]
    Invalid(String),
    /// The execution broke its contract with the engine.
    #[error("the execution broke its contract: {0}")]
    Contract(&'static str),
    /// A value is malformed.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl Memory {
    /// The state before block 1.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        let time_ms = ledger.genesis().time.0;
        Self { ledger, values: BTreeMap::new(), before: BTreeMap::new(), height: 0, time_ms }
    }

    /// The rules.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The last block's height.
    #[must_use]
    pub const fn height(&self) -> Height {
        Height(self.height)
    }

    /// All values.
    #[must_use]
    pub const fn values(&self) -> &BTreeMap<Key, Bytes> {
        &self.values
    }

    /// The value under a key.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn find<T: borsh::BorshDeserialize>(&self, key: Key) -> Result<Option<T>, CodecError> {
        self.values.get(&key).map(|bytes| codec::decode(bytes, VALUE_MAX)).transpose()
    }

    /// The value that was under a key before the last block.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn find_before<T: borsh::BorshDeserialize>(&self, key: Key) -> Result<Option<T>, CodecError> {
        let value = self.before.get(&key).map_or_else(|| self.values.get(&key), Option::as_ref);
        value.map(|bytes| codec::decode(bytes, VALUE_MAX)).transpose()
    }

    /// The surroundings of the next block, `step_ms` after the last.
    #[must_use]
    pub fn context(&self, leader: Peer, step_ms: u64) -> BlockContext {
        let height = self.height.saturating_add(1);
        let time_ms = self.time_ms.saturating_add(step_ms);
        let epoch = height.checked_div(self.ledger.genesis().params.epoch_blocks).unwrap_or(0);
        let parent = *blake3::hash(&self.height.to_le_bytes()).as_bytes();
        BlockContext { height, time_ms, parent_time_ms: self.time_ms, epoch, parent, leader }
    }

    /// Executes a block without applying it.
    ///
    /// # Errors
    /// When the block is invalid, or the execution asks for nothing or for something twice, or tells changes out of order.
    pub fn execute(&self, context: BlockContext, body: Bytes, mode: Mode) -> Result<Executed, ExecuteError> {
        let mut execution = self.ledger.execute(context, body, mode);
        let (mut asked, mut loaded, mut rounds) = (BTreeSet::new(), Vec::new(), 0usize);
        loop {
            match execution.step(loaded) {
                Step::Invalid(reason) => return Err(ExecuteError::Invalid(reason)),
                Step::Done { body, changes } => return ordered(Executed { body, changes, rounds }),
                Step::Need(keys) if keys.is_empty() => return Err(ExecuteError::Contract("it needs nothing")),
                Step::Need(keys) => {
                    if !keys.iter().all(|key| asked.insert(*key)) {
                        return Err(ExecuteError::Contract("it asked for a key twice"));
                    }
                    rounds = rounds.saturating_add(1);
                    loaded = keys.into_iter().map(|key| (key, self.values.get(&key).cloned())).collect();
                }
            }
        }
    }

    /// Builds a block of the candidates that hold, checks it as others would, executes it as final, and applies it.
    ///
    /// # Errors
    /// When any of the three fails, or they do not agree.
    pub fn block(&mut self, leader: Peer, step_ms: u64, candidates: &Body) -> Result<(Body, Outcome), ExecuteError> {
        self.block_in(self.context(leader, step_ms), candidates)
    }

    /// The same in surroundings of the caller's choice.
    ///
    /// # Errors
    /// When building, checking or applying fails, or they do not agree.
    pub fn block_in(&mut self, context: BlockContext, candidates: &Body) -> Result<(Body, Outcome), ExecuteError> {
        let built = self.execute(context.clone(), candidates.encode().into(), Mode::Build)?;
        for mode in [Mode::Candidate, Mode::Final] {
            let again = self.execute(context.clone(), built.body.clone(), mode)?;
            if (&again.body, &again.changes) != (&built.body, &built.changes) {
                return Err(ExecuteError::Contract("building, checking and applying a block do not agree"));
            }
        }
        let body = Body::decode(&built.body)?;
        self.apply(&context, built.changes)?;
        let outcome = self.find(state_key::outcome(self.height()))?;
        Ok((body, outcome.ok_or(ExecuteError::Contract("it left no outcome"))?))
    }

    fn apply(&mut self, context: &BlockContext, changes: Changes) -> Result<(), ExecuteError> {
        self.before.clear();
        for (key, value) in changes {
            let before = match value.clone() {
                Some(value) => self.values.insert(key, value),
                None => self.values.remove(&key),
            };
            if before == value {
                return Err(ExecuteError::Contract("it told a change that is none"));
            }
            self.before.insert(key, before);
        }
        (self.height, self.time_ms) = (context.height, context.time_ms);
        Ok(())
    }
}

fn ordered(executed: Executed) -> Result<Executed, ExecuteError> {
    let next = executed.changes.iter().skip(1);
    if executed.changes.iter().zip(next).all(|((one, _), (other, _))| one < other) {
        return Ok(executed);
    }
    Err(ExecuteError::Contract("its changes are not ascending"))
}
