//! Large blobs, fetched from the APIs of others: several sources at once, each part checked when it comes and written to its
//! place, resumed where it stopped.
//!
//! The replica says which blob is to be fetched and where it may be. Everything that comes is an attack until it was checked:
//! a source that sends wrong bytes is left alone for a while, one that is slow or lacks the blob for this time. Memory is
//! bounded by the workers: each holds one part and what its connection has buffered.

mod address;
mod plan;
mod stream;

use crate::{blobs::Store, counters::Counters};
use address::Address;
use plan::{Next, Plan, Span};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};
use stream::{Connection, SourceError};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use types::{BlobId, host::PartResult, part_map::PartMap};

/// Blobs that are fetched at once; others wait.
const AT_ONCE: usize = 2;
/// Workers of one blob: so many connections are open for it, and so many parts in memory.
const WORKERS: usize = 4;
/// How long a source that sent wrong bytes is left alone.
const BANNED: Duration = Duration::from_secs(600);
/// Sources that are left alone at once; beyond that the one that was first found out is asked again.
const BANNED_MAX: usize = 256;
/// How long a blob waits for others: longer, and peers can be asked for it meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How often a worker without work looks whether there is some.
const LOOK: Duration = Duration::from_millis(500);

/// What all fetches share.
pub(crate) struct Fetcher {
    store: Arc<Store>,
    counters: Arc<Counters>,
    allow_private: bool,
    at_once: Semaphore,
    banned: Mutex<BTreeMap<String, Instant>>,
}

/// One blob that is fetched.
struct Job {
    fetcher: Arc<Fetcher>,
    blob: BlobId,
    size: u64,
    sources: Vec<(String, Address)>,
    plan: Mutex<Plan>,
    /// Told whenever there may be something to do for a worker that waits.
    news: Notify,
    /// Free while nothing is flushed.
    flushing: Arc<Semaphore>,
}

impl Fetcher {
    /// Fetches into `store`; from addresses of this machine and its network only with `allow_private`.
    pub(crate) fn new(store: Arc<Store>, counters: Arc<Counters>, allow_private: bool) -> Self {
        Self { store, counters, allow_private, at_once: Semaphore::new(AT_ONCE), banned: Mutex::default() }
    }

    /// Fetches what is missing of a blob, until it is whole or nobody is left to be asked. Returns whether it is whole.
    pub(crate) async fn fetch(self: &Arc<Self>, blob: BlobId, size: u64, sources: &[impl AsRef<str>]) -> bool {
        let turn = tokio::time::timeout(WAIT_MAX, self.at_once.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return false };
        let usable = |text: &str| Some((text.to_owned(), Address::read(text).filter(|_| !self.is_banned(text))?));
        let mut sources: Vec<_> = sources.iter().filter_map(|text| usable(text.as_ref())).collect();
        // Whoever is declared many times is asked once.
        let mut seen = BTreeSet::new();
        sources.retain(|(text, _)| seen.insert(text.clone()));
        let kept = self.kept(blob, size).await;
        let (began, before) = (Instant::now(), kept.count());
        tracing::info!(%blob, size, parts_kept = before, sources = sources.len(), "a blob is fetched");
        let plan = Mutex::new(Plan::new(size, kept, sources.len()));
        let (news, flushing) = (Notify::new(), Arc::new(Semaphore::new(1)));
        let job = Arc::new(Job { fetcher: self.clone(), blob, size, sources, plan, news, flushing });
        let mut workers = JoinSet::new();
        (0..WORKERS).for_each(|_| drop(workers.spawn(job.clone().work())));
        // One that still waits for its source is not waited for.
        while workers.join_next().await.is_some() && !job.plan().is_done() {}
        let whole = self.store.size(blob).is_some();
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(%blob, size, parts_kept = before, ms, whole, "a blob is no longer fetched");
        whole
    }

    /// The parts of a blob that are there. If all are, it becomes a blob.
    pub(crate) async fn kept(&self, blob: BlobId, size: u64) -> PartMap {
        let store = self.store.clone();
        let kept = tokio::task::spawn_blocking(move || {
            if let Err(error) = store.finish_parts(blob, size) {
                tracing::warn!(%blob, %error, "a blob could not be made of its parts");
            }
            store.parts(blob, size)
        });
        kept.await.unwrap_or_else(|_| PartMap::empty(size))
    }

    fn is_banned(&self, source: &str) -> bool {
        lock(&self.banned).get(source).is_some_and(|since| since.elapsed() < BANNED)
    }

    fn ban(&self, source: &str) {
        let mut banned = lock(&self.banned);
        banned.insert(source.to_owned(), Instant::now());
        let first = banned.iter().min_by_key(|(_, since)| **since).map(|(source, _)| source.clone());
        if let Some(first) = first.filter(|_| banned.len() > BANNED_MAX) {
            banned.remove(&first);
        }
    }
}

/// Why a worker leaves a source.
enum Left {
    /// There is nothing more to do.
    Over,
    /// Nothing comes from it.
    Useless(SourceError),
    /// This node cannot keep what comes.
    Unkept,
}

impl From<SourceError> for Left {
    fn from(error: SourceError) -> Self {
        Self::Useless(error)
    }
}

impl Job {
    /// One worker: goes from source to source until there is nothing to do.
    async fn work(self: Arc<Self>) {
        while let Some(source) = self.wait_for(Plan::source).await {
            let left = self.from(source).await;
            let useless = matches!(left, Left::Useless(_));
            self.plan().leave(source, useless);
            self.news.notify_waiters();
            match left {
                Left::Over | Left::Unkept => return,
                Left::Useless(error) => self.blame(source, &error),
            }
        }
    }

    /// Fetches span after span from a source.
    async fn from(&self, source: usize) -> Left {
        let Some((_, address)) = self.sources.get(source) else { return Left::Over };
        let mut connection = match Connection::open(address, self.fetcher.allow_private).await {
            Ok(connection) => connection,
            Err(error) => return error.into(),
        };
        while let Some(span) = self.wait_for(|plan| plan.span(Instant::now())).await {
            let result = self.span(&mut connection, source, &span).await;
            self.plan().give_back(&span);
            self.news.notify_waiters();
            if let Err(left) = result {
                return left;
            }
        }
        Left::Over
    }

    async fn span(&self, connection: &mut Connection, source: usize, span: &Span) -> Result<(), Left> {
        let mut parts = connection.parts(self.blob, self.size, span.parts.clone()).await?;
        for part in span.parts.clone() {
            let bytes = parts.next().await?;
            let length = bytes.len() as u64;
            let (store, blob, size) = (self.fetcher.store.clone(), self.blob, self.size);
            let kept = tokio::task::spawn_blocking(move || store.write_part(blob, size, part, &bytes)).await;
            match kept.unwrap_or(PartResult::Fault) {
                PartResult::Kept => {}
                PartResult::Whole => self.plan().finish(),
                PartResult::Wrong => return Err(SourceError::False("a part is not the blob's").into()),
                PartResult::Fault => return Err(Left::Unkept),
            }
            self.fetcher.counters.fetched_bytes.fetch_add(length, Ordering::Relaxed);
            self.plan().came(source, span, part, Instant::now());
        }
        self.flush();
        parts.end().await?;
        Ok(())
    }

    /// Has what came written to the disk now and then, one at a time.
    fn flush(&self) {
        let Ok(flushing) = self.flushing.clone().try_acquire_owned() else { return };
        let (store, blob, size) = (self.fetcher.store.clone(), self.blob, self.size);
        tokio::task::spawn_blocking(move || {
            let _flushing = flushing;
            // If the disk fails, the next part that is written says so.
            drop(store.flush_parts(blob, size));
        });
    }

    /// Waits until the plan has something to do; none when it is over.
    async fn wait_for<T>(&self, next: impl Fn(&mut Plan) -> Next<T>) -> Option<T> {
        loop {
            let news = self.news.notified();
            let found = next(&mut self.plan());
            match found {
                Next::Take(found) => return Some(found),
                Next::Over => return None,
                Next::Wait => drop(tokio::time::timeout(LOOK, news).await),
            }
        }
    }

    fn blame(&self, source: usize, error: &SourceError) {
        let Some((name, _)) = self.sources.get(source) else { return };
        let blob = self.blob;
        match error {
            SourceError::False(_) => {
                tracing::warn!(%blob, source = name, %error, "a source of a blob is left alone");
                self.fetcher.counters.refused("blob-source", "hash-mismatch");
                self.fetcher.ban(name);
            }
            error => tracing::debug!(%blob, source = name, %error, "a source of a blob is of no use"),
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
