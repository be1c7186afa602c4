//! Lists over their pages, and event streams over broken connections, against a server that answers as a node would.

use api::{Event, GAP, LAGGED, WorkloadState, WorkloadSummary, Workloads};
use axum::{
    Json, Router,
    extract::{Query, State as Shared},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use client::{Client, EventFilter, Heights, WorkloadFilter};
use futures::{StreamExt as _, TryStreamExt as _};
use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;
use types::{AccountId, ProgramId, WorkloadId};

/// A client of a server with these routes.
async fn client(routes: Router) -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Client::new(&format!("http://{address}")).expect("client")
}

type Asked = BTreeMap<String, String>;

/// What was asked for, each time.
type Heard = Arc<Mutex<Vec<Asked>>>;

fn summary(number: u8) -> WorkloadSummary {
    WorkloadSummary {
        workload: WorkloadId([number; 32]),
        sender: None,
        program: None,
        created: None,
        state: WorkloadState::Verified,
        since: None,
        attempt: 1,
        prover: None,
    }
}

/// Seven workloads in pages.
async fn seven(Shared(heard): Shared<Heard>, Query(asked): Query<Asked>) -> Json<Workloads> {
    let limit: usize = asked["limit"].parse().expect("a number");
    let first = asked.get("cursor").map_or(0, |cursor| cursor.parse().expect("a number"));
    heard.lock().expect("lock").push(asked);
    let workloads: Vec<_> = (0..7).skip(first).take(limit).map(summary).collect();
    let next = (first + limit < 7).then(|| (first + limit).to_string());
    Json(Workloads { workloads, next })
}

#[tokio::test]
async fn a_list_is_a_stream_over_its_pages() {
    let heard = Heard::default();
    let client = client(Router::new().route("/v1/workloads", get(seven)).with_state(heard.clone())).await;
    let filter = WorkloadFilter {
        account: Some(AccountId([1; 32])),
        program: Some(ProgramId([2; 32])),
        state: Some(WorkloadState::Verified),
        prover: Some(AccountId([3; 32])),
        heights: Heights { from: Some(4), to: Some(5) },
    };
    let all: Vec<_> = client.workloads(&filter).limit(3).items().try_collect().await.expect("all");
    assert_eq!(all, (0..7).map(summary).collect::<Vec<_>>());
    let heard = std::mem::take(&mut *heard.lock().expect("lock"));
    assert_eq!(
        heard.iter().map(|it| it.get("cursor").map(String::as_str)).collect::<Vec<_>>(),
        [None, Some("3"), Some("6")]
    );
    let expected = [
        ("account", "01".repeat(32)),
        ("from", "4".to_owned()),
        ("limit", "3".to_owned()),
        ("program", "02".repeat(32)),
        ("prover", "03".repeat(32)),
        ("state", "verified".to_owned()),
        ("to", "5".to_owned()),
    ];
    assert_eq!(heard[0], Asked::from(expected.map(|(name, value)| (name.to_owned(), value))));
}

#[tokio::test]
async fn only_the_pages_that_are_wanted_are_asked_for() {
    let heard = Heard::default();
    let client = client(Router::new().route("/v1/workloads", get(seven)).with_state(heard.clone())).await;
    let first: Vec<_> =
        client.workloads(&WorkloadFilter::default()).limit(2).items().take(2).try_collect().await.expect("two");
    assert_eq!(first.len(), 2);
    assert_eq!(heard.lock().expect("lock").len(), 1);
}

#[tokio::test]
async fn a_node_that_goes_round_in_circles_is_not_followed() {
    let page =
        |Query(_): Query<Asked>| async { Json(Workloads { workloads: vec![summary(1)], next: Some("1".to_owned()) }) };
    let client = client(Router::new().route("/v1/workloads", get(page))).await;
    let all: Vec<_> = client.workloads(&WorkloadFilter::default()).items().try_collect().await.expect("an end");
    assert_eq!(all.len(), 2);
}

/// The event that a stream was to go on after, and its filter.
type Resumed = (Option<String>, Asked);

/// A node whose streams are these, one after the other, and then none. Hears what each was to go on after.
#[derive(Clone, Default)]
struct Streams {
    left: Arc<Mutex<VecDeque<String>>>,
    asked: Arc<Mutex<Vec<Resumed>>>,
}

impl Streams {
    async fn client(&self, streams: &[String]) -> Client {
        self.left.lock().expect("lock").extend(streams.iter().cloned());
        client(Router::new().route("/v1/events", get(Self::serve)).with_state(self.clone())).await
    }

    async fn serve(Shared(it): Shared<Self>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
        let after = headers.get("last-event-id").map(|value| value.to_str().expect("text").to_owned());
        it.asked.lock().expect("lock").push((after, asked));
        match it.left.lock().expect("lock").pop_front() {
            Some(stream) => ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response(),
            None => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    fn after(&self) -> Vec<Option<String>> {
        self.asked.lock().expect("lock").iter().map(|(after, _)| after.clone()).collect()
    }
}

fn told(event: &str, id: &str) -> String {
    let data = serde_json::to_string(&Event { event: event.to_owned(), ..Event::default() }).expect("json");
    if id.is_empty() {
        format!("event: {event}\ndata: {data}\n\n")
    } else {
        format!("id: {id}\nevent: {event}\ndata: {data}\n\n")
    }
}

/// Everything that is heard until the node refuses to go on.
async fn all(client: &Client, filter: EventFilter, after: Option<&str>) -> Vec<(String, String)> {
    let events = client.events(filter, after).await.expect("a stream");
    let heard = events.take_while(|event| std::future::ready(event.is_ok()));
    heard.map(|event| event.expect("an event")).map(|(event, id)| (event.event, id)).collect().await
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(event, id)| ((*event).to_owned(), (*id).to_owned())).collect()
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_after_the_last_event_of_the_chain() {
    let streams = Streams::default();
    let first = [told("block", "3-1"), told("pending", "")].concat();
    let second = [told(GAP, ""), told("block", "9-0"), told(LAGGED, "")].concat();
    let client = streams.client(&[first, second, told("block", "10-0")]).await;
    let prover = EventFilter { prover: Some(AccountId([7; 32])), ..EventFilter::default() };
    let heard = all(&client, prover, Some("2-5")).await;
    let expected = [("block", "3-1"), ("pending", "3-1"), (GAP, "3-1"), ("block", "9-0"), ("block", "10-0")];
    assert_eq!(heard, pairs(&expected));
    assert_eq!(streams.after(), ["2-5", "3-1", "9-0", "10-0"].map(|id| Some(id.to_owned())));
    let asked = streams.asked.lock().expect("lock");
    assert!(asked.iter().all(|(_, query)| query["prover"] == "07".repeat(32) && query.len() == 1));
}

#[tokio::test]
async fn who_has_heard_of_no_place_is_told_of_the_gap() {
    let streams = Streams::default();
    let client = streams.client(&[told("pending", ""), told("block", "4-0")]).await;
    let heard = all(&client, EventFilter::of(WorkloadId([1; 32])), None).await;
    assert_eq!(heard, pairs(&[("pending", ""), (GAP, ""), ("block", "4-0")]));
    assert_eq!(streams.after(), [None, None, Some("4-0".to_owned())]);
}
