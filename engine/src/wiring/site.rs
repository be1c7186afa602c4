//! What all parts of a node share, and the parts that need little else: storage, broadcast, backfill.

use super::Setup;
use crate::{
    block::{Block, BodyLimit},
    chain::{Digest, Finalization, Marshal, MarshalVariant, PublicKey, Runtime, Scheme},
    state::BUFFER,
};
use commonware_broadcast::buffered;
use commonware_codec::Codec;
use commonware_consensus::{
    marshal::{
        self,
        core::{Actor as MarshalActor, Floor},
        resolver::p2p as backfill,
    },
    types::{Epoch, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{Digested, Digestible as _, certificate::ConstantProvider};
use commonware_glue::stateful::SyncPlan;
use commonware_p2p::{Blocker, Manager, Receiver, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_storage::{archive::prunable, translator::EightCap};
use commonware_utils::{NZDuration, NZU16, NZU64, NZUsize};
use std::{sync::Arc, time::Duration};

/// Waiting requests of one part to another.
pub(super) const MAILBOX: std::num::NonZeroUsize = NZUsize!(256);
/// How long a peer has to answer, and how long until the next one is asked.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
pub(super) const FETCH_RETRY: Duration = Duration::from_millis(100);
/// Final blocks that may wait for the application.
const PENDING_ACKS: std::num::NonZeroUsize = NZUsize!(4);
/// Blocks of one peer that wait for consensus to name them.
const BROADCAST_KEPT: usize = 16;

pub(super) type Archive<E, V> = prunable::Archive<EightCap, E, Digest, V>;
pub(super) type Chain<E> = MarshalActor<
    E,
    MarshalVariant,
    ConstantProvider<Scheme, Epoch>,
    Archive<E, Finalization>,
    Archive<E, Arc<Block>>,
    FixedEpocher,
    Sequential,
>;
pub(super) type Plan<E> = SyncPlan<E, Scheme, MarshalVariant>;

/// What all parts of a node share.
pub(super) struct Site<E, M, B> {
    pub(super) runtime: E,
    pub(super) setup: Setup,
    pub(super) prefix: String,
    pub(super) manager: M,
    pub(super) blocker: B,
    pub(super) cache: CacheRef,
}

/// The page cache of a node: 1,024 pages of 4 KiB.
pub(super) fn page_cache() -> CacheRef {
    CacheRef::new(NZU16!(4096), NZUsize!(1024))
}

impl<E, M, B> Site<E, M, B>
where
    E: Runtime,
    M: Manager<PublicKey = PublicKey> + Clone + Sync,
    B: Blocker<PublicKey = PublicKey> + Clone + Sync,
{
    pub(super) fn epochs(&self) -> FixedEpocher {
        FixedEpocher::new(self.setup.genesis.epoch_blocks)
    }

    pub(super) fn body_limit(&self) -> BodyLimit {
        BodyLimit(self.setup.machine.body_bytes_max())
    }

    /// Sends our blocks to everybody, and keeps those of others until consensus asks for them.
    pub(super) fn broadcast<S, R>(&self, net: (S, R)) -> (Handle<()>, buffered::Mailbox<PublicKey, Block>)
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let (engine, mailbox) = buffered::Engine::new(
            self.runtime.child("broadcast"),
            buffered::Config {
                public_key: self.setup.me.clone(),
                mailbox_size: MAILBOX,
                deque_size: BROADCAST_KEPT,
                priority: true,
                codec_config: self.body_limit(),
                peer_provider: self.manager.clone(),
                strategy: Sequential,
            },
        );
        (engine.start(net), mailbox)
    }

    /// Fetches blocks and certificates that this node missed.
    pub(super) fn backfill<S, R>(
        &self,
        net: (S, R),
    ) -> (marshal::resolver::handler::Receiver<Digest>, backfill::Mailbox<Digest, PublicKey>)
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        backfill::init(
            self.runtime.child("backfill"),
            backfill::Config {
                public_key: self.setup.me.clone(),
                peer_provider: self.manager.clone(),
                blocker: self.blocker.clone(),
                mailbox_size: MAILBOX,
                fetch_timeout: NZDuration!(FETCH_TIMEOUT),
                fetch_retry_delay: FETCH_RETRY,
                priority_requests: false,
                priority_responses: false,
            },
            net,
        )
    }

    /// An archive by height and hash.
    async fn archive<V>(&self, name: &'static str, codec_config: V::Cfg) -> Archive<E, V>
    where
        V: Codec + Send + Sync,
        V::Cfg: Clone + Send + Sync,
    {
        let prefix = &self.prefix;
        let config = prunable::Config {
            translator: EightCap,
            metadata_partition: format!("{prefix}-{name}-metadata"),
            key_partition: format!("{prefix}-{name}-key"),
            key_page_cache: self.cache.clone(),
            value_partition: format!("{prefix}-{name}-value"),
            compression: None,
            codec_config,
            items_per_section: NZU64!(1024),
            key_write_buffer: BUFFER,
            value_write_buffer: BUFFER,
            replay_buffer: BUFFER,
        };
        let archive = prunable::Archive::init(self.runtime.child(name), config).await;
        archive.unwrap_or_else(|error| panic!("the {name} cannot be opened: {error}"))
    }

    /// Orders final blocks, stores them, and hands them on one by one.
    pub(super) async fn chain(&self, genesis: Block, plan: &Plan<E>) -> (Chain<E>, Marshal, Floor) {
        let digest = genesis.digest();
        let genesis = Digested::precomputed(genesis, digest);
        let certificates: Archive<E, Finalization> = self.archive("certificates", ()).await;
        let blocks: Archive<E, Arc<Block>> = self.archive("blocks", self.body_limit()).await;
        MarshalActor::init(
            self.runtime.child("marshal"),
            certificates,
            blocks,
            marshal::Config {
                provider: ConstantProvider::<_, Epoch>::new(self.setup.genesis.certificate_verifier()),
                epocher: self.epochs(),
                start: plan.marshal_start(genesis),
                partition_prefix: self.prefix.clone(),
                mailbox_size: MAILBOX,
                view_retention: ViewDelta::new(10),
                prunable_items_per_section: NZU64!(1024),
                page_cache: self.cache.clone(),
                replay_buffer: BUFFER,
                key_write_buffer: BUFFER,
                value_write_buffer: BUFFER,
                block_codec_config: self.body_limit(),
                max_repair: NZUsize!(16),
                max_pending_acks: PENDING_ACKS,
                strategy: Sequential,
            },
        )
        .await
    }
}
