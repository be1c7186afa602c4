//! The authenticated state: 32-byte keys, values up to a mebibyte, with proofs of the present value of any key.
//!
//! Every block commits a [`Mark`] beside its writes, so that whoever reads the database knows at which height it reads:
//! the two cannot get apart, not even between applying a block and announcing it.

use crate::chain::{Digest, Hasher, Runtime};
use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error as CodecError, RangeCfg, Read, Write};
use commonware_glue::stateful::db::{AttachableResolver, DatabaseSet, Shared};
use commonware_parallel::Sequential;
use commonware_runtime::buffer::paged::CacheRef;
use commonware_storage::{
    journal::contiguous::variable::Config as LogConfig,
    mmr::{self, full::Config as MerkleConfig},
    qmdb::{
        any::ordered::variable::Operation,
        current::{VariableConfig, ordered::variable},
        sync::{Request, Source, source},
    },
    translator::EightCap,
};
use commonware_utils::{NZU64, NZUsize, sequence::FixedBytes};
use ports::Key;
use std::{convert::Infallible, num::NonZeroUsize};

/// The largest value, in bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a chunk of the bitmap that says which operations are current. Part of every proof's format: frozen.
pub(crate) const CHUNK_BYTES: usize = 32;
/// Buffers of the files.
pub(crate) const BUFFER: NonZeroUsize = NZUsize!(1 << 16);

pub(crate) type StateKey = FixedBytes<32>;
pub(crate) type Failure = commonware_storage::qmdb::Error<mmr::Family>;
pub(crate) type Values<E> = variable::Db<mmr::Family, E, StateKey, Value, Hasher, EightCap, CHUNK_BYTES, Sequential>;
pub(crate) type Database<E> = Shared<Values<E>>;
pub(crate) type Batch<E> = <Database<E> as DatabaseSet<E>>::Unmerkleized;
pub(crate) type Sealed<E> = <Database<E> as DatabaseSet<E>>::Merkleized;
pub(crate) type Readers<E> = <Database<E> as DatabaseSet<E>>::Readers;
pub(crate) type Config = VariableConfig<EightCap, ((), ()), Sequential>;

/// What lies under a key: its length, then its bytes. Part of every proof's format: frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value(pub(crate) Bytes);

impl Write for Value {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Value {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Value {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        Bytes::read_cfg(buf, &RangeCfg::from(0..=VALUE_BYTES_MAX)).map(Self)
    }
}

/// Which block the state is after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) height: u64,
    pub(crate) time_ms: u64,
}

impl Mark {
    pub(crate) fn encode(self) -> Value {
        Value([self.height.to_be_bytes(), self.time_ms.to_be_bytes()].concat().into())
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (height, rest) = bytes.split_first_chunk()?;
        let time_ms = rest.try_into().ok()?;
        Some(Self { height: u64::from_be_bytes(*height), time_ms: u64::from_be_bytes(time_ms) })
    }
}

/// The mark of the last applied block; of the empty state before the first.
pub(crate) async fn mark<E: Runtime>(values: &Values<E>) -> Result<Mark, Failure> {
    let metadata = values.get_metadata().await?;
    Ok(metadata.and_then(|metadata| Mark::decode(&metadata.0)).unwrap_or_default())
}

/// Reads values and the mark they belong to.
pub(crate) async fn read<E: Runtime>(
    database: &Database<E>,
    keys: &[Key],
) -> Result<(Mark, Vec<Option<Bytes>>), Failure> {
    let names: Vec<StateKey> = keys.iter().copied().map(StateKey::new).collect();
    let names: Vec<&StateKey> = names.iter().collect();
    let values = database.read().await;
    Ok((mark(&values).await?, plain(values.get_many(&names).await?)))
}

/// The bytes of values.
pub(crate) fn plain(values: Vec<Option<Value>>) -> Vec<Option<Bytes>> {
    values.into_iter().map(|value| value.map(|Value(bytes)| bytes)).collect()
}

/// Where and how the state lies on disk.
pub(crate) fn config(prefix: &str, page_cache: CacheRef) -> Config {
    Config {
        merkle_config: MerkleConfig {
            journal_partition: format!("{prefix}-state-tree-journal"),
            metadata_partition: format!("{prefix}-state-tree-nodes"),
            items_per_blob: NZU64!(65_536),
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
            strategy: Sequential,
            page_cache: page_cache.clone(),
        },
        journal_config: LogConfig {
            partition: format!("{prefix}-state-log"),
            items_per_section: NZU64!(16_384),
            compression: None,
            codec_config: ((), ()),
            page_cache,
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
        },
        grafted_metadata_partition: format!("{prefix}-state-bitmap"),
        translator: EightCap,
        init_cache: Some(NZUsize!(1024)),
        init_buffer: NZUsize!(1 << 21),
        init_concurrency: (),
    }
}

/// Peers to fetch the state from: none. A node that joins late executes the chain from its beginning.
///
/// The stack's own exchange of operations between peers cannot carry values of variable length in this release.
#[derive(Clone, Debug)]
pub(crate) struct NoPeers;

impl Source for NoPeers {
    type Family = mmr::Family;
    type Digest = Digest;
    type Op = Operation<mmr::Family, StateKey, Value>;
    type Error = Infallible;

    async fn serve(&self, _: Request<mmr::Family>) -> source::Result<Self> {
        std::future::pending().await
    }
}

impl<E: Runtime> AttachableResolver<Values<E>> for NoPeers {
    async fn attach_database(&self, _: Database<E>) {}
}
