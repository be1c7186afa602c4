//! Adds the nodes that are not seated, such as provers and validators between two seats, to every set of peers that the
//! resharing tracks.

use crate::chain::PublicKey;
use commonware_actor::Feedback;
use commonware_p2p::{Manager, PeerSetSubscription, Provider, TrackedPeers};
use commonware_utils::ordered::Set;

/// A manager of peers that knows of secondary ones.
#[derive(Clone, Debug)]
pub(crate) struct Tracking<M> {
    pub(crate) inner: M,
    pub(crate) secondary: Set<PublicKey>,
}

impl<M: Provider<PublicKey = PublicKey>> Provider for Tracking<M> {
    type PublicKey = PublicKey;

    async fn peer_set(&mut self, id: u64) -> Option<TrackedPeers<PublicKey>> {
        self.inner.peer_set(id).await
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<PublicKey> {
        self.inner.subscribe().await
    }
}

impl<M: Manager<PublicKey = PublicKey>> Manager for Tracking<M> {
    fn track<R>(&mut self, id: u64, peers: R) -> Feedback
    where
        R: Into<TrackedPeers<PublicKey>> + Send,
    {
        let TrackedPeers { primary, secondary } = peers.into();
        let secondary = Set::from_iter_dedup(secondary.into_iter().chain(self.secondary.iter().cloned()));
        self.inner.track(id, TrackedPeers::new(primary, secondary))
    }
}
