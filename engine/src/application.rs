//! The application that the state's actor drives: builds and checks blocks by the state machine, announces final ones.

use crate::{
    block::{Block, Draft, Roots},
    chain::{Context, Payload, PrivateKey, Runtime, Scheme, Variant},
    chain_time::{Sightings, follows},
    events::Events,
    execution::{Executed, Refusal, execute},
    state::{Batch, Database, Readers, Sealed, StateKey, Value},
    status::Standing,
};
use bytes::Bytes;
use commonware_consensus::{CertifiableBlock as _, marshal::ancestry::Ancestry};
use commonware_glue::{
    dkg::reshare,
    stateful::{self, Finality, Input, Proposed, db::DatabaseSet},
};
use commonware_storage::qmdb::sync::Target;
use commonware_utils::{range::NonEmptyRange, sequence::Unit};
use futures::StreamExt as _;
use ports::{BlockContext, Event, Header, Mode, StateMachine};
use std::sync::Arc;

/// Builds, checks and announces blocks.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) genesis: Block,
    pub(crate) machine: Arc<dyn StateMachine>,
    pub(crate) sightings: Sightings,
    pub(crate) events: Events,
    pub(crate) standing: Standing,
    pub(crate) step_max_ms: u64,
}

/// What a proposal is built from: the member's candidates and the resharing's payload.
type Candidates = reshare::Input<Bytes, Variant, PrivateKey, Unit>;

impl<E: Runtime> stateful::Application<E> for Application {
    type SigningScheme = Scheme;
    type Context = Context;
    type Block = Block;
    type Databases = Database<E>;
    type Captured = ();
    type Provider = ();
    type Input = Candidates;

    fn sync_targets(block: &Block) -> <Database<E> as DatabaseSet<E>>::SyncTargets {
        Target::new(block.header().operations_root.into(), block.range())
    }

    async fn genesis(&mut self) -> Block {
        self.genesis.clone()
    }

    async fn propose(
        &mut self,
        (runtime, context): (E, Context),
        ancestry: impl Ancestry<Block>,
        batch: Batch<E>,
        input: Input<Candidates, ()>,
    ) -> Option<Proposed<Self, E>> {
        let parent = ancestry.peek()?.inner().header().clone();
        let step_ms = self.sightings.step_ms(&parent.hash(), runtime.current(), self.step_max_ms);
        let about = BlockContext {
            height: parent.height.checked_add(1)?,
            time_ms: parent.time_ms.checked_add(step_ms)?,
            parent_time_ms: parent.time_ms,
            epoch: context.round.epoch().get(),
            parent: context.parent.1.0,
            leader: crate::block::peer(&context.leader),
        };
        self.build(context, about, batch, input.upstream.upstream, input.upstream.payload).await
    }

    async fn process(
        &mut self,
        (_, context): (E, Context),
        mut ancestry: impl Ancestry<Block>,
        batch: Batch<E>,
        finality: Finality,
    ) -> Option<Sealed<E>> {
        let block = ancestry.next().await?.inner_shared();
        let parent = ancestry.next().await?.inner_shared();
        match self.check::<E>(&context, &block, parent.header(), batch, finality).await {
            Ok(sealed) => Some(sealed),
            Err(Refusal::Rule(reason)) => {
                tracing::warn!(height = block.header().height, reason, "block refused");
                None
            }
            Err(error @ Refusal::Storage(_)) => panic!("{error}"),
        }
    }

    async fn capture(&mut self, _: (E, Context), _: &Block, _: &Sealed<E>, _: Readers<E>) {}

    async fn finalized(&mut self, (runtime, _): (E, Context), block: &Block, (): (), readers: Readers<E>) {
        let header = block.header();
        let hash = header.hash();
        let key = StateKey::new(self.machine.outcome_key(header.height));
        let outcome = readers.read().await.get(&key).await.unwrap_or_else(|error| panic!("no outcome: {error}"));
        self.sightings.note(hash, runtime.current());
        self.standing.applied(header);
        let event = Event::Final {
            height: header.height,
            hash,
            time_ms: header.time_ms,
            leader: header.leader,
            body: block.body().clone(),
            outcome: outcome.map(|Value(bytes)| bytes),
        };
        self.events.announce(event).await;
    }
}

impl Application {
    async fn build<E: Runtime>(
        &self,
        context: Context,
        about: BlockContext,
        batch: Batch<E>,
        candidates: Bytes,
        payload: Option<Payload>,
    ) -> Option<Proposed<Self, E>> {
        let (height, time_ms) = (about.height, about.time_ms);
        match execute::<E>(&*self.machine, about, candidates, Mode::Build, batch).await {
            Ok(Executed { body, .. }) if body.len() > self.machine.body_bytes_max() => {
                tracing::error!(height, bytes = body.len(), "the state machine built a body over its own limit");
                None
            }
            Ok(Executed { body, sealed }) => {
                let draft = Draft { height, time_ms, roots: roots::<E>(&sealed), body, payload };
                Some(Proposed { block: Block::assemble(&context, draft), merkleized: sealed })
            }
            Err(error) => {
                tracing::error!(height, %error, "no block could be built");
                None
            }
        }
    }

    async fn check<E: Runtime>(
        &self,
        context: &Context,
        block: &Block,
        parent: &Header,
        batch: Batch<E>,
        finality: Finality,
    ) -> Result<Sealed<E>, Refusal> {
        let header = block.header();
        self.precheck(context, block, parent).map_err(|reason| Refusal::Rule(reason.into()))?;
        let about = BlockContext {
            height: header.height,
            time_ms: header.time_ms,
            parent_time_ms: parent.time_ms,
            epoch: header.epoch,
            parent: header.parent,
            leader: header.leader,
        };
        let mode = match finality {
            Finality::Candidate => Mode::Candidate,
            Finality::Finalized => Mode::Final,
        };
        let body = block.body().clone();
        let Executed { body: kept, sealed } = execute::<E>(&*self.machine, about, body, mode, batch).await?;
        if kept != *block.body() {
            return Err(Refusal::Rule("execution changed the body".into()));
        }
        if roots::<E>(&sealed) != block.roots() {
            return Err(Refusal::Rule("the state after the block is not the one that its header names".into()));
        }
        Ok(sealed)
    }

    /// The permanent rules that need no state.
    fn precheck(&self, context: &Context, block: &Block, parent: &Header) -> Result<(), &'static str> {
        let header = block.header();
        if block.context() != *context {
            return Err("it was made for another round or by another leader");
        }
        if Some(header.height) != parent.height.checked_add(1) {
            return Err("its height does not follow its parent's");
        }
        if !follows(parent, header, self.step_max_ms) {
            return Err("its time goes back, or steps too far");
        }
        if block.body().len() > self.machine.body_bytes_max() {
            return Err("its body is too long");
        }
        Ok(())
    }
}

/// What a header commits to.
fn roots<E: Runtime>(sealed: &Sealed<E>) -> Roots {
    let range = sealed.sync_boundary()..sealed.bounds().tip.size;
    Roots {
        state: stateful::db::Merkleized::root(sealed).0,
        operations: sealed.ops_root().0,
        range: NonEmptyRange::new(range).expect("a sealed batch ends with its own commit"),
    }
}
