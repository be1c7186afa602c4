//! What was signed before a client was cut off is sent until it arrived, and never paid for twice.

use api::{Problem, Submitted, TransactionState, TransactionStatus, Workload, problem};
use axum::{
    Json, Router,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use client::{Client, Draft};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;
use types::{
    Amount, Call, ChainId, Data, Height, List, Millis, Params, ProgramId, Refusal, Resources, Run, SecretKey,
    transaction::SignedTransaction,
};

/// What a node says of a transaction that was signed before.
#[derive(Clone)]
struct Node {
    state: TransactionState,
    knows_workload: bool,
    refusal: Option<Refusal>,
    posts: Arc<AtomicUsize>,
}

fn refused(problem: Problem) -> Response {
    (StatusCode::from_u16(problem.status).expect("status"), Json(problem)).into_response()
}

impl Node {
    fn new(state: TransactionState) -> Self {
        Self { state, knows_workload: false, refusal: None, posts: Arc::default() }
    }

    async fn client(&self) -> Client {
        let (status, workload, submit) = (self.clone(), self.clone(), self.clone());
        let routes = Router::new()
            .route("/v1/transactions/{id}", get(async move |Path(id): Path<String>| status.status(&id)))
            .route("/v1/workloads/{id}", get(async move |Path(id): Path<String>| workload.workload(&id)))
            .route("/v1/transactions", post(async move || submit.submit()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Client::new(&format!("http://{address}")).expect("client")
    }

    fn status(&self, id: &str) -> Response {
        let transaction = id.parse().expect("id");
        Json(TransactionStatus { transaction, state: self.state, height: None, refusal: None }).into_response()
    }

    fn workload(&self, id: &str) -> Response {
        if self.knows_workload {
            return Json(Workload::pending(id.parse().expect("id"))).into_response();
        }
        refused(Problem::new(problem::NOT_FOUND, "not known"))
    }

    fn submit(&self) -> Response {
        self.posts.fetch_add(1, Ordering::SeqCst);
        match &self.refusal {
            Some(refusal) => refused(Problem::from(refusal)),
            None => Json(Submitted { transaction: signed().value.id(), workload: None }).into_response(),
        }
    }

    /// Whether it arrives, and how often it was sent.
    async fn resend(&self) -> (bool, usize) {
        let arrived = self.client().await.resend(&signed()).await.expect("an answer");
        assert!(arrived.as_ref().is_none_or(|it| it.transaction == signed().value.id()));
        (arrived.is_some(), self.posts.load(Ordering::SeqCst))
    }
}

fn signed() -> SignedTransaction {
    let run = Run {
        program: ProgramId([1; 32]),
        arguments: Data::default(),
        inputs: List::default(),
        resources: Resources::default(),
        compute_max: Millis(1),
        fee_max: Amount(1),
    };
    let draft =
        Draft { chain: ChainId([1; 32]), nonce: 3, valid_until: Height(9), fee_limit: None, call: Call::Run(run) };
    draft.sign(&Params::default(), &SecretKey::from_bytes(&[7; 32]).expect("key")).expect("signed")
}

#[tokio::test]
async fn what_arrived_is_not_sent_again() {
    for state in [TransactionState::Pending, TransactionState::Included] {
        assert_eq!(Node::new(state).resend().await, (true, 0));
    }
    let forgotten = Node { knows_workload: true, ..Node::new(TransactionState::Unknown) };
    assert_eq!(forgotten.resend().await, (true, 0), "the transaction was forgotten, its workload not");
}

#[tokio::test]
async fn what_never_arrived_is_sent_as_it_was_signed() {
    assert_eq!(Node::new(TransactionState::Unknown).resend().await, (true, 1));
}

#[tokio::test]
async fn what_never_will_arrive_is_told() {
    assert_eq!(Node::new(TransactionState::Dropped).resend().await, (false, 0));
    for refusal in [Refusal::WrongChain, Refusal::Past { valid_until: Height(9), height: Height(10) }] {
        let node = Node { refusal: Some(refusal), ..Node::new(TransactionState::Unknown) };
        assert_eq!(node.resend().await, (false, 1));
    }
}

#[tokio::test]
async fn another_refusal_is_an_error() {
    for (refusal, code) in [(Refusal::UnknownProgram, "unknown-program"), (Refusal::NonceTaken, "nonce-taken")] {
        let node = Node { refusal: Some(refusal), ..Node::new(TransactionState::Unknown) };
        let error = node.client().await.resend(&signed()).await.expect_err("refused");
        assert_eq!(error.code(), code);
    }
}
