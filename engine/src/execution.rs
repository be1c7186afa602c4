//! Runs one execution of the state machine on a batch: it asks for keys, gets them loaded, and in the end says what to write.

use crate::{
    chain::Runtime,
    state::{Batch, Failure, Mark, Sealed, StateKey, VALUE_BYTES_MAX, Value, plain},
};
use bytes::Bytes;
use commonware_glue::stateful::db::Unmerkleized as _;
use ports::{BlockContext, Changes, Key, Loaded, Mode, StateMachine, Step};

/// An executed block: the body that it has and the state after it.
pub(crate) struct Executed<E: Runtime> {
    pub(crate) body: Bytes,
    pub(crate) sealed: Sealed<E>,
}

/// Why a block has no state after it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It breaks a rule, for everybody and for ever.
    #[error("the block breaks a rule: {0}")]
    Rule(String),
    /// This node's storage failed: nothing follows for the block.
    #[error("the state cannot be read: {0}")]
    Storage(#[from] Failure),
}

/// Executes a body on the state that `batch` shows.
pub(crate) async fn execute<E: Runtime>(
    machine: &dyn StateMachine,
    context: BlockContext,
    body: Bytes,
    mode: Mode,
    batch: Batch<E>,
) -> Result<Executed<E>, Refusal> {
    let mark = Mark { height: context.height, time_ms: context.time_ms };
    let mut execution = machine.execute(context, body, mode);
    let mut loaded = Loaded::new();
    let (body, changes) = loop {
        match execution.step(std::mem::take(&mut loaded)) {
            Step::Need(keys) => loaded = load::<E>(&batch, keys).await?,
            Step::Done { body, changes } => break (body, changes),
            Step::Invalid(reason) => return Err(Refusal::Rule(reason)),
        }
    };
    let sealed = write::<E>(batch, mark, changes)?.merkleize().await?;
    Ok(Executed { body, sealed })
}

async fn load<E: Runtime>(batch: &Batch<E>, keys: Vec<Key>) -> Result<Loaded, Failure> {
    let names: Vec<StateKey> = keys.iter().copied().map(StateKey::new).collect();
    let names: Vec<&StateKey> = names.iter().collect();
    let values = plain(batch.get_many(&names).await?);
    Ok(keys.into_iter().zip(values).collect())
}

fn write<E: Runtime>(batch: Batch<E>, mark: Mark, changes: Changes) -> Result<Batch<E>, Refusal> {
    let mut batch = batch.with_metadata(mark.encode());
    for (key, value) in changes {
        if let Some(bytes) = value.as_ref().map(Bytes::len).filter(|bytes| *bytes > VALUE_BYTES_MAX) {
            return Err(Refusal::Rule(format!("it writes a value of {bytes} bytes, at most {VALUE_BYTES_MAX}")));
        }
        batch = batch.write(StateKey::new(key), value.map(Value));
    }
    Ok(batch)
}
