//! Completion webhooks, from final blocks to a receiver that fails, over restarts of the node.

use crate::{
    fake::Served,
    records::{moment, valid, workload},
};
use api::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, Webhook, WebhookSecret};
use axum::{
    Router,
    body::Bytes,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::post,
};
use node::{Endpoint, Pace, Webhooks};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use types::{
    AccountId, ChainEvent, EndReason, Height, List, ProgramId, State, TxId, Workload, WorkloadId, event::Outcome,
    genesis::PeerId, host::Notice, state_key, workload::Kind,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What the metrics say before the first failure.
const NOTHING_FAILED: &[u8] = b"lemma_webhooks_failed_total 0";
const PACE: Pace =
    Pace { first: Duration::from_millis(1), most: Duration::from_millis(20), give_up: Duration::from_secs(3600) };

/// What came in, and whether it was taken.
struct Came {
    headers: HeaderMap,
    body: Bytes,
    taken: bool,
}

/// Who is told.
#[derive(Default)]
struct Receiver {
    takes: AtomicBool,
    came: Mutex<Vec<Came>>,
    /// Requests where redirections point.
    astray: AtomicBool,
    news: Notify,
}

impl Receiver {
    async fn serve() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = receiver.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, format!("http://{address}/hook"))
    }

    /// The same through TLS, as `localhost`.
    async fn serve_secretly(config: ServerConfig) -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (listener, router) = (Secret(listener, Arc::new(config).into()), receiver.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, format!("https://localhost:{port}/hook"))
    }

    fn router(self: &Arc<Self>) -> Router {
        Router::new().route("/hook", post(hear)).route("/astray", post(astray)).with_state(self.clone())
    }

    /// Waits until so many came in that were taken or not.
    async fn until(&self, taken: bool, count: usize) {
        while self.names(taken).len() < count {
            self.news.notified().await;
        }
    }

    fn names(&self, taken: bool) -> Vec<String> {
        let came = self.came.lock().expect("lock");
        came.iter().filter(|it| it.taken == taken).map(|it| text(&it.headers, WEBHOOK_ID).to_owned()).collect()
    }
}

/// Where connections come in through TLS. Those that fail at it are dropped.
struct Secret(TcpListener, TlsAcceptor);

impl axum::serve::Listener for Secret {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.0.accept().await.expect("a connection");
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).expect("a header").to_str().expect("text")
}

async fn hear(Shared(receiver): Shared<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    let taken = receiver.takes.load(Ordering::SeqCst);
    receiver.came.lock().expect("lock").push(Came { headers, body, taken });
    receiver.news.notify_one();
    if taken { StatusCode::OK.into_response() } else { (StatusCode::FOUND, [(LOCATION, "/astray")]).into_response() }
}

async fn astray(Shared(receiver): Shared<Arc<Receiver>>) -> StatusCode {
    receiver.astray.store(true, Ordering::SeqCst);
    StatusCode::OK
}

fn endpoint(folder: &Path, url: &str) -> Endpoint {
    let secret = folder.join("webhook.secret");
    fs::write(&secret, SECRET).expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("mode");
    Endpoint { url: url.to_owned(), ca: None, secret, accounts: Vec::new(), programs: Vec::new() }
}

/// A node from one start to its end.
struct Life {
    served: Served,
    follows: JoinHandle<()>,
}

impl Life {
    async fn begin(folder: &TempDir, endpoints: &[Endpoint]) -> Self {
        let served = Served::new().await;
        let webhooks = Webhooks::open(endpoints, folder.path(), PACE).expect("opened").expect("endpoints");
        let follows = webhooks.follow(served.engine.clone(), served.genesis.chain(), &served.host);
        let follows = tokio::spawn(follows);
        Self { served, follows }
    }

    /// A block in which workloads end.
    fn block(&self, height: u64, ended: &[Workload]) {
        let event = |it: &Workload| ChainEvent::Ended { workload: it.id, state: it.state, reason: EndReason::Proved };
        let outcome = Outcome { height: Height(height), events: List::truncated(ended.iter().map(event).collect()) };
        ended.iter().for_each(|it| self.served.engine.put(state_key::workload(it.id), it));
        self.served.engine.put(state_key::outcome(Height(height)), &outcome);
        *self.served.engine.height.lock().expect("lock") = Some(height);
        let (hash, leader, transactions) = ([0; 32], PeerId([9; 32]), Vec::<TxId>::new());
        self.served.publish(Notice::Final { height, hash, time_ms: 2 * height, leader, transactions, outcome });
    }

    async fn end(self) {
        self.served.stop().await;
        self.follows.await.expect("it ends in order");
    }
}

fn verified(number: u8) -> Workload {
    let attempt = crate::records::attempt(Some((types::BlobId([8; 32]), 9)), Some(valid()));
    Workload { id: WorkloadId([number; 32]), ..workload(State::Verified, vec![attempt]) }
}

fn names(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| Webhook::id(WorkloadId([*number; 32]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_fires_once_though_its_receiver_fails_at_first_and_the_node_is_started_again() {
    let folder = tempfile::tempdir().expect("folder");
    let (receiver, url) = Receiver::serve().await;
    let endpoints = [endpoint(folder.path(), &url)];
    let life = Life::begin(&folder, &endpoints).await;
    life.block(8, &[verified(1)]);
    receiver.until(false, 3).await;
    life.end().await;
    receiver.takes.store(true, Ordering::SeqCst);
    let life = Life::begin(&folder, &endpoints).await;
    receiver.until(true, 1).await;
    life.block(9, &[verified(2)]);
    receiver.until(true, 2).await;
    life.end().await;
    let life = Life::begin(&folder, &endpoints).await;
    life.block(10, &[verified(3)]);
    receiver.until(true, 3).await;
    life.end().await;
    assert_eq!(receiver.names(true), names(&[1, 2, 3]));
    assert!(receiver.names(false).iter().all(|name| *name == names(&[1])[0]), "the name stays");
    assert!(!receiver.astray.load(Ordering::SeqCst), "redirections are not followed");
    check(&receiver);
}

/// Every webhook that came, taken or not, is signed and says what it should.
fn check(receiver: &Receiver) {
    let secret = WebhookSecret::parse(SECRET).expect("a secret");
    for it in &*receiver.came.lock().expect("lock") {
        let (id, time) = (text(&it.headers, WEBHOOK_ID), text(&it.headers, WEBHOOK_TIMESTAMP));
        let time = time.parse().expect("seconds");
        assert!(secret.verify(id, time, &it.body, text(&it.headers, WEBHOOK_SIGNATURE)));
        assert_eq!(text(&it.headers, "content-type"), "application/json");
        let webhook: Webhook = serde_json::from_slice(&it.body).expect("a webhook");
        assert_eq!((webhook.kind.as_str(), Webhook::id(webhook.data.workload).as_str()), ("workload.ended", id));
        assert_eq!((webhook.data.sender, webhook.data.end.at.height), (AccountId([2; 32]), moment(7).height.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_of_what_it_asks_for() {
    let folder = tempfile::tempdir().expect("folder");
    let (receiver, url) = Receiver::serve().await;
    receiver.takes.store(true, Ordering::SeqCst);
    let (accounts, programs) = (vec![AccountId([2; 32])], vec![ProgramId([3; 32])]);
    let endpoints = [Endpoint { accounts, programs, ..endpoint(folder.path(), &url) }];
    let life = Life::begin(&folder, &endpoints).await;
    let mut other_program = verified(3);
    other_program.run.program = ProgramId([7; 32]);
    let other = [
        Workload { sender: AccountId([7; 32]), ..verified(1) },
        Workload { kind: Kind::Test, ..verified(2) },
        other_program,
    ];
    life.block(8, &other);
    life.block(9, &[verified(4)]);
    receiver.until(true, 1).await;
    life.end().await;
    assert_eq!(receiver.names(true), names(&[4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_by_https_is_told_only_where_its_certificate_is_vouched_for() {
    crate::fake::ring();
    let folder = tempfile::tempdir().expect("folder");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let (receiver, url) = Receiver::serve_secretly(config.expect("a configuration")).await;
    receiver.takes.store(true, Ordering::SeqCst);
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, made.cert.pem()).expect("written");
    // The system does not know who made the certificate: what this one is told stays untold.
    let unvouched = [endpoint(folder.path(), &url)];
    let life = Life::begin(&folder, &unvouched).await;
    life.block(8, &[verified(1)]);
    while life.served.get("/metrics").await.body.split(|byte| *byte == b'\n').any(|line| line == NOTHING_FAILED) {
        tokio::time::sleep(PACE.most).await;
    }
    life.end().await;
    assert_eq!(receiver.names(true), names(&[]));
    let vouched = [Endpoint { ca: Some(ca), ..endpoint(folder.path(), &url) }];
    let life = Life::begin(&folder, &vouched).await;
    receiver.until(true, 1).await;
    life.end().await;
    assert_eq!(receiver.names(true), names(&[1]));
    check(&receiver);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_while_the_node_was_down_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let (receiver, url) = Receiver::serve().await;
    receiver.takes.store(true, Ordering::SeqCst);
    let endpoints = [endpoint(folder.path(), &url)];
    let life = Life::begin(&folder, &endpoints).await;
    life.block(8, &[verified(1)]);
    receiver.until(true, 1).await;
    life.end().await;
    // Blocks 9 and 10 are in the state when block 11 is heard of: nobody published them.
    let life = Life::begin(&folder, &endpoints).await;
    for (height, ended) in [(9, vec![verified(2)]), (10, vec![verified(3)])] {
        let event = |it: &Workload| ChainEvent::Ended { workload: it.id, state: it.state, reason: EndReason::Proved };
        let outcome = Outcome { height: Height(height), events: List::truncated(ended.iter().map(event).collect()) };
        ended.iter().for_each(|it| life.served.engine.put(state_key::workload(it.id), it));
        life.served.engine.put(state_key::outcome(Height(height)), &outcome);
    }
    life.block(11, &[]);
    receiver.until(true, 3).await;
    life.end().await;
    assert_eq!(receiver.names(true), names(&[1, 2, 3]));
}

#[test]
fn endpoints_that_cannot_be_told_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("folder");
    let open = |declared: Endpoint| Webhooks::open(&[declared], folder.path(), PACE).expect_err("refused").to_string();
    let with = |url: &str| open(endpoint(folder.path(), url));
    let ftp = with("ftp://host/token");
    assert!(ftp.contains("https or http") && !ftp.contains("token"), "{ftp}");
    assert!(with("nonsense").contains("no address"));
    let ca = folder.path().join("ca.pem");
    let vouched = || Endpoint { ca: Some(ca.clone()), ..endpoint(folder.path(), "https://host/hook") };
    assert!(open(vouched()).contains("ca.pem: No such file"));
    fs::write(&ca, "nothing").expect("written");
    assert!(open(vouched()).contains("ca.pem: there is no certificate"));
    let twice = [endpoint(folder.path(), "http://host/"), endpoint(folder.path(), "http://host")];
    let refused = Webhooks::open(&twice, folder.path(), PACE).expect_err("refused").to_string();
    assert!(refused.contains("twice"));
    let short = endpoint(folder.path(), "http://127.0.0.1:1/");
    fs::write(&short.secret, "whsec_c2hvcnQ=").expect("written");
    assert!(open(short.clone()).contains("24 to 64 bytes"));
    fs::set_permissions(&short.secret, fs::Permissions::from_mode(0o644)).expect("mode");
    assert!(open(short).contains("chmod 600"));
    assert!(Webhooks::open(&[], folder.path(), PACE).expect("opened").is_none());
}
