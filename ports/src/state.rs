//! What a block does to the state.

use crate::{Hash, Peer};
use bytes::Bytes;

/// The name of one value in the authenticated state.
pub type Key = [u8; 32];

/// Values that were asked for with [`Step::Need`], one for each key; `None` where the state has nothing under it.
pub type Loaded = Vec<(Key, Option<Bytes>)>;

/// What a block writes: ascending by key, each key once; `None` deletes.
pub type Changes = Vec<(Key, Option<Bytes>)>;

/// The part of a block's surroundings that its execution may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Height of the block; the first after genesis is 1.
    pub height: u64,
    /// Chain time of the block in milliseconds since the Unix epoch; never less than the parent's.
    pub time_ms: u64,
    /// Chain time of the parent in milliseconds.
    pub parent_time_ms: u64,
    /// Epoch of the block.
    pub epoch: u64,
    /// Hash of the parent.
    pub parent: Hash,
    /// The validator that proposed the block.
    pub leader: Peer,
}

/// Why a block is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The body is a list of candidates: what fails is left out, and [`Step::Done`] holds the body that remains.
    Build,
    /// Somebody's block before agreement: checked in full, one failing entry makes it invalid.
    Candidate,
    /// A final block: honest validators have checked it, so signatures need not be checked again. It must not fail.
    Final,
}

/// What an [`Execution`] wants or has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Call again with these keys loaded. Never empty, and never a key that was loaded before.
    Need(Vec<Key>),
    /// The block is executed.
    Done {
        /// The block's body: as given, or under [`Mode::Build`] what was kept of it.
        body: Bytes,
        /// What the block writes.
        changes: Changes,
    },
    /// The block breaks a rule, for ever and for everybody.
    Invalid(String),
}

/// One execution of one block, from the first [`Step`] to the last.
pub trait Execution: Send {
    /// Goes on with what was asked for last; empty at the first call. Not called again after `Done` or `Invalid`.
    fn step(&mut self, loaded: Loaded) -> Step;
}

/// The rules by which blocks change the state: a pure function without clocks, randomness or effects.
///
/// Executions may run concurrently, be repeated, be dropped half-way, or be skipped after a state sync.
pub trait StateMachine: Send + Sync + 'static {
    /// Begins to execute a block on its parent's state. The state before block 1 is empty: block 1 also writes what genesis sets.
    fn execute(&self, block: BlockContext, body: Bytes, mode: Mode) -> Box<dyn Execution>;

    /// The largest body, in bytes, that a block may carry.
    fn body_bytes_max(&self) -> usize;

    /// The key under which the block at `height` leaves what members must react to.
    fn outcome_key(&self, height: u64) -> Key;

    /// The keys that [`StateMachine::committee`] reads.
    fn committee_keys(&self, epoch: u64) -> Vec<Key>;

    /// The validators that sit in `epoch`, from the state at the end of epoch `epoch - 2` (genesis for the first two):
    /// ascending, without repetition, never empty. `values` answers [`StateMachine::committee_keys`] in order.
    fn committee(&self, epoch: u64, values: &[Option<Bytes>]) -> Vec<Peer>;
}
