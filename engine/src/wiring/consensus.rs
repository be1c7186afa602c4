//! The parts that agree: resharing, state, application and one consensus engine for each epoch.

use super::site::{FETCH_RETRY, MAILBOX, Plan, Site};
use crate::{
    application::Application,
    block::Block,
    chain::{
        COMMITTEE_MAX, Digest, Hasher, Marshal, MarshalVariant, PrivateKey, PublicKey, Runtime, SHARING_MODE,
        SHARING_VERSION, Scheme, Variant,
    },
    chain_time::Sightings,
    committee::{Committees, Opening},
    deal::private_key,
    events::Events,
    pacing::Paced,
    proposals::Proposals,
    schemes::{Register, Schemes},
    secrets::Secrets,
    state::{self, BUFFER, Database, NoPeers},
    status::Standing,
};
use commonware_consensus::{
    marshal::{core::Floor, standard::Deferred},
    simplex::{
        self,
        config::{ForwardPolicy, SkipPolicy},
        elector,
    },
    types::{FixedEpocher, ViewDelta},
};
use commonware_cryptography::bls12381::dkg::feldman_desmedt::Reveal;
use commonware_glue::{
    dkg::{
        fence::{Fence, Gate},
        orchestrator, reshare,
        state_sync::{Config as SyncConfig, Plan as DkgPlan},
    },
    stateful::{self, Stateful, db::SyncEngineConfig},
};
use commonware_p2p::{Blocker, Manager, Receiver, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::Handle;
use commonware_utils::{NZDuration, NZU64, NZUsize};
use std::time::Duration;

pub(super) type Executor<E> = stateful::Mailbox<E, Application>;
pub(super) type Resharer = reshare::Mailbox<Block, Variant, PrivateKey>;
pub(super) type Orchestrator = orchestrator::Mailbox<Block>;
pub(super) type Automaton<E> =
    Deferred<E, Scheme, Paced<reshare::Application<Executor<E>, Block, Variant, PrivateKey>>, Block, FixedEpocher>;
pub(super) type State<E> = Stateful<E, Application, MarshalVariant, NoPeers, Sequential>;

/// What the parts of this file share.
pub(super) struct Shared {
    pub(super) marshal: Marshal,
    pub(super) sync: DkgPlan<Scheme, Digest, Variant>,
    pub(super) events: Events,
    pub(super) standing: Standing,
    pub(super) proposals: Proposals,
    pub(super) sightings: Sightings,
}

/// The channels of consensus.
pub(super) struct Networks<S, R> {
    pub(super) votes: (S, R),
    pub(super) certificates: (S, R),
    pub(super) missing: (S, R),
}

impl<E, M, B> Site<E, M, B>
where
    E: Runtime,
    M: Manager<PublicKey = PublicKey> + Clone + Sync,
    B: Blocker<PublicKey = PublicKey> + Clone + Sync,
{
    /// The store of secrets, with the dealt share taken in.
    pub(super) async fn secrets(&self) -> Secrets<E> {
        let partition = format!("{}-secrets", self.prefix);
        let mut secrets = Secrets::open(self.runtime.child("secrets"), partition, &self.setup.secret).await;
        if let Some(share) = &self.setup.share {
            secrets.take_dealt(share.clone()).await;
        }
        secrets
    }

    /// Where the resharing starts: always at what this node stored itself.
    pub(super) async fn sync_plan(&self) -> DkgPlan<Scheme, Digest, Variant> {
        let config = SyncConfig {
            partition_prefix: self.prefix.clone(),
            max_participants: COMMITTEE_MAX,
            max_supported_mode: SHARING_VERSION,
        };
        DkgPlan::init(self.runtime.child("sync_plan"), config, None).await
    }

    /// Renews the shares in every epoch.
    pub(super) fn resharing<S, R>(
        &self,
        shared: &Shared,
        secrets: Secrets<E>,
        registrar: Register,
        fence: Fence,
        state: Opening<E>,
        net: (S, R),
    ) -> (Handle<()>, Resharer)
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let genesis = &self.setup.genesis;
        let config = reshare::Config {
            signer: private_key(self.setup.secret),
            manager: self.manager.clone(),
            blocker: self.blocker.clone(),
            participants_provider: Committees { machine: self.setup.machine.clone(), state },
            secret_store: secrets,
            strategy: Sequential,
            registrar,
            marshal: shared.marshal.clone(),
            state_sync: shared.sync.clone(),
            fence,
            namespace: genesis.namespace,
            sharing_mode: SHARING_MODE,
            reveal: Reveal::V1,
            mailbox_size: MAILBOX,
            partition_prefix: format!("{}-resharing", self.prefix),
            page_cache: self.cache.clone(),
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
            max_participants: COMMITTEE_MAX,
            blocks_per_epoch: genesis.epoch_blocks,
        };
        let (actor, mailbox) = reshare::Actor::new(self.runtime.child("resharing"), config);
        (actor.start(net), mailbox)
    }

    /// Executes blocks and keeps the state.
    pub(super) fn state(
        &self,
        shared: &Shared,
        genesis: Block,
        plan: Plan<E>,
        floor: Floor,
    ) -> (State<E>, Executor<E>) {
        let application = Application {
            genesis,
            machine: self.setup.machine.clone(),
            sightings: shared.sightings.clone(),
            events: shared.events.clone(),
            standing: shared.standing.clone(),
            step_max_ms: self.setup.genesis.step_max_ms,
        };
        let config = stateful::Config {
            application,
            db_config: state::config(&self.prefix, self.cache.clone()),
            provider: (),
            marshal: (shared.marshal.clone(), floor),
            mailbox_size: MAILBOX,
            plan,
            resolvers: NoPeers,
            sync_config: SyncEngineConfig {
                fetch_batch_size: NZU64!(64),
                apply_batch_size: NZU64!(1024),
                max_outstanding_requests: NZUsize!(8),
            },
            prune_config: None,
            strategy: Sequential,
        };
        Stateful::new(self.runtime.child("state"), config)
    }

    /// What consensus asks: pacing around resharing around the state.
    pub(super) fn application(&self, shared: &Shared, executor: Executor<E>, resharer: Resharer) -> Automaton<E> {
        let genesis = &self.setup.genesis;
        let paced = Paced {
            inner: reshare::Application::new(executor, resharer, genesis.epoch_blocks),
            events: shared.events.clone(),
            proposals: shared.proposals.clone(),
            sightings: shared.sightings.clone(),
            standing: shared.standing.clone(),
            step_max_ms: genesis.step_max_ms,
        };
        Deferred::new(self.runtime.child("automaton"), paced, shared.marshal.clone(), self.epochs())
    }

    /// Runs consensus, one engine for each epoch.
    pub(super) fn epochs_engine<S, R>(
        &self,
        shared: &Shared,
        schemes: Schemes,
        application: Automaton<E>,
        gate: Gate,
        net: Networks<S, R>,
    ) -> (Handle<()>, Orchestrator)
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let config = orchestrator::Config {
            oracle: self.blocker.clone(),
            manager: self.manager.clone(),
            provider: schemes,
            marshal: shared.marshal.clone(),
            application,
            strategy: Sequential,
            simplex: self.simplex(),
            gate,
            state_sync: shared.sync.clone(),
            blocks_per_epoch: self.setup.genesis.epoch_blocks,
            mailbox_size: MAILBOX,
            partition_prefix: format!("{}-consensus", self.prefix),
        };
        let (actor, mailbox) = orchestrator::Actor::new(self.runtime.child("consensus"), config);
        (actor.start(net.votes, net.certificates, net.missing), mailbox)
    }

    fn simplex(&self) -> orchestrator::SimplexConfig<elector::Random<Hasher>> {
        orchestrator::SimplexConfig {
            elector: elector::Random::new(elector::RandomVersion::V1),
            mailbox_size: MAILBOX,
            replay_buffer: BUFFER,
            write_buffer: BUFFER,
            page_cache: self.cache.clone(),
            leader_timeout: self.setup.pace.leader_timeout,
            certification_timeout: self.setup.pace.certification_timeout,
            timeout_retry: Duration::from_millis(500),
            fetch_timeout: NZDuration!(Duration::from_secs(1)),
            fetch_retry_delay: FETCH_RETRY,
            view_retention: ViewDelta::new(10),
            skip: SkipPolicy::Enabled { timeout: Duration::from_secs(5), budget: simplex::SkipBudget::Participants },
            forward: ForwardPolicy::Disabled,
            track_historical_votes: false,
        }
    }
}

/// The state's own type, named for those who wait for it.
pub(super) type Opened<E> = commonware_utils::channel::oneshot::Sender<Database<E>>;
