//! Joins the parts to a node. Generic over the runtime and the network, so that the simulator runs what the real node runs.
//!
//! The order matters: storage and resolvers first, then the chain, the resharing, the state, consensus; last the chain is
//! started, which sets all of them in motion.

mod consensus;
mod seat;
mod setup;
mod site;

pub use setup::{Crew, Setup};

use crate::{
    chain::{PublicKey, Runtime},
    chain_time::Sightings,
    channels::COUNT,
    committee::opening,
    events,
    member::door,
    peers::Tracking,
    proposals::Proposals,
    questions::Clerk,
    schemes::{Register, Schemes},
    secrets::Secrets,
    state::Database,
};
use commonware_consensus::{Reporters, types::Epoch};
use commonware_glue::{
    dkg::{SecretStore as _, fence::Fence, types::SchemeInfo},
    stateful::{SyncPlan, db::DatabaseSet},
};
use commonware_p2p::{Blocker, Manager, Receiver, Sender};
use commonware_runtime::Handle;
use seat::Hearing;
use site::Site;

/// The network as a node sees it.
pub struct Net<M, B, S, R> {
    /// Who may connect.
    pub manager: M,
    /// Who may not any more.
    pub blocker: B,
    /// The channels, in the order of [`crate::channels::quotas`].
    pub channels: [(S, R); COUNT],
}

/// Starts a node. Its parts run until one of the handles is aborted; the caller keeps `runtime` alive as long.
///
/// # Panics
/// When the storage fails: a node that cannot read what it promised must not go on.
pub async fn start<E, M, B, S, R>(
    runtime: &E,
    setup: Setup,
    prefix: String,
    crew: Crew,
    clerk: Clerk,
    net: Net<M, B, S, R>,
) -> Vec<Handle<()>>
where
    E: Runtime,
    M: Manager<PublicKey = PublicKey> + Clone + Sync,
    B: Blocker<PublicKey = PublicKey> + Clone + Sync,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let (inbox, deliveries) = door();
    crew.host.attach(inbox);
    let [votes, certificates, missing, backfill, blocks, resharing, control, bulk, presence] = net.channels;
    let manager = Tracking { inner: net.manager, secondary: setup.secondary.clone() };
    let site = Site {
        runtime: runtime.child("node"),
        setup,
        prefix,
        manager,
        blocker: net.blocker,
        cache: site::page_cache(),
    };

    let (events, queue) = events::queue();
    let (standing, proposals, sightings) = (clerk.standing.clone(), Proposals::default(), Sightings::default());
    let mut secrets = site.secrets().await;
    let schemes = first_scheme(&site.setup, &mut secrets).await;
    let genesis = site.setup.genesis.block(<Database<E> as DatabaseSet<E>>::initial_sync_targets());
    let plan = SyncPlan::init(site.runtime.child("plan"), site.prefix.clone()).await;
    let (broadcast, buffer) = site.broadcast(blocks);
    let (chain, marshal, floor) = site.chain(genesis.clone(), &plan).await;
    let resolver = site.backfill(backfill);
    let (opened, state) = opening();
    let (fence, gate) = Fence::new();
    let sync = site.sync_plan().await;
    let register = Register { schemes: schemes.clone(), events: events.clone(), standing: standing.clone() };
    let shared = consensus::Shared {
        marshal: marshal.clone(),
        sync,
        events: events.clone(),
        standing: standing.clone(),
        proposals: proposals.clone(),
        sightings,
    };
    let (resharing, resharer) = site.resharing(&shared, secrets, register, fence, state.clone(), resharing);
    let (stateful, executor) = site.state(&shared, genesis, plan, floor);
    let application = site.application(&shared, executor.clone(), resharer.clone());
    let networks = consensus::Networks { votes, certificates, missing };
    let (epochs, orchestrator) = site.epochs_engine(&shared, schemes.clone(), application, gate, networks);

    let reporters = Reporters::from((executor.clone(), Reporters::from((orchestrator, resharer))));
    let chain = chain.start(reporters, buffer, resolver);
    let stateful = stateful.start();
    let opening = site.open_state(executor, opened);
    let presence = site.presence(presence, events.clone(), standing.clone());
    let hearing = Hearing { queue, deliveries, control, bulk };
    let member = site.member(crew, hearing, shared, schemes, state.clone());
    let questions = site.questions(clerk.into_questions(), marshal, state);
    vec![broadcast, resharing, epochs, chain, stateful, opening, presence, member, questions]
}

/// The schemes of a node that has heard of no epoch yet: the one that genesis sets.
async fn first_scheme<E: Runtime>(setup: &Setup, secrets: &mut Secrets<E>) -> Schemes {
    let output = &setup.genesis.info.output;
    let share = secrets.get_share(Epoch::zero()).await;
    let schemes = Schemes::new(setup.genesis.namespace, setup.me.clone());
    let info = SchemeInfo::new(&setup.me, output.players().clone(), output.public().clone(), share);
    schemes.install(Epoch::zero(), info);
    schemes
}
