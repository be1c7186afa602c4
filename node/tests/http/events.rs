//! The event stream.

use crate::fake::{Served, pending, tight};
use api::Event;
use types::{AccountId, ChainEvent, Height, List, TxId, WorkloadId, event::Outcome, genesis::PeerId, host::Notice};

/// The events of a stream that has ended, with their names and ids.
fn parse(text: &str) -> Vec<(String, String, Event)> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim_start().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let event = |block: &str| serde_json::from_str(&field(block, "data:")).expect("an event");
    blocks.map(|block| (field(block, "event:"), field(block, "id:"), event(block))).collect()
}

fn progress(workload: u8) -> Notice {
    Notice::Progress { workload: WorkloadId([workload; 32]), attempt: 1, permille: 500 }
}

/// A block in which a run of this account came in.
fn block(height: u64, sender: u8) -> Notice {
    let queued = ChainEvent::Queued { workload: WorkloadId([sender; 32]), sender: AccountId([sender; 32]) };
    let outcome = Outcome { height: Height(height), events: List::truncated(vec![queued]) };
    let (hash, leader) = ([1; 32], PeerId([3; 32]));
    Notice::Final { height, hash, time_ms: height, leader, transactions: vec![], outcome }
}

/// A stream, gone on with after an event.
async fn open(served: &Served, path: &str, heard: &str) -> reqwest::Response {
    let request = served.client.get(served.url(path)).header("last-event-id", heard);
    request.send().await.expect("an answer")
}

/// The ids of all events, or the names of those that have none.
async fn told(stream: reqwest::Response) -> Vec<String> {
    let events = parse(&stream.text().await.expect("text"));
    events.into_iter().map(|(name, id, _)| if id.is_empty() { name } else { id }).collect()
}

#[tokio::test]
async fn listeners_hear_everything_or_what_concerns_them_until_the_node_stops() {
    let served = Served::new().await;
    let listen = async |query: &str| served.client.get(served.url(&format!("/v1/events{query}"))).send().await;
    let all = listen("").await.expect("a stream");
    let (workload, account) = (WorkloadId([2; 32]), AccountId([5; 32]));
    let one = listen(&format!("?workload={workload}")).await.expect("a stream");
    let own = listen(&format!("?account={account}")).await.expect("a stream");
    let none = listen(&format!("?prover={account}")).await.expect("a stream");
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    served.publish(progress(1));
    served.publish(pending(TxId([2; 32]), "run"));
    served.publish(progress(2));
    served.publish(block(8, 5));
    served.stop().await;
    assert_eq!(told(all).await, ["progress", "pending", "progress", "8-0", "8-1"]);
    let heard = parse(&one.text().await.expect("text"));
    let names: Vec<_> = heard.iter().map(|(name, _, event)| (name.as_str(), event.permille)).collect();
    assert_eq!(names, [("pending", None), ("progress", Some(500))]);
    assert_eq!(told(own).await, ["8-0"]);
    assert_eq!(told(none).await, [""; 0]);
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_that_was_heard() {
    let served = Served::new().await;
    served.publish(block(8, 5));
    served.publish(block(9, 6));
    let all = open(&served, "/v1/events", "8-0").await;
    let own = open(&served, &format!("/v1/events?account={}", AccountId([6; 32])), "8-1").await;
    let nothing_missed = open(&served, "/v1/events", "9-1").await;
    let ahead = open(&served, "/v1/events", "10-1").await;
    let old = open(&served, "/v1/events", "0-0").await;
    let other_chain = open(&served, "/v1/events", "900000-0").await;
    for hostile in ["x", "7", "0-", "1-18446744073709551616", "é"] {
        assert_eq!(open(&served, "/v1/events", hostile).await.status(), 400, "{hostile}");
    }
    served.publish(block(10, 7));
    served.stop().await;
    assert_eq!(told(all).await, ["8-1", "9-0", "9-1", "10-0", "10-1"]);
    assert_eq!(told(own).await, ["9-0"]);
    assert_eq!(told(nothing_missed).await, ["10-0", "10-1"]);
    assert_eq!(told(ahead).await, [""; 0]);
    assert_eq!(told(old).await, ["gap", "8-0", "8-1", "9-0", "9-1", "10-0", "10-1"]);
    assert_eq!(told(other_chain).await, ["gap", "10-0", "10-1"]);
}

#[tokio::test]
async fn there_are_so_many_listeners_and_no_more() {
    let served = Served::within(tight()).await;
    let first = served.client.get(served.url("/v1/events")).send().await.expect("a stream");
    let reply = served.get("/v1/events").await;
    assert_eq!(reply.problem(), (429, "too-many-requests".to_owned()));
    assert_eq!(served.get("/v1/status").await.status, 200, "streams take no room from requests");
    drop(first);
}
