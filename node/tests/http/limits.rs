//! What holds for every request.

use crate::fake::{Reply, Served, tight};
use std::sync::Arc;
use tokio::sync::Notify;

#[tokio::test]
async fn headers_have_a_bound() {
    let served = Served::new().await;
    let long = served.client.get(served.url("/v1/status")).header("x-long", "a".repeat(17_000));
    assert_eq!(Reply::of(long).await.problem(), (431, "headers-too-large".to_owned()));
    let short = served.client.get(served.url("/v1/status")).header("x-short", "a".repeat(10_000));
    assert_eq!(Reply::of(short).await.status, 200);
}

#[tokio::test]
async fn so_many_requests_at_once_and_health_always() {
    let served = Served::within(tight()).await;
    let gate = Arc::new((Notify::new(), Notify::new()));
    *served.engine.gate.lock().expect("lock") = Some(gate.clone());
    let account = served.url(&format!("/v1/accounts/{}", "ab".repeat(32)));
    let waiting = tokio::spawn(Reply::of(served.client.get(account)));
    gate.0.notified().await;
    let reply = served.get("/v1/status").await;
    assert_eq!(reply.problem(), (429, "too-many-requests".to_owned()));
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(served.get("/health").await.status, 200);
    assert_eq!(served.get("/metrics").await.status, 200);
    gate.1.notify_one();
    assert_eq!(waiting.await.expect("answered").status, 200);
    *served.engine.gate.lock().expect("lock") = None;
    assert_eq!(served.get("/v1/status").await.status, 200);
}
