//! Typed questions to the engine about the last applied state.

use api::{Problem, problem};
use borsh::BorshDeserialize;
use ports::{Engine, Evidence, Key, Later, ReadError};
use std::{sync::Arc, time::Duration};
use types::{codec, limits::VALUE_MAX};

/// How long the engine may take for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the state.
#[derive(Clone)]
pub(crate) struct State(pub(crate) Arc<dyn Engine>);

impl State {
    /// The value under a key, with the height of the state.
    pub(crate) async fn get<T: BorshDeserialize>(&self, key: Key) -> Result<(u64, Option<T>), Problem> {
        let (height, values) = self.all(vec![key]).await?;
        Ok((height, values.into_iter().next().flatten()))
    }

    /// The values under keys of one kind, in their order.
    pub(crate) async fn all<T: BorshDeserialize>(&self, keys: Vec<Key>) -> Result<(u64, Vec<Option<T>>), Problem> {
        let (height, values) = self.raw(keys).await?;
        let values: Result<_, _> = values.iter().map(|value| value.as_deref().map(decode).transpose()).collect();
        Ok((height, values?))
    }

    /// The values under keys, encoded, in their order.
    pub(crate) async fn raw(&self, keys: Vec<Key>) -> Result<(u64, Vec<Option<bytes::Bytes>>), Problem> {
        answer(self.0.read(keys)).await
    }

    /// The values under all of these keys with their proofs.
    pub(crate) async fn prove(&self, keys: Vec<Key>) -> Result<Evidence, Problem> {
        answer(self.0.prove(keys)).await
    }

    /// A final block.
    pub(crate) async fn block(&self, height: u64) -> Result<ports::Block, Problem> {
        answer(self.0.block(height)).await
    }
}

async fn answer<T>(later: Later<T>) -> Result<T, Problem> {
    match tokio::time::timeout(ANSWER_TIMEOUT, later).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(refused(error)),
        Err(_) => Err(Problem::new(problem::TIMEOUT, "the engine did not answer in time")),
    }
}

fn refused(error: ReadError) -> Problem {
    let kind = match error {
        ReadError::Stopped => problem::STOPPED,
        ReadError::Busy => problem::BUSY,
        ReadError::Absent => problem::NOT_FOUND,
    };
    Problem::new(kind, error.to_string())
}

/// Decodes what lies in the state. What does not decode is a fault of this node.
pub(crate) fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Result<T, Problem> {
    codec::decode(bytes, VALUE_MAX).map_err(|error| {
        tracing::error!(%error, "a value of the state cannot be read");
        Problem::new(problem::INTERNAL, "a value of the state cannot be read")
    })
}
