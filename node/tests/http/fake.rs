//! A stand-in for the engine and the replica behind the API: values, blocks and answers are what a test puts there.

use bytes::Bytes;
use executor::{Executor, Settings};
use ledger::Ledger;
use node::{Host, HostSetup, Index, Prover, Share, Store, StoreLimits, http};
use ports::{Block, Engine, Evidence, Host as _, Inbox, Key, Later, ReadError, Status};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};
use types::{
    AccountId, Amount, Artifact, BlobId, ChainTime, Data, Genesis, List, Millis, Params, Program, Refusal, Resources,
    Runtime, Text, TxId,
    beacon::GroupKey,
    codec,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    host::{HostEvent, HostRequest, Notice},
    verdict::{VerdictKey, VerdictSignature},
};

/// An engine that answers from memory.
#[derive(Default)]
pub struct FakeEngine {
    pub values: Mutex<BTreeMap<Key, Bytes>>,
    pub blocks: Mutex<BTreeMap<u64, Block>>,
    /// The last block, unless it is 7.
    pub height: Mutex<Option<u64>>,
    /// What every question is answered with instead.
    pub failing: Mutex<Option<ReadError>>,
    /// What is said of the chain, instead of what the fake says.
    pub status: Mutex<Option<Status>>,
    /// Where the next question waits: it tells that it came, then waits to be let go.
    pub gate: Mutex<Option<Arc<(Notify, Notify)>>>,
}

impl FakeEngine {
    pub fn put(&self, key: Key, value: &impl borsh::BorshSerialize) {
        self.values.lock().expect("lock").insert(key, codec::encode(value).into());
    }
}

impl Engine for FakeEngine {
    fn read(&self, keys: Vec<Key>) -> Later<(u64, Vec<Option<Bytes>>)> {
        let values = self.values.lock().expect("lock");
        let answer = keys.iter().map(|key| values.get(key).cloned()).collect();
        let failing = *self.failing.lock().expect("lock");
        let gate = self.gate.lock().expect("lock").take();
        Box::pin(async move {
            if let Some(gate) = gate {
                gate.0.notify_one();
                gate.1.notified().await;
            }
            failing.map_or(Ok((7, answer)), Err)
        })
    }

    fn prove(&self, keys: Vec<Key>) -> Later<Evidence> {
        let values = self.values.lock().expect("lock");
        let proven = |key: &Key| Some((*key, values.get(key)?.clone(), Bytes::from_static(b"proof")));
        let values: Option<Vec<_>> = keys.iter().map(proven).collect();
        let (header, certificate) = (Bytes::from_static(b"header"), Bytes::from_static(b"certificate"));
        let evidence = values.map(|values| Evidence { header, certificate, values });
        Box::pin(async move { evidence.ok_or(ReadError::Absent) })
    }

    fn block(&self, height: u64) -> Later<Block> {
        let block = self.blocks.lock().expect("lock").get(&height).cloned();
        Box::pin(async move { block.ok_or(ReadError::Absent) })
    }

    fn status(&self) -> Status {
        let height = self.height.lock().expect("lock").unwrap_or(7);
        let old = Status { height, time_ms: 14_200, epoch: 1, peers: 3, ..Status::default() };
        self.status.lock().expect("lock").clone().unwrap_or(old)
    }

    fn metrics(&self) -> String {
        "# TYPE fake gauge\nfake 1\n# EOF\n".to_owned()
    }
}

/// What a node stores unless told.
const STORE: StoreLimits = StoreLimits { blob_bytes_max: 1 << 20, total_bytes_max: 3 << 20 };

/// What a prover's node stores.
const STORE_OF_PROVER: StoreLimits = StoreLimits { blob_bytes_max: 1 << 20, total_bytes_max: 8 << 20 };

/// What the replica's stand-in says to a transaction.
#[derive(Clone, Debug)]
pub enum Answer {
    Accept,
    Refuse(Refusal),
    /// The engine is behind and takes nothing.
    Deaf,
}

/// A replica's inbox that answers transactions and keeps everything else.
struct FakeReplica {
    host: Weak<Host>,
    answer: Mutex<Answer>,
    heard: Mutex<Vec<HostEvent>>,
    news: Notify,
}

impl Inbox for FakeReplica {
    fn deliver(&self, bytes: Bytes, _delay_ms: u64) -> bool {
        let event: HostEvent = codec::decode(&bytes, 1 << 22).expect("an event");
        let answer = self.answer.lock().expect("lock").clone();
        if matches!(answer, Answer::Deaf) {
            return false;
        }
        if let HostEvent::Submit { token, transaction } = &event {
            let result = match answer {
                Answer::Refuse(refusal) => Err(refusal),
                _ => Ok(transaction.value.id()),
            };
            let request = HostRequest::Submitted { token: *token, result };
            self.host.upgrade().expect("host").perform(codec::encode(&request).into());
        }
        self.heard.lock().expect("lock").push(event);
        self.news.notify_one();
        true
    }
}

/// An API that is served on a port of its own.
pub struct Served {
    pub engine: Arc<FakeEngine>,
    pub host: Arc<Host>,
    pub store: Arc<Store>,
    pub genesis: Arc<Genesis>,
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub index: Arc<Index>,
    replica: Arc<FakeReplica>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    /// What follows the chain into the index.
    follows: Mutex<Option<std::thread::JoinHandle<()>>>,
    dir: TempDir,
}

/// Limits that a test can reach.
pub fn tight() -> node::Http {
    node::Http { requests_max: 1, streams_max: 1, ..node::Http::default() }
}

impl Served {
    pub async fn new() -> Self {
        Self::within(node::Http::default()).await
    }

    pub async fn within(limits: node::Http) -> Self {
        Self::with(limits, STORE).await
    }

    pub async fn with(limits: node::Http, store_limits: StoreLimits) -> Self {
        Self::made(limits, store_limits, None, None).await
    }

    pub async fn through(limits: node::Http, tls: Option<watch::Receiver<Arc<rustls::ServerConfig>>>) -> Self {
        Self::made(limits, STORE, None, tls).await
    }

    /// The node of the prover that [`crate::records::attempt`] names: it runs WebAssembly.
    pub async fn proving() -> Self {
        Self::made(node::Http::default(), STORE_OF_PROVER, Some(AccountId([1; 32])), None).await
    }

    /// The node of a prover.
    pub async fn of_prover(account: AccountId) -> Self {
        Self::made(node::Http::default(), STORE_OF_PROVER, Some(account), None).await
    }

    /// A node of this network.
    pub async fn of(genesis: Genesis) -> Self {
        Self::begun(genesis, None, node::Http::default(), STORE, None, None).await
    }

    /// A node of this network with its index in a file.
    pub async fn at(genesis: Genesis, index: &Path) -> Self {
        Self::begun(genesis, Some(index), node::Http::default(), STORE, None, None).await
    }

    async fn made(
        limits: node::Http,
        store_limits: StoreLimits,
        account: Option<AccountId>,
        tls: Option<watch::Receiver<Arc<rustls::ServerConfig>>>,
    ) -> Self {
        Self::begun(genesis(), None, limits, store_limits, account, tls).await
    }

    async fn begun(
        genesis: Genesis,
        index: Option<&Path>,
        limits: node::Http,
        store_limits: StoreLimits,
        account: Option<AccountId>,
        tls: Option<watch::Receiver<Arc<rustls::ServerConfig>>>,
    ) -> Self {
        ring();
        let dir = tempfile::tempdir().expect("folder");
        let store = Arc::new(Store::open(dir.path(), store_limits).expect("store"));
        let genesis = Arc::new(genesis);
        let path = index.map_or_else(|| dir.path().join("index.sqlite"), Path::to_owned);
        let first = genesis.accounts.iter().map(|entry| entry.account).collect();
        let index = Arc::new(Index::open(&path, genesis.chain(), first).expect("an index"));
        let host = Arc::new(Host::new(HostSetup {
            runtime: tokio::runtime::Handle::current(),
            store: store.clone(),
            index: index.clone(),
            prover: account.map(|_| prover(&dir.path().join("programs"))),
            params: genesis.params.clone(),
            allow_private: true,
            breaker: (account, node::Breaker::default()),
        }));
        let (answer, heard, news) = (Mutex::new(Answer::Accept), Mutex::default(), Notify::new());
        let replica = Arc::new(FakeReplica { host: Arc::downgrade(&host), answer, heard, news });
        host.attach(replica.clone());
        let engine = Arc::new(FakeEngine::default());
        let me = PeerId([9; 32]);
        let gateway = http::Gateway::new(engine.clone(), &host, genesis.clone(), me, account, &limits);
        let operator = http::Operator::new(&limits, Some(log_control())).expect("no token");
        let gateway = gateway.operated(operator);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        let (stop, mut asked) = watch::channel(false);
        let wanted = async move { drop(asked.wait_for(|stop| *stop).await) };
        let server = tokio::spawn(http::serve(listener, gateway, limits.connections_max, tls, wanted));
        let client = reqwest::Client::new();
        let follows = Mutex::default();
        Self { engine, host, store, genesis, address, client, index, replica, stop, server, follows, dir }
    }

    /// Has the node read blocks into its index, which it would from its start on.
    pub fn follow_index(&self) {
        let (outside, asked) = (self.host.clone(), self.engine.clone());
        let ledger = Ledger::new((*self.genesis).clone()).expect("a genesis");
        let runtime = tokio::runtime::Handle::current();
        let follows = std::thread::spawn(move || node::follow_index(asked, &outside, ledger, &runtime));
        *self.follows.lock().expect("lock") = Some(follows);
    }

    /// The file of the index, where none was given.
    pub fn index_path(&self) -> PathBuf {
        self.dir.path().join("index.sqlite")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.client.get(self.url(path))).await
    }

    pub async fn post(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
        Reply::of(self.client.post(self.url(path)).header("content-type", kind).body(body)).await
    }

    /// The file of a blob.
    pub fn file(&self, blob: BlobId) -> PathBuf {
        self.dir.path().join(&blob.to_string()[..2]).join(blob.to_string())
    }

    pub fn answers(&self, answer: Answer) {
        *self.replica.answer.lock().expect("lock") = answer;
    }

    pub fn heard(&self) -> Vec<HostEvent> {
        self.replica.heard.lock().expect("lock").clone()
    }

    /// What the replica heard after so many events, once it heard something.
    pub async fn hear(&self, after: usize) -> HostEvent {
        loop {
            if let Some(event) = self.heard().get(after) {
                return event.clone();
            }
            self.replica.news.notified().await;
        }
    }

    pub fn publish(&self, notice: Notice) {
        self.ask(&HostRequest::Publish(notice));
    }

    /// Asks the host as the replica does.
    pub fn ask(&self, request: &HostRequest) {
        self.host.perform(codec::encode(request).into());
    }

    /// Stops the server in order and waits until it is gone.
    pub async fn stop(self) {
        self.stop.send(true).expect("a server");
        self.host.stop();
        self.server.await.expect("stopped");
        let follows = self.follows.into_inner().expect("lock");
        let ended = tokio::task::spawn_blocking(|| follows.map_or(Ok(()), std::thread::JoinHandle::join));
        ended.await.expect("waited").expect("followed to the end");
    }
}

/// A response that was read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("a response");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.expect("a body") }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert!(self.status < 300, "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).expect("json")
    }

    /// The code of a problem, after checking that it is one in every respect.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), api::problem::CONTENT_TYPE, "{self:?}");
        let problem: api::Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!(problem.status, self.status);
        assert!([&problem.title, &problem.detail, &problem.hint, &problem.money].iter().all(|text| !text.is_empty()));
        let instance = format!("urn:lemma:request:{}", self.header("x-request-id"));
        assert_eq!(problem.instance, Some(instance));
        (self.status, problem.code)
    }
}

/// Has clients of this process use the cryptography that nodes use.
pub fn ring() {
    // An error means that another test did it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Takes every filter that has no blank, and says the last.
fn log_control() -> http::LogControl {
    let last = Mutex::new("info".to_owned());
    Arc::new(move |filter| {
        let mut last = last.lock().expect("lock");
        match filter {
            Some(filter) if filter.contains(' ') => return Err("it has a blank".to_owned()),
            Some(filter) => filter.clone_into(&mut last),
            None => {}
        }
        Ok(last.clone())
    })
}

fn prover(dir: &Path) -> Prover {
    let executor = Executor::new(dir, Settings::default()).expect("executor");
    let capacity = Share { cores: 1, memory_bytes: 1 << 30 };
    Prover { executor: Arc::new(executor), native: None, capacity }
}

pub fn genesis() -> Genesis {
    let account = AccountId([1; 32]);
    let capacity = Resources { cpus: 8, memory_mib: 8192, disk_mib: 0, gpus: 0, gpu_class: 0, ..Resources::default() };
    let prover = |byte| GenesisProver {
        account: AccountId([byte; 32]),
        key: VerdictKey([byte; 96]),
        possession: VerdictSignature([0; 48]),
        capacity,
        address: Text::default(),
    };
    let address = Text::truncated("127.0.0.1:1");
    let validator = GenesisValidator { peer: PeerId([9; 32]), account, address, bond: Amount(7) };
    Genesis {
        name: Text::truncated("test"),
        time: ChainTime(0),
        params: Params { blob_bytes_max: 1 << 20, ..Params::default() },
        capacity_test: CapacityTest { program: test_program(), compute_max: Millis(1_000) },
        validators: List::truncated(vec![validator]),
        provers: List::truncated((1..=4).map(prover).collect()),
        accounts: List::truncated(vec![GenesisAccount { account, balance: Amount(5_000_000_000) }]),
        ceremony: Ceremony::Dealt,
        group_key: GroupKey([3; 96]),
        output: Data::default(),
        verifier: Text::truncated("test"),
    }
}

pub fn test_program() -> Program {
    let artifact = Artifact { blob: BlobId([4; 32]), size: 1000 };
    Program {
        name: Text::truncated("capacity"),
        proof_system: Text::truncated("none/1"),
        runtime: Runtime::Wasm,
        prover: artifact,
        verifier: artifact,
        fuel_limit: 1_000_000,
    }
}

pub fn pending(id: TxId, kind: &str) -> Notice {
    Notice::Pending { transaction: id, kind: Text::truncated(kind) }
}
