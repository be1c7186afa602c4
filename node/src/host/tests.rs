use super::*;
use crate::blobs::StoreLimits;
use std::sync::{
    atomic::AtomicU32,
    mpsc::{self, RecvTimeoutError},
};
use types::{Artifact, ChainId, List, host::Verify};

/// Hands on what it takes, after so many refusals.
struct Reluctant {
    refusals: AtomicU32,
    taken: mpsc::Sender<HostEvent>,
}

impl Inbox for Reluctant {
    fn deliver(&self, bytes: Bytes, _delay_ms: u64) -> bool {
        let less = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
            return false;
        }
        self.taken.send(codec::decode(&bytes, REQUEST_MAX).expect("an event")).is_ok()
    }
}

pub(crate) struct Bench {
    pub(crate) host: Host,
    heard: mpsc::Receiver<HostEvent>,
    _dir: tempfile::TempDir,
}

const BLOB: BlobId = BlobId([1; 32]);
/// Only what never comes takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

impl Bench {
    pub(crate) fn new(refusals: u32) -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let limits = StoreLimits { blob_bytes_max: 1 << 20, total_bytes_max: 1 << 20 };
        let host = Host::new(HostSetup {
            runtime: Handle::current(),
            store: Arc::new(Store::open(dir.path(), limits).expect("store")),
            index: Arc::new(
                Index::open(&dir.path().join("index.sqlite"), ChainId([1; 32]), Vec::new()).expect("index"),
            ),
            prover: None,
            params: Params::default(),
            allow_private: true,
            breaker: Default::default(),
        });
        let (taken, heard) = mpsc::channel();
        ports::Host::attach(&host, Arc::new(Reluctant { refusals: refusals.into(), taken }));
        Self { host, heard, _dir: dir }
    }

    /// Has work done whose answer is a size, or none where it cannot be done.
    fn ask(&self, work: impl FnOnce() -> Option<u64> + Send + 'static) {
        self.host.0.work(|desk| &desk.disk, |_| work(), |_| None, answer);
    }

    pub(crate) fn hear(&self) -> HostEvent {
        self.heard.recv_timeout(PATIENCE).expect("an answer")
    }
}

fn answer(size: Option<u64>) -> HostEvent {
    HostEvent::Stat { blob: BLOB, size }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_panics_is_answered() {
    let bench = Bench::new(0);
    bench.ask(|| panic!("a fault"));
    assert_eq!(bench.hear(), answer(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_as_long_as_the_engine_is_behind() {
    let bench = Bench::new(150);
    bench.ask(|| Some(3));
    assert_eq!(bench.hear(), answer(Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_blob_is_missing_is_told_before_the_answer_also_while_the_engine_is_behind() {
    let bench = Bench::new(150);
    ports::Host::perform(&bench.host, codec::encode(&HostRequest::ReadSmall { blob: BLOB }).into());
    assert_eq!(bench.hear(), answer(None));
    assert_eq!(bench.hear(), HostEvent::Small { blob: BLOB, bytes: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_peers_ask_for_does_not_keep_own_work_waiting() {
    let bench = Bench::new(0);
    let taken = bench.host.0.serving.enter().expect("room").turn(SERVED_AT_ONCE).await;
    let (part, peer) = (0, types::genesis::PeerId([1; 32]));
    for request in [HostRequest::ReadPart { blob: BLOB, part, peer }, HostRequest::Stat { blob: BLOB }] {
        ports::Host::perform(&bench.host, codec::encode(&request).into());
    }
    assert_eq!(bench.hear(), answer(None));
    drop(taken);
    assert_eq!(bench.hear(), HostEvent::Part { blob: BLOB, part, peer, bytes: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_waits_for_so_many_parts_and_no_more() {
    let bench = Bench::new(0);
    let taken = bench.host.0.serving.enter().expect("room").turn(SERVED_AT_ONCE).await;
    let [greedy, modest] = [1, 2].map(|byte| types::genesis::PeerId([byte; 32]));
    let ask = |part, peer| {
        ports::Host::perform(&bench.host, codec::encode(&HostRequest::ReadPart { blob: BLOB, part, peer }).into());
    };
    let asked = u32::try_from(SERVED_TO_ONE_MAX).expect("a few");
    (0..=asked).for_each(|part| ask(part, greedy));
    assert_eq!(bench.hear(), HostEvent::Part { blob: BLOB, part: asked, peer: greedy, bytes: None });
    ask(0, modest);
    drop(taken);
    let mut answered = (0..=asked).map(|_| bench.hear());
    assert!(answered.any(|event| matches!(event, HostEvent::Part { peer, .. } if peer == modest)));
}

fn verify() -> HostRequest {
    HostRequest::Verify(Verify {
        workload: WorkloadId([2; 32]),
        attempt: 1,
        proof: BLOB,
        verifier: Artifact { blob: BLOB, size: 1 },
        fuel_limit: 1,
        statement: List::default(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_finds_no_room_may_be_asked_for_again() {
    let bench = Bench::new(0);
    let places: Vec<_> = std::iter::from_fn(|| bench.host.0.checks.enter()).collect();
    assert_eq!(places.len(), VERIFIES_MAX);
    ports::Host::perform(&bench.host, codec::encode(&verify()).into());
    assert!(matches!(bench.hear(), HostEvent::Verified { verdict: None, again: true, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_answered_too() {
    let bench = Bench::new(1);
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let asked = PARTS_WAITING_MAX + PARTS_AT_ONCE + 1;
    for _ in 0..asked {
        let held = held.clone();
        bench.ask(move || lock(&held).recv().ok().map(|()| 1));
    }
    assert_eq!(bench.hear(), answer(None), "more than may wait");
    drop(release);
    for _ in 1..asked {
        bench.hear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stops_insists_on_nothing() {
    let bench = Bench::new(u32::MAX);
    bench.ask(|| Some(1));
    let Bench { host, heard, .. } = bench;
    drop(host);
    assert_eq!(heard.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected), "nobody waits any more");
}
