//! Following a log from node to node, through connections that break.

use api::{LogEvent, Problem, Workload, WorkloadState, problem};
use axum::{
    Json, Router,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use client::{Client, LogPart};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;
use types::{AccountId, Amount, WorkloadId, verdict::VerdictKey};

const ID: WorkloadId = WorkloadId([7; 32]);
const PROVER: AccountId = AccountId([8; 32]);

/// A server with these routes.
async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

fn refuse(kind: problem::Kind) -> Response {
    let status = StatusCode::from_u16(kind.status).expect("status");
    (status, Json(Problem::new(kind, "as the test wants it"))).into_response()
}

fn workload(state: WorkloadState) -> Workload {
    let moment = api::Moment { height: 1, time_ms: 0 };
    let attempt = api::Attempt {
        attempt: 1,
        prover: PROVER,
        drawn_by: 1,
        drawn: moment,
        accepted: Some(moment),
        announced: (state == WorkloadState::Proved).then_some(moment),
        proof: None,
        end: None,
    };
    Workload {
        workload: ID,
        kind: "run".to_owned(),
        state,
        explain: String::new(),
        run: None,
        created: None,
        since: None,
        moves_on_ms: None,
        overtime: None,
        renewals: 0,
        attempts: vec![attempt],
        proof: None,
        end: None,
        timeline: Vec::new(),
    }
}

fn prover(address: String) -> api::Prover {
    let mut record = types::record::Prover::new(PROVER, VerdictKey([2; 96]), Amount(1), 1);
    record.address = types::Text::new(address).expect("short");
    api::Prover::from(&record)
}

/// A node that knows the chain and has no log. The workload is proved once it was asked about so often.
async fn other_node(prover_at: String, proved_after: usize) -> Client {
    let asked = Arc::new(AtomicUsize::new(0));
    let look = get(move || async move {
        let proved = asked.fetch_add(1, Ordering::SeqCst) >= proved_after;
        Json(workload(if proved { WorkloadState::Proved } else { WorkloadState::Proving }))
    });
    let routes = Router::new()
        .route("/v1/workloads/{id}", look)
        .route("/v1/workloads/{id}/log", get(|| async { refuse(problem::LOG_ELSEWHERE) }))
        .route("/v1/workloads/{id}/log/events", get(|| async { refuse(problem::LOG_ELSEWHERE) }))
        .route("/v1/provers/{id}", get(move || async move { Json(prover(prover_at)) }));
    Client::new(&serve(routes).await).expect("client")
}

fn piece(event: &str, text: Option<&str>, id: &str) -> String {
    let (event, text) = (event.to_owned(), text.map(str::to_owned));
    let said = LogEvent { event, attempt: 1, text, missed_bytes: None };
    format!("event: {}\nid: {id}\ndata: {}\n\n", said.event, serde_json::to_string(&said).expect("json"))
}

type Places = Arc<Mutex<Vec<Option<String>>>>;

/// The prover's node: its first answer breaks off after a piece.
async fn provers_node(places: Places) -> String {
    let events = get(|Shared(places): Shared<Places>, headers: HeaderMap| async move {
        let after = headers.get("last-event-id").map(|value| value.to_str().expect("text").to_owned());
        places.lock().expect("lock").push(after.clone());
        let body = match after.as_deref() {
            None => piece("text", Some("one\n"), "1-4"),
            Some("1-4") => piece("text", Some("two\n"), "1-8") + &piece("end", None, "1-8"),
            _ => piece("end", None, "1-8"),
        };
        ([(header::CONTENT_TYPE, "text/event-stream")], body)
    });
    let routes = Router::new()
        .route("/v1/workloads/{id}/log/events", events)
        .route("/v1/workloads/{id}/log", get(|| async { "one\ntwo\n" }))
        .with_state(places);
    serve(routes).await
}

#[tokio::test]
async fn a_log_is_followed_on_the_provers_node_and_nothing_is_told_twice() {
    let places = Places::default();
    let at = provers_node(places.clone()).await;
    let client = other_node(at.clone(), 4).await;
    let mut told = Vec::new();
    let mut tell = |part: LogPart<'_>| {
        told.push(match part {
            LogPart::At(node) => format!("at {node}"),
            LogPart::Event(event) => event.text.clone().unwrap_or_else(|| event.event.clone()),
        });
        true
    };
    client.follow_log(ID, None, &mut tell).await.expect("followed");
    assert_eq!(told, [format!("at {at}"), "one\n".to_owned(), "two\n".to_owned(), "end".to_owned()]);
    let places = places.lock().expect("lock");
    assert_eq!(places[..2], [None, Some("1-4".to_owned())]);
    assert!(places[2..].iter().all(|place| place.as_deref() == Some("1-8")), "{places:?}");
}

#[tokio::test]
async fn a_log_that_is_elsewhere_is_fetched_there() {
    let at = provers_node(Places::default()).await;
    let client = other_node(at, 0).await;
    assert_eq!(client.log_of_prover(ID, None).await.expect("fetched"), "one\ntwo\n");
}

#[tokio::test]
async fn who_wants_no_more_is_told_no_more() {
    let at = provers_node(Places::default()).await;
    let client = other_node(at, usize::MAX).await;
    let mut told = 0;
    let mut tell = |part: LogPart<'_>| {
        told += 1;
        matches!(part, LogPart::At(_))
    };
    client.follow_log(ID, None, &mut tell).await.expect("left");
    assert_eq!(told, 2);
}

#[tokio::test]
async fn a_prover_without_an_address_is_named() {
    let client = other_node(String::new(), 0).await;
    let error = client.follow_log(ID, None, &mut |_| true).await.expect_err("nobody to ask");
    assert_eq!(error.code(), "no-log");
    assert!(error.to_string().contains("no address"), "{error}");
}
