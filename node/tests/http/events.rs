//! The event stream.

use crate::fake::{Served, pending, tight};
use api::Event;
use types::{TxId, WorkloadId, host::Notice};

/// The events of a stream that has ended, with their names and numbers.
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

#[tokio::test]
async fn listeners_hear_everything_or_one_workload_until_the_node_stops() {
    let served = Served::new().await;
    let all = served.client.get(served.url("/v1/events")).send().await.expect("a stream");
    let path = format!("/v1/events?workload={}", WorkloadId([2; 32]));
    let one = served.client.get(served.url(&path)).send().await.expect("a stream");
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    served.publish(progress(1));
    served.publish(pending(TxId([2; 32]), "run"));
    served.publish(progress(2));
    served.stop().await;
    let heard = parse(&all.text().await.expect("text"));
    let told: Vec<_> = heard.iter().map(|(name, id, _)| (name.as_str(), id.as_str())).collect();
    assert_eq!(told, [("progress", "0"), ("pending", "1"), ("progress", "2")]);
    let heard = parse(&one.text().await.expect("text"));
    assert_eq!(heard.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(heard[1].2.permille, Some(500));
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
