//! The client against a server that answers as a node would, and as a node must not.

use api::{Event, Problem, Step, Submitted, TransactionState, TransactionStatus, Workload, WorkloadState, problem};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use client::{Client, ClientError, Draft, MovementFilter, Progress};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;
use types::{
    AccountId, Amount, BlobId, Call, ChainId, Height, InputSource, Params, Refusal, SecretKey, TxId, WorkloadId,
    beacon::GroupKey, message::Bundle,
};

const ID: WorkloadId = WorkloadId([7; 32]);

/// A client of a server with these routes.
async fn client(routes: Router) -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Client::new(&format!("http://{address}")).expect("client")
}

fn refuse(kind: problem::Kind) -> Response {
    let status = StatusCode::from_u16(kind.status).expect("status");
    (status, Json(Problem::new(kind, "as the test wants it"))).into_response()
}

fn step(event: &str, state: WorkloadState) -> Step {
    Step { event: event.to_owned(), state, height: 1, time_ms: 0, attempt: None, prover: None, reason: None }
}

fn workload(steps: &[(&str, WorkloadState)]) -> Workload {
    Workload {
        workload: ID,
        kind: "run".to_owned(),
        state: steps.last().map_or(WorkloadState::Pending, |(_, state)| *state),
        explain: String::new(),
        run: None,
        created: None,
        since: None,
        moves_on_ms: None,
        overtime: None,
        renewals: 0,
        attempts: Vec::new(),
        proof: None,
        end: None,
        timeline: steps.iter().map(|(event, state)| step(event, *state)).collect(),
    }
}

/// What a node says of the parameters.
fn in_force() -> api::Params {
    api::Params::new(&Params::default(), 7, 1, Amount(10_000_000))
}

#[tokio::test]
async fn a_node_that_has_no_time_is_asked_again() {
    async fn params(Shared(asked): Shared<Arc<AtomicUsize>>) -> Response {
        if asked.fetch_add(1, Ordering::SeqCst) < 2 { refuse(problem::BUSY) } else { Json(in_force()).into_response() }
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let client = client(Router::new().route("/v1/params", get(params)).with_state(asked.clone())).await;
    assert_eq!(client.params().await.expect("third time").values(), Ok(Params::default()));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn problems_keep_their_code_and_hint_and_are_not_asked_again() {
    async fn program(Shared(asked): Shared<Arc<AtomicUsize>>) -> Response {
        asked.fetch_add(1, Ordering::SeqCst);
        refuse(problem::NOT_FOUND)
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let client = client(Router::new().route("/v1/programs/{id}", get(program)).with_state(asked.clone())).await;
    let error = client.program(types::ProgramId([1; 32])).await.expect_err("absent");
    assert_eq!((error.code(), error.hint()), ("not-found", problem::NOT_FOUND.hint));
    assert!(error.is_absent());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    drop(listener);
    let error = Client::new(&format!("http://{address}")).expect("client").status().await.expect_err("nobody");
    assert_eq!(error.code(), "unreachable");
}

#[tokio::test]
async fn other_bytes_than_the_blobs_are_refused() {
    let lies = get(|| async { "other bytes" })
        .put(|| async { (StatusCode::CREATED, Json(api::Stored { blob: BlobId([0; 32]), size: 1 })) });
    let client = client(Router::new().route("/v1/blobs/{id}", lies)).await;
    let blob = BlobId::of(b"the bytes");
    assert!(matches!(client.blob(blob).await, Err(ClientError::WrongBlob(it)) if it == blob));
    assert!(matches!(client.put_blob(Bytes::from_static(b"the bytes")).await, Err(ClientError::WrongBlob(_))));
}

#[tokio::test]
async fn the_size_of_a_blob_is_asked_without_fetching_it() {
    let there = BlobId::of(b"the bytes");
    let blob = get(move |Path(id): Path<String>| async move {
        if id == there.to_string() { "the bytes".into_response() } else { refuse(problem::BLOB_ABSENT) }
    });
    let client = client(Router::new().route("/v1/blobs/{id}", blob)).await;
    assert_eq!(client.blob_size(there).await.expect("there"), Some(9));
    assert_eq!(client.blob_size(BlobId([0; 32])).await.expect("not there"), None);
}

#[tokio::test]
async fn a_transaction_that_is_in_a_block_already_counts_as_sent() {
    let call = Call::Transfer { to: AccountId([2; 32]), amount: Amount(5) };
    let draft = Draft { chain: ChainId([1; 32]), nonce: 0, valid_until: Height(9), fee_limit: None, call };
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let signed = draft.sign(&Params::default(), &secret).expect("signed");
    let status = |state| {
        move |Path(id): Path<String>| async move {
            let transaction: TxId = id.parse().expect("id");
            Json(TransactionStatus { transaction, state, height: Some(3), refusal: None })
        }
    };
    let routes = |state| {
        let used =
            || async { (StatusCode::CONFLICT, Json(Problem::from(&types::Refusal::NonceUsed { got: 0, next: 1 }))) };
        Router::new().route("/v1/transactions", post(used)).route("/v1/transactions/{id}", get(status(state)))
    };
    let sent = client(routes(TransactionState::Included)).await.submit(&signed).await.expect("sent before");
    assert_eq!(sent, Submitted { transaction: signed.value.id(), workload: None });
    let other = client(routes(TransactionState::Unknown)).await.submit(&signed).await.expect_err("another one's nonce");
    assert_eq!(other.code(), "nonce-used");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_an_error_and_not_a_panic() {
    let routes = Router::new()
        .route("/v1/status", get(|| async { "{}" }))
        .route("/v1/params", get(|| async { (StatusCode::BAD_REQUEST, "<html>") }));
    let client = client(routes).await;
    assert_eq!(client.status().await.expect_err("no status").code(), "bad-answer");
    assert_eq!(client.params().await.expect_err("no problem").code(), "bad-answer");
}

/// A node whose workload goes one step on each time that it is looked at, and whose event stream breaks all the time.
async fn moving() -> Client {
    const LIFE: [(&str, WorkloadState); 5] = [
        ("queued", WorkloadState::Queued),
        ("allocated", WorkloadState::Allocated),
        ("accepted", WorkloadState::Proving),
        ("proved", WorkloadState::Proved),
        ("verified", WorkloadState::Verified),
    ];
    async fn look(Shared(looked): Shared<Arc<AtomicUsize>>) -> Json<Workload> {
        let looked = looked.fetch_add(1, Ordering::SeqCst);
        Json(workload(LIFE.get(..looked).unwrap_or(&LIFE)))
    }
    async fn events() -> Response {
        let event = Event { event: "allocated".to_owned(), workload: Some(ID), ..Event::default() };
        let data = format!(": hello\n\nevent: allocated\ndata: {}\n\n", serde_json::to_string(&event).expect("json"));
        ([(header::CONTENT_TYPE, "text/event-stream")], data).into_response()
    }
    let routes = Router::new().route("/v1/workloads/{id}", get(look)).route("/v1/events", get(events));
    client(routes.with_state(Arc::new(AtomicUsize::new(0)))).await
}

#[tokio::test]
async fn a_workload_is_followed_to_its_end_over_broken_streams() {
    let mut told = Vec::new();
    let mut watch = |progress: Progress<'_>| match progress {
        Progress::Step(step) => told.push(step.event.clone()),
        other => told.push(format!("{other:?}")),
    };
    let ended = moving().await.follow(ID, &mut watch).await.expect("ended");
    assert_eq!(ended.state, WorkloadState::Verified);
    assert_eq!(told, ["Pending", "queued", "allocated", "accepted", "proved", "verified"]);
}

#[tokio::test]
async fn a_run_that_was_dropped_is_told_with_its_refusal() {
    let dropped = |Path(id): Path<String>| async move {
        let refusal = Some(Problem::from(&types::Refusal::UnknownProgram));
        let transaction = id.parse().expect("id");
        Json(TransactionStatus { transaction, state: TransactionState::Dropped, height: None, refusal })
    };
    let routes = Router::new()
        .route("/v1/events", get(|| async { "" }))
        .route("/v1/workloads/{id}", get(|| async { refuse(problem::NOT_FOUND) }))
        .route("/v1/transactions/{id}", get(dropped));
    let error = client(routes).await.follow(ID, &mut |_| ()).await.expect_err("dropped");
    assert_eq!(error.code(), "unknown-program");
}

#[tokio::test]
async fn movements_are_asked_for_page_by_page() {
    #[derive(serde::Deserialize)]
    struct Which {
        limit: u32,
        cause: String,
        cursor: Option<String>,
    }
    let page = |Path(id): Path<String>, Query(which): Query<Which>| async move {
        assert_eq!(which.cause, "refund");
        let next = which.cursor.is_none().then(|| "5-2".to_owned());
        let (account, since) = (id.parse().expect("id"), u64::from(which.limit));
        let refund = serde_json::json!({
            "height": 8, "time_ms": 4_000, "place": 2, "got": true, "amount": "0.5", "cause": "refund",
        });
        let movements = vec![serde_json::from_value(refund).expect("a movement")];
        Json(api::Movements { account, since, height: 9, movements, next })
    };
    let client = client(Router::new().route("/v1/accounts/{id}/movements", get(page))).await;
    let account = AccountId([3; 32]);
    let refunds = MovementFilter { cause: Some("refund".to_owned()), ..MovementFilter::default() };
    let mut pages = client.movements(account, &refunds).limit(50);
    let first = pages.page().await.expect("an answer").expect("a page");
    assert_eq!((first.account, first.since, first.next.as_deref()), (account, 50, Some("5-2")));
    assert_eq!(pages.page().await.expect("an answer").expect("the next").next, None);
    assert_eq!(pages.page().await.expect("no question"), None);
    let later = client.movements(account, &refunds).after("5-2".to_owned()).page().await.expect("an answer");
    assert_eq!(later.expect("a page").next, None);
}

#[tokio::test]
async fn a_call_is_sent_under_the_parameters_in_force_and_the_next_free_nonce() {
    async fn submit(Shared(heard): Shared<Arc<Mutex<Vec<Bytes>>>>, bytes: Bytes) -> Response {
        let sent = client::decode_signed(&bytes).expect("a transaction").value;
        if sent.nonce < 6 {
            return (StatusCode::CONFLICT, Json(Problem::from(&Refusal::NonceTaken))).into_response();
        }
        let transaction = sent.id();
        heard.lock().expect("lock").push(bytes);
        (StatusCode::ACCEPTED, Json(Submitted { transaction, workload: None })).into_response()
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let params = || async {
        let voted = Params { transaction_fee: Amount(77_000_000), ..Params::default() };
        Json(api::Params::new(&voted, 7, 1, Amount(10_000_000)))
    };
    let account = |Path(id): Path<String>| async move {
        Json(api::Account { account: id.parse().expect("id"), balance: Amount(9), nonce: 4, height: 7 })
    };
    let routes = Router::new()
        .route("/v1/status", get(|| async { Json(status()) }))
        .route("/v1/params", get(params))
        .route("/v1/accounts/{id}", get(account))
        .route("/v1/transactions", post(submit));
    let client = client(routes.with_state(heard.clone())).await;
    let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
    let call = Call::Vote(client::changes(&[("slash".to_owned(), 500)]).expect("changes"));
    client.send_call(&secret, call.clone()).await.expect("sent");
    let bytes = heard.lock().expect("lock").remove(0);
    let signed = client::decode_signed(&bytes).expect("a transaction");
    assert!(signed.clone().verify(ChainId([1; 32])).is_ok());
    let sent = signed.value;
    assert_eq!((sent.call, sent.nonce), (call, 6));
    assert!(sent.fee_limit > Amount(77_000_000), "the fee is that of the parameters in force: {}", sent.fee_limit);
}

/// A node that has the frozen receipts of `receipt`, and of blobs this one.
async fn node_with(receipt: &'static [u8], bundle: Option<Vec<u8>>) -> (Client, Arc<Mutex<Vec<Bytes>>>) {
    async fn put_blob(Shared(stored): Shared<Arc<Mutex<Vec<Bytes>>>>, bytes: Bytes) -> Response {
        let (blob, size) = (BlobId::of(&bytes), bytes.len() as u64);
        stored.lock().expect("lock").push(bytes);
        Json(api::Stored { blob, size }).into_response()
    }
    let stored = Arc::new(Mutex::new(Vec::new()));
    let absent = || refuse(problem::BLOB_ABSENT);
    let blob = move || async move { bundle.map_or_else(absent, IntoResponse::into_response) };
    let routes = Router::new()
        .route("/v1/workloads/{id}/receipt", get(move || async move { receipt.into_response() }))
        .route("/v1/blobs/{id}", get(blob).put(put_blob))
        .with_state(stored.clone());
    (client(routes).await, stored)
}

/// A verified receipt, with its group key, its workload and the bundle that it names.
fn verified() -> (&'static [u8], GroupKey, WorkloadId, Vec<u8>) {
    let receipt = include_bytes!("../../receipt/tests/fixtures/verified.receipt");
    let key = include_str!("../../receipt/tests/fixtures/group.key").trim().parse().expect("group key");
    let checked = receipt::check(receipt, &key).expect("holds");
    let proof = checked.proof.expect("verified");
    let part = |hexed: Option<String>| hex::decode(hexed.expect("in the receipt")).expect("hex");
    let bundle = Bundle { proof: part(proof.bytes), public: part(proof.public_values) };
    (receipt, key, checked.workload, types::codec::encode(&bundle))
}

#[tokio::test]
async fn an_earlier_proof_is_the_one_of_its_receipt_and_stored_anew() {
    let (receipt, key, id, bundle) = verified();
    let (client, stored) = node_with(receipt, Some(bundle.clone())).await;
    let input = client.earlier_proof(id, &key).await.expect("an input");
    assert_eq!(input, InputSource::Blob { blob: BlobId::of(&bundle), size: bundle.len() as u64 });
    assert_eq!(*stored.lock().expect("lock"), [Bytes::from(bundle)]);
}

#[tokio::test]
async fn an_earlier_proof_is_refused_unless_receipt_and_bytes_are_its_own() {
    let (receipt, key, id, mut bundle) = verified();
    let refusal = async |receipt: &'static [u8], bundle: Option<Vec<u8>>, id: WorkloadId, key: GroupKey| {
        let (client, stored) = node_with(receipt, bundle).await;
        let error = client.earlier_proof(id, &key).await.expect_err("refused");
        assert!(stored.lock().expect("lock").is_empty());
        error.code().to_owned()
    };
    assert_eq!(refusal(receipt, None, id, key).await, "proof-gone");
    assert_eq!(refusal(receipt, Some(bundle.clone()), ID, key).await, "receipt");
    assert_eq!(refusal(receipt, Some(bundle.clone()), id, GroupKey([3; 96])).await, "receipt");
    bundle[4] ^= 1;
    assert_eq!(refusal(receipt, Some(bundle), id, key).await, "bad-answer");
    let failed = include_bytes!("../../receipt/tests/fixtures/failed.receipt");
    let failed_id = receipt::check(failed, &key).expect("holds").workload;
    assert_eq!(refusal(failed, None, failed_id, key).await, "no-proof");
}

fn status() -> api::Status {
    api::Status {
        chain: ChainId([1; 32]),
        name: "test".to_owned(),
        height: 7,
        time_ms: 0,
        hash: String::new(),
        state_root: String::new(),
        epoch: 1,
        index_height: 7,
        peers: 3,
        node: types::genesis::PeerId([2; 32]),
        prover: None,
        programs: None,
        breaker: None,
        group_key: types::beacon::GroupKey([3; 96]),
        versions: api::Versions { node: String::new(), api: String::new(), verifier: String::new() },
    }
}
