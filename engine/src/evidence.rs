//! Evidence: values of the applied state, with what proves them to somebody who knows the group key alone.
//!
//! The proofs are taken at one applied height. The header of that height must have a certificate of its own; a block that
//! became final only through a descendant has none, and neither has the last block of an epoch if it was proposed twice. Then
//! the next applied height is tried.

use crate::{
    block::Block,
    chain::{Finalization, Marshal, Runtime},
    state::{Database, Failure, Mark, StateKey, mark},
};
use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::{CertifiableBlock as _, types::Height};
use ports::{Evidence, Key, ReadError};
use std::time::Duration;

/// How often it is tried, and how long is waited in between.
const TRIES: usize = 120;
const PAUSE: Duration = Duration::from_millis(100);

/// Values with their proofs against one root.
struct Snapshot {
    mark: Mark,
    values: Vec<(Key, Bytes, Bytes)>,
}

/// Proves what lies under all of `keys` at one final height.
pub(crate) async fn prove<E: Runtime>(
    runtime: &E,
    database: &Database<E>,
    marshal: &Marshal,
    keys: &[Key],
) -> Result<Evidence, ReadError> {
    let mut tried = None;
    let mut snapshot = None;
    for _ in 0..TRIES {
        let height = mark(&*database.read().await).await.map_err(|_| ReadError::Stopped)?.height;
        if tried != Some(height) {
            snapshot = Some(take(database, keys).await?);
            tried = snapshot.as_ref().map(|snapshot| snapshot.mark.height);
        }
        if let Some((snapshot, certified)) = snapshot.as_ref().zip(tried)
            && certified > 0
            && let Some((header, certificate)) = certificate(marshal, snapshot.mark).await
        {
            return Ok(Evidence { header, certificate, values: snapshot.values.clone() });
        }
        runtime.sleep(PAUSE).await;
    }
    Err(ReadError::Busy)
}

async fn take<E: Runtime>(database: &Database<E>, keys: &[Key]) -> Result<Snapshot, ReadError> {
    let state = database.read().await;
    let mark = mark(&state).await.map_err(|_| ReadError::Stopped)?;
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let name = StateKey::new(*key);
        let value = state.get(&name).await.map_err(|_| ReadError::Stopped)?.ok_or(ReadError::Absent)?;
        let proof = state.key_value_proof(name).await.map_err(absent)?;
        values.push((*key, value.0, proof.encode()));
    }
    Ok(Snapshot { mark, values })
}

fn absent(error: Failure) -> ReadError {
    match error {
        Failure::KeyNotFound => ReadError::Absent,
        _ => ReadError::Stopped,
    }
}

/// The header and the certificate of a height, if the certificate is the header's own.
async fn certificate(marshal: &Marshal, mark: Mark) -> Option<(Bytes, Bytes)> {
    let height = Height::new(mark.height);
    let finalization = marshal.get_finalization(height).await?;
    let block = marshal.get_block(height).await?;
    own(block.inner(), &finalization).then(|| (block.inner().header().encode(), finalization.encode()))
}

fn own(block: &Block, finalization: &Finalization) -> bool {
    let (context, proposal) = (block.context(), &finalization.proposal);
    proposal.payload.0 == block.header().hash()
        && proposal.round == context.round
        && proposal.parent == context.parent.0
}
