//! What a member persists: a log of puts and removals, and where in it each live value lies.
//!
//! A batch is appended and synced as a whole. When most of the log is dead, the live entries are appended again and what lies
//! before them is cut off: a crash in between replays both, and the later entry wins.

use crate::{chain::Runtime, state::BUFFER};
use bytes::{BufMut, Bytes};
use commonware_codec::{Buf, EncodeSize, Error as CodecError, RangeCfg, Read, Write};
use commonware_runtime::buffer::paged::CacheRef;
use commonware_storage::journal::{
    Error,
    contiguous::{Contiguous as _, Many, variable},
};
use commonware_utils::NZU64;
use std::collections::BTreeMap;

/// The longest key, in bytes.
pub(crate) const KEY_BYTES_MAX: usize = 128;
/// The longest value, in bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 1 << 20;
/// Dead entries that are put up with, besides as many as there are live ones.
const DEAD_MAX: u64 = 1024;
/// Entries of a file: cutting off removes whole files.
const FILE_ENTRIES: std::num::NonZeroU64 = NZU64!(512);

/// A put, or a removal where there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

impl Entry {
    /// Whether the entry is within the bounds of the port.
    pub(crate) fn fits(&self) -> bool {
        self.key.len() <= KEY_BYTES_MAX && self.value.as_ref().is_none_or(|value| value.len() <= VALUE_BYTES_MAX)
    }
}

impl Write for Entry {
    fn write(&self, buf: &mut impl BufMut) {
        self.key.write(buf);
        self.value.write(buf);
    }
}

impl EncodeSize for Entry {
    fn encode_size(&self) -> usize {
        self.key.encode_size() + self.value.encode_size()
    }
}

impl Read for Entry {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let key = Bytes::read_cfg(buf, &RangeCfg::from(0..=KEY_BYTES_MAX))?;
        let value = Option::<Bytes>::read_cfg(buf, &RangeCfg::from(0..=VALUE_BYTES_MAX))?;
        Ok(Self { key, value })
    }
}

type Log<E> = variable::Journal<E, Entry>;

/// The journal of one member.
pub(crate) struct Journal<E: Runtime> {
    log: Log<E>,
    live: BTreeMap<Bytes, u64>,
}

impl<E: Runtime> Journal<E> {
    /// Opens the journal and returns what it holds, ascending by key.
    pub(crate) async fn open(
        context: E,
        partition: String,
        page_cache: CacheRef,
    ) -> Result<(Self, Vec<(Bytes, Bytes)>), Error> {
        let config = variable::Config {
            partition,
            items_per_section: FILE_ENTRIES,
            compression: None,
            codec_config: (),
            page_cache,
            write_buffer: BUFFER,
            replay_buffer: BUFFER,
        };
        let log = Log::init(context, config).await?;
        let mut live = BTreeMap::new();
        let mut values = BTreeMap::new();
        for position in log.bounds() {
            let Entry { key, value } = log.read(position).await?;
            place(&mut live, &key, value.is_some(), position);
            match value {
                Some(value) => values.insert(key, value),
                None => values.remove(&key),
            };
        }
        Ok((Self { log, live }, values.into_iter().collect()))
    }

    /// Makes all entries durable.
    pub(crate) async fn persist(self, entries: Vec<Entry>) -> Result<Self, Error> {
        let journal = self.append(entries).await?;
        if journal.dead() > DEAD_MAX + journal.live.len() as u64 { journal.compact().await } else { Ok(journal) }
    }

    fn dead(&self) -> u64 {
        let bounds = self.log.bounds();
        bounds.end - bounds.start - self.live.len() as u64
    }

    async fn append(mut self, entries: Vec<Entry>) -> Result<Self, Error> {
        if entries.is_empty() {
            return Ok(self);
        }
        let first = self.log.size();
        let (log, _) = self.log.append_many(Many::Flat(&entries)).await?;
        for (position, entry) in (first..).zip(&entries) {
            place(&mut self.live, &entry.key, entry.value.is_some(), position);
        }
        self.log = log.sync().await?;
        Ok(self)
    }

    /// Writes the live entries again, a few at a time, and cuts off what lies before them.
    async fn compact(mut self) -> Result<Self, Error> {
        let cut = self.log.size();
        for position in self.live.values().copied().collect::<Vec<_>>() {
            let entry = self.log.read(position).await?;
            self = Box::pin(self.append_unsynced(entry)).await?;
        }
        let log = self.log.sync().await?;
        self.log = log.prune(cut).await?.0;
        Ok(self)
    }

    async fn append_unsynced(mut self, entry: Entry) -> Result<Self, Error> {
        let (log, position) = self.log.append(&entry).await?;
        self.log = log;
        place(&mut self.live, &entry.key, true, position);
        Ok(self)
    }
}

fn place(live: &mut BTreeMap<Bytes, u64>, key: &Bytes, present: bool, position: u64) {
    if present {
        live.insert(key.clone(), position);
    } else {
        live.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_runtime::{Runner as _, Supervisor as _, deterministic};
    use commonware_utils::{NZU16, NZUsize};

    type Held = Vec<(Bytes, Bytes)>;

    async fn open(context: &deterministic::Context, name: &'static str) -> (Journal<deterministic::Context>, Held) {
        let cache = CacheRef::new(NZU16!(4096), NZUsize!(16));
        Journal::open(context.child(name), "member".into(), cache).await.expect("opens")
    }

    fn put(key: &str, value: u64) -> Entry {
        Entry { key: key.to_owned().into(), value: Some(value.to_be_bytes().to_vec().into()) }
    }

    fn remove(key: &str) -> Entry {
        Entry { key: key.to_owned().into(), value: None }
    }

    #[test]
    fn what_was_persisted_comes_back_and_what_was_removed_does_not() {
        deterministic::Runner::default().start(|context| async move {
            let (journal, held) = open(&context, "first").await;
            assert_eq!(held, []);
            let journal = journal.persist(vec![put("b", 1), put("a", 2), put("b", 3)]).await.expect("kept");
            drop(journal.persist(vec![put("c", 4), remove("a")]).await.expect("kept"));
            let (_, held) = open(&context, "second").await;
            let values = |pairs: &[(&'static str, u64)]| -> Held {
                pairs.iter().map(|(key, value)| ((*key).into(), value.to_be_bytes().to_vec().into())).collect()
            };
            assert_eq!(held, values(&[("b", 3), ("c", 4)]));
        });
    }

    #[test]
    fn a_log_of_dead_entries_is_cut_off_and_nothing_alive_with_it() {
        deterministic::Runner::default().start(|context| async move {
            let (mut journal, _) = open(&context, "first").await;
            journal = journal.persist(vec![put("old", 7)]).await.expect("kept");
            for round in 0..40_u64 {
                let entries = (0..100).map(|_| put("counter", round)).collect();
                journal = journal.persist(entries).await.expect("kept");
            }
            let bounds = journal.log.bounds();
            assert!(bounds.start > 0 && bounds.end - bounds.start < 2 * DEAD_MAX, "{bounds:?}");
            drop(journal);
            let (_, held) = open(&context, "second").await;
            let keys: Vec<&[u8]> = held.iter().map(|(key, _)| &key[..]).collect();
            assert_eq!(keys, [&b"counter"[..], b"old"]);
            assert_eq!(held[0].1[..], 39_u64.to_be_bytes());
        });
    }

    #[test]
    fn entries_over_the_bounds_do_not_fit() {
        let entry = |key, value| Entry { key: vec![0; key].into(), value: Some(vec![0; value].into()) };
        assert!(entry(KEY_BYTES_MAX, VALUE_BYTES_MAX).fits());
        assert!(!entry(KEY_BYTES_MAX + 1, 0).fits());
        assert!(!entry(0, VALUE_BYTES_MAX + 1).fits());
    }
}
