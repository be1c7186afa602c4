//! The outermost application: it does everything that waits for a clock or for the member, before the state is touched.
//!
//! The state's actor finalizes nothing while it builds a block. So a leader without work waits here, where it holds nobody
//! up, and enters the inner applications with a body in its hand.

use crate::{
    block::Block, chain::Context, chain_time::Sightings, events::Events, proposals::Proposals, status::Standing,
};
use bytes::Bytes;
use commonware_consensus::{Application, marshal::ancestry::Ancestry};
use commonware_cryptography::{Digested, Digestible as _};
use commonware_runtime::{Clock, Supervisor};
use futures::StreamExt as _;

/// Asks the member before a block is built, and holds back the verdict on a block that comes too early.
#[derive(Clone)]
pub(crate) struct Paced<A> {
    pub(crate) inner: A,
    pub(crate) events: Events,
    pub(crate) proposals: Proposals,
    pub(crate) sightings: Sightings,
    pub(crate) standing: Standing,
    pub(crate) step_max_ms: u64,
}

impl<E, A> Application<E> for Paced<A>
where
    E: Clock + Supervisor,
    A: Application<E, Block = Block, Context = Context, Input = Bytes> + Sync,
{
    type SigningScheme = A::SigningScheme;
    type Context = Context;
    type Block = Block;
    type Input = ();

    async fn propose(
        &mut self,
        context: (E, Context),
        ancestry: impl Ancestry<Block>,
        (): (),
    ) -> Option<Digested<Block>> {
        let parent = ancestry.peek()?.digest();
        self.sightings.note(parent.0, context.0.current());
        let applied = self.standing.height();
        let body = self.proposals.ask(&self.events, ancestry.clone(), applied).await?;
        let proposed = self.inner.propose((context.0.child("build"), context.1), ancestry, body).await?;
        self.sightings.note(proposed.digest().0, context.0.current());
        Some(proposed)
    }

    async fn verify(&mut self, context: (E, Context), ancestry: impl Ancestry<Block>) -> bool {
        if let Some(block) = ancestry.peek() {
            self.sightings.note(block.digest().0, context.0.current());
        }
        self.wait(&context.0, ancestry.clone()).await;
        self.inner.verify(context, ancestry).await
    }
}

impl<A> Paced<A> {
    /// Waits until the block's step has passed here too.
    async fn wait<E: Clock>(&self, clock: &E, mut ancestry: impl Ancestry<Block>) {
        let (Some(block), Some(parent)) = (ancestry.next().await, ancestry.next().await) else {
            return;
        };
        let step_ms = block.inner().header().time_ms.saturating_sub(parent.inner().header().time_ms);
        let wait = self.sightings.wait(&parent.digest().0, clock.current(), step_ms, self.step_max_ms);
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }
}
