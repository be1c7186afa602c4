//! Who sits in the epochs to come, as the state machine reads it from the state.
//!
//! The resharing asks for epoch *e* when the last block of *e* - 2 is proposed or checked; who is named there receives
//! shares during *e* and signs from *e* + 1 on. Nodes ask at slightly different applied heights and must read the same. So
//! what lies under `committee_keys(e)` must not change from the first block of epoch *e* - 2 on.

use crate::{
    chain::{PublicKey, Runtime},
    genesis::participants,
    state::{self, Database},
};
use commonware_consensus::types::Epoch;
use commonware_glue::dkg::ParticipantsProvider;
use commonware_utils::{channel::oneshot, ordered::Set, sequence::Unit};
use futures::{FutureExt as _, future::Shared};
use ports::StateMachine;
use std::sync::Arc;

/// The state, once it is open.
pub(crate) type Opening<E> = Shared<oneshot::Receiver<Database<E>>>;

/// A promise of the state and the means to keep it.
pub(crate) fn opening<E: Runtime>() -> (oneshot::Sender<Database<E>>, Opening<E>) {
    let (sender, receiver) = oneshot::channel();
    (sender, receiver.shared())
}

/// Reads committees from the applied state.
pub(crate) struct Committees<E: Runtime> {
    pub(crate) machine: Arc<dyn StateMachine>,
    pub(crate) state: Opening<E>,
}

impl<E: Runtime> ParticipantsProvider for Committees<E> {
    type PublicKey = PublicKey;
    type Directory = Unit;

    async fn participants(&mut self, epoch: Epoch) -> Set<PublicKey> {
        let epoch = epoch.get();
        let keys = self.machine.committee_keys(epoch);
        let values = if epoch < 2 { vec![None; keys.len()] } else { self.read(&keys).await };
        let members = self.machine.committee(epoch, &values);
        participants("a committee of the state machine", &members).unwrap_or_else(|error| panic!("{error}"))
    }

    async fn directory(&mut self, _: Epoch, _: Set<PublicKey>) -> Unit {
        Unit
    }
}

impl<E: Runtime> Committees<E> {
    async fn read(&self, keys: &[ports::Key]) -> Vec<Option<bytes::Bytes>> {
        let database = self.state.clone().await.expect("the state opens before any block is proposed");
        state::read(&database, keys).await.unwrap_or_else(|error| panic!("cannot read a committee: {error}")).1
    }
}
