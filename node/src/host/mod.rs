//! The outside of a node, as a replica sees it: programs are run, blobs kept and served, users and listeners connected.
//!
//! A request is taken on and answered later by [`Inbox::deliver`]; nothing here waits inside [`ports::Host::perform`]. Every
//! request that has an answer gets one, also where the host fails at it: a replica does not ask twice. Every kind of work has
//! a [`lane`] with a bound on what runs at once and on what waits.

mod execute;
mod lane;
mod parts;
mod peers;
mod programs;
mod room;
mod submissions;
mod verify;

pub use room::{Share, Usage};
pub use submissions::SubmitError;

use crate::{
    blobs::{Store, StoreError},
    breaker::Breaker,
    config,
    counters::Counters,
    feed::Feed,
    fetch::Fetcher,
    index::Index,
    logs::Logs,
    mempool::Mempool,
};
use bytes::Bytes;
use executor::{CancelToken, Executor, NativeExecutor};
use lane::Lane;
use peers::Peers;
use ports::Inbox;
use room::Room;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};
use submissions::Submissions;
use tokio::{runtime::Handle, task::AbortHandle};
use types::{
    AccountId, BlobId, Params, TxId, WorkloadId, codec,
    host::{HostEvent, HostRequest, Notice},
    limits::VALUE_MAX,
    transaction::SignedTransaction,
};

/// The longest request that a replica makes: a notice of a full block, or a part of a blob.
const REQUEST_MAX: usize = 4 * VALUE_MAX;
/// Attempts that may wait for room.
const EXECUTES_MAX: usize = 256;
/// Checks that run at once, and that may wait.
const VERIFIES_AT_ONCE: usize = 2;
const VERIFIES_MAX: usize = 1024;
/// Parts that are read for peers at once; as many may wait as of the node's own.
const SERVED_AT_ONCE: usize = 2;
/// Parts that one peer may wait for: a few peers cannot fill the lane.
const SERVED_TO_ONE_MAX: usize = 32;
/// Parts that are read or written at once, and that may wait.
const PARTS_AT_ONCE: usize = 4;
const PARTS_WAITING_MAX: usize = 256;
/// How long an answer waits before it is offered to the engine again.
const OFFER_AGAIN: Duration = Duration::from_millis(10);

/// The prover of a node: what runs programs, and how much it has for them.
#[derive(Clone)]
pub struct Prover {
    /// Runs WebAssembly: all verifiers, and the provers that are of it.
    pub executor: Arc<Executor>,
    /// Runs Linux programs, where a sandbox holds.
    pub native: Option<Arc<NativeExecutor>>,
    /// What programs may take together of its cores and memory: attempts wait while less than they need is free.
    pub capacity: Share,
}

/// What a host is made from.
pub struct HostSetup {
    /// Where its work is done.
    pub runtime: Handle,
    /// The blobs.
    pub store: Arc<Store>,
    /// What lists are answered from.
    pub index: Arc<Index>,
    /// The prover, if the node is one.
    pub prover: Option<Prover>,
    /// The limits on proofs and verifiers.
    pub params: Params,
    /// Whether blobs may be fetched from addresses of this machine and its own network.
    pub allow_private: bool,
    /// The account of the prover, and when it stops taking workloads by itself.
    pub breaker: (Option<AccountId>, config::Breaker),
}

/// The host of one node. When it is dropped or stopped, running programs are cancelled.
pub struct Host(pub(crate) Arc<Desk>);

/// What all work shares.
pub(crate) struct Desk {
    runtime: Handle,
    pub(crate) store: Arc<Store>,
    prover: Option<Prover>,
    params: Params,
    inbox: OnceLock<Arc<dyn Inbox>>,
    /// Set once the node stops: an attempt that is cut off then has not ended, and goes on after the next start.
    stopping: AtomicBool,
    /// The attempts that run or wait to.
    turns: Mutex<BTreeMap<(WorkloadId, u16), CancelToken>>,
    pub(crate) room: Room,
    checks: Lane,
    disk: Lane,
    /// What peers ask for does not keep the node's own work waiting.
    serving: Lane,
    of_peers: Peers,
    pub(crate) submissions: Submissions,
    pub(crate) feed: Feed,
    pub(crate) logs: Arc<Logs>,
    mempool: Mutex<Mempool>,
    pub(crate) index: Arc<Index>,
    pub(crate) counters: Arc<Counters>,
    breaker: Mutex<Breaker>,
    fetcher: Arc<Fetcher>,
    /// The large blobs that are fetched or wait to be.
    fetches: Mutex<BTreeMap<(BlobId, u64), AbortHandle>>,
    notes: mpsc::Sender<Note>,
}

impl Host {
    /// A host that works on `setup.runtime`.
    #[must_use]
    pub fn new(setup: HostSetup) -> Self {
        let capacity = setup.prover.as_ref().map_or(Share::default(), |prover| prover.capacity);
        let counters = Arc::new(Counters::default());
        let fetcher = Arc::new(Fetcher::new(setup.store.clone(), counters.clone(), setup.allow_private));
        let notes = noting(setup.store.clone());
        Self(Arc::new(Desk {
            runtime: setup.runtime,
            store: setup.store,
            prover: setup.prover,
            params: setup.params,
            inbox: OnceLock::new(),
            stopping: AtomicBool::new(false),
            turns: Mutex::default(),
            room: Room::new(capacity, EXECUTES_MAX),
            checks: Lane::new(VERIFIES_AT_ONCE, VERIFIES_MAX),
            disk: Lane::new(PARTS_AT_ONCE, PARTS_WAITING_MAX),
            serving: Lane::new(SERVED_AT_ONCE, PARTS_WAITING_MAX),
            of_peers: Peers::new(SERVED_TO_ONE_MAX),
            submissions: Submissions::default(),
            feed: Feed::default(),
            logs: Arc::default(),
            mempool: Mutex::default(),
            index: setup.index,
            counters,
            breaker: Mutex::new(Breaker::new(setup.breaker.1, setup.breaker.0)),
            fetcher,
            fetches: Mutex::default(),
            notes,
        }))
    }

    /// The blobs of this node.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    /// Cancels running programs and ends the event stream.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        // First of all: what is cut off now has not ended.
        self.0.logs.cut();
        let turns = std::mem::take(&mut *lock(&self.0.turns));
        turns.into_values().for_each(|cancel| cancel.cancel());
        self.0.room.settle();
        std::mem::take(&mut *lock(&self.0.fetches)).into_values().for_each(|fetch| fetch.abort());
        self.0.feed.end();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}

impl ports::Host for Host {
    fn attach(&self, inbox: Arc<dyn Inbox>) {
        if self.0.inbox.set(inbox).is_err() {
            tracing::error!("the host was attached twice; the first engine keeps it");
        }
    }

    fn perform(&self, request: Bytes) {
        match codec::decode::<HostRequest>(&request, REQUEST_MAX) {
            Ok(request) => self.0.take_on(request),
            Err(error) => {
                tracing::error!(%error, "a request of the replica cannot be read");
                self.0.counters.refused("host-request", "malformed");
            }
        }
    }
}

impl Desk {
    fn take_on(self: &Arc<Self>, request: HostRequest) {
        match request {
            HostRequest::Execute(execute) => self.execute(execute),
            HostRequest::Stop { workload, attempt } => self.stop_turn(workload, attempt),
            HostRequest::Verify(verify) => self.verify(verify),
            HostRequest::Stat { blob } => self.stat(blob),
            HostRequest::ReadPart { blob, part, peer } => self.read_part(blob, part, peer),
            HostRequest::WritePart { blob, size, part, bytes, peer } => self.write_part(blob, size, part, bytes, peer),
            HostRequest::Fetch { blob, size, sources } => self.fetch(blob, size, &sources),
            HostRequest::Abandon { blob, size } => self.abandon(blob, size),
            HostRequest::Hold { workload, blobs, until } => {
                self.note(move |store| store.hold(workload, &blobs, until));
            }
            HostRequest::Keep { blobs } => self.note(move |store| store.keep(&blobs)),
            HostRequest::Epoch { epoch } => self.note(move |store| store.epoch(epoch)),
            HostRequest::ReadSmall { blob } => self.read_small(blob),
            HostRequest::Submitted { token, result } => self.submissions.answer(token, result),
            HostRequest::Publish(notice) => self.publish(&notice),
            HostRequest::Refused { what, code } => self.counters.refused(&what, &code),
        }
    }

    /// Tells the replica of a transaction and waits for its answer.
    pub(crate) async fn submit(&self, transaction: SignedTransaction) -> Result<TxId, SubmitError> {
        let (token, answer) = self.submissions.open()?;
        if !self.offer(&HostEvent::Submit { token, transaction }) {
            self.submissions.forget(token);
            return Err(SubmitError::Busy);
        }
        self.counters.submitted.fetch_add(1, Ordering::Relaxed);
        self.submissions.wait(token, answer).await
    }

    /// Makes an event known: to the mempool, the listeners and the counters.
    pub(crate) fn publish(&self, notice: &Notice) {
        if let Notice::Final { time_ms, outcome, .. } = notice {
            self.breaker().hear(outcome, *time_ms);
        }
        let events = api::Event::of(notice);
        events.iter().for_each(|event| self.counters.event(&event.event));
        // The mempool first: who hears of an event finds it there.
        self.mempool().apply(notice);
        self.feed.tell(events);
    }

    /// What runs and waits to; none without a prover.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.prover.as_ref().map(|_| self.room.usage())
    }

    pub(crate) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        lock(&self.breaker)
    }

    pub(crate) fn mempool(&self) -> MutexGuard<'_, Mempool> {
        lock(&self.mempool)
    }

    /// Offers an event to the replica once: for what can be done without, or is found out again.
    pub(crate) fn offer(&self, event: &HostEvent) -> bool {
        self.deliver(codec::encode(event).into())
    }

    fn deliver(&self, bytes: Bytes) -> bool {
        let taken = self.inbox.get().is_some_and(|inbox| inbox.deliver(bytes, 0));
        if !taken {
            self.counters.undelivered.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// Offers an event until it is taken or the node stops. There are no more of them than the replica asked for.
    pub(crate) async fn insist(&self, event: &HostEvent) {
        let bytes = Bytes::from(codec::encode(event));
        while !self.stopping.load(Ordering::SeqCst) && !self.deliver(bytes.clone()) {
            tokio::time::sleep(OFFER_AGAIN).await;
        }
    }

    /// A blob that the replica may take to be here is not, or not any more. Called where one may block: the replica hears of it
    /// before it hears the answer that is due.
    pub(crate) fn missed(&self, blob: BlobId) {
        self.runtime.block_on(self.insist(&HostEvent::Stat { blob, size: None }));
    }

    /// Does blocking work in a lane and answers what came of it; what `otherwise` says, by the reason, if it cannot be done.
    fn work<T: Send + 'static>(
        self: &Arc<Self>,
        lane: fn(&Self) -> &Lane,
        work: impl FnOnce(&Self) -> T + Send + 'static,
        otherwise: impl FnOnce(&str) -> T + Send + 'static,
        then: impl FnOnce(T) -> HostEvent + Send + 'static,
    ) {
        let place = lane(self).enter();
        let desk = self.clone();
        self.runtime.spawn(async move {
            let Some(place) = place else {
                desk.counters.overloaded.fetch_add(1, Ordering::Relaxed);
                return desk.insist(&then(otherwise("too much of this kind waits to be done"))).await;
            };
            let Some(_turn) = place.turn(1).await else { return };
            let worker = desk.clone();
            let done = tokio::task::spawn_blocking(move || work(&worker)).await;
            let result = done.unwrap_or_else(|error| {
                tracing::error!(%error, "work of the host was cut off");
                otherwise("the work was cut off")
            });
            desk.insist(&then(result)).await;
        });
    }
}

/// Something that the store is told about what is needed.
type Note = Box<dyn FnOnce(&Store) -> Result<(), StoreError> + Send>;

/// A thread that tells the store what is needed, in order. It ends with the desk.
fn noting(store: Arc<Store>) -> mpsc::Sender<Note> {
    let (sender, notes) = mpsc::channel::<Note>();
    thread::spawn(move || {
        for note in notes {
            if let Err(error) = note(&store) {
                tracing::error!(%error, "what must be kept could not be noted");
            }
        }
    });
    sender
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
