//! The state in a hash map: the least that a ledger can be run over.

use anyhow::{Context, Result, bail};
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use ledger::Ledger;
use ports::{BlockContext, Changes, Key, Mode, StateMachine, Step};
use std::collections::HashMap;
use types::{codec, limits::VALUE_MAX};

/// Values by their keys.
#[derive(Default)]
pub struct Store {
    values: HashMap<Key, Bytes>,
}

impl Store {
    /// Makes room for so many more values at once.
    pub fn reserve(&mut self, values: usize) {
        self.values.reserve(values);
    }

    /// Puts a value under a key.
    pub fn put<T: BorshSerialize>(&mut self, key: Key, value: &T) {
        self.values.insert(key, codec::encode(value).into());
    }

    /// The value under a key that has one.
    ///
    /// # Errors
    /// When there is none, or it is no `T`.
    pub fn read<T: BorshDeserialize>(&self, key: Key) -> Result<T> {
        let bytes = self.values.get(&key).with_context(|| format!("no {}", std::any::type_name::<T>()))?;
        Ok(codec::decode(bytes, VALUE_MAX)?)
    }

    /// Executes a block, without writing what it changes.
    ///
    /// # Errors
    /// When the block is invalid.
    pub fn execute(&self, ledger: &Ledger, context: BlockContext, body: Bytes, mode: Mode) -> Result<Changes> {
        let mut execution = ledger.execute(context, body, mode);
        let mut loaded = Vec::new();
        loop {
            match execution.step(loaded) {
                Step::Done { changes, .. } => return Ok(changes),
                Step::Invalid(reason) => bail!("a block is invalid: {reason}"),
                Step::Need(keys) => {
                    loaded = keys.into_iter().map(|key| (key, self.values.get(&key).cloned())).collect();
                }
            }
        }
    }

    /// Writes changes, and returns those that undo them.
    pub fn apply(&mut self, changes: Changes) -> Changes {
        let mut replace = |key: Key, value: Option<Bytes>| match value {
            Some(value) => self.values.insert(key, value),
            None => self.values.remove(&key),
        };
        changes.into_iter().map(|(key, value)| (key, replace(key, value))).collect()
    }

    /// Reads each value and writes a copy of it: what the store alone costs.
    pub fn touch(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(value) = self.values.get_mut(key) {
                *value = Bytes::copy_from_slice(value);
            }
        }
    }
}
