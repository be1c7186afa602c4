//! What one address may do. Tests come from loopback, which has quotas only where the operator wants it.

use crate::fake::Served;
use node::{Quota, StoreLimits};
use types::{BlobId, WorkloadId};

const BYTES: &str = "application/octet-stream";
const MIB: usize = 1 << 20;

async fn within(quota: Quota) -> Served {
    let store = StoreLimits { blob_bytes_max: 4 << 20, total_bytes_max: 64 << 20 };
    let quota = Quota { exempt_loopback: false, ..quota };
    Served::with(node::Http { quota, ..node::Http::default() }, store).await
}

#[tokio::test]
async fn an_address_that_asks_too_fast_is_told_when_to_come_back() {
    let served = within(Quota { requests_per_second: 1, requests_burst: 3, ..Quota::default() }).await;
    let refused = loop {
        let reply = served.get("/v1/status").await;
        if reply.status != 200 {
            break reply;
        }
    };
    assert_eq!(refused.problem(), (429, "rate".to_owned()));
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1), "{refused:?}");
    assert_eq!(served.get("/health").await.status, 200, "health answers always");
}

#[tokio::test]
async fn what_nobody_needs_is_bounded_and_what_a_workload_needs_is_free() {
    let served = within(Quota { upload_bytes_max: 3 << 20, ..Quota::default() }).await;
    let upload = async |byte: u8| served.post("/v1/blobs", BYTES, vec![byte; MIB]).await;
    assert_eq!((upload(1).await.status, upload(1).await.status), (201, 201), "the same is stored once");
    assert_eq!(upload(2).await.status, 201);
    let refused = upload(3).await;
    assert_eq!(refused.problem(), (429, "upload-quota".to_owned()));
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 3_000), "{refused:?}");
    assert_eq!(served.store.used_bytes(), 2 * MIB as u64, "nothing is left of what was refused");
    served.store.hold(WorkloadId([1; 32]), &[BlobId::of(&vec![1; MIB])], None).expect("held");
    assert_eq!(upload(3).await.status, 201, "a workload needs the first by now");
    assert_eq!(upload(4).await.problem(), (429, "upload-quota".to_owned()));
}

/// Else one who brings the same again each hour would keep the store full of what nobody needs, past all quotas.
#[tokio::test]
async fn what_is_there_already_counts_for_who_brings_it_again() {
    let served = within(Quota { upload_bytes_max: 3 << 20, ..Quota::default() }).await;
    served.store.put(&vec![1; MIB]).expect("stored by another");
    let upload = async |byte: u8| served.post("/v1/blobs", BYTES, vec![byte; MIB]).await;
    assert_eq!((upload(1).await.status, upload(1).await.status, upload(2).await.status), (201, 201, 201));
    assert_eq!(upload(3).await.problem(), (429, "upload-quota".to_owned()));
}

#[tokio::test]
async fn a_blob_that_never_fits_its_sender_is_too_large() {
    let served = within(Quota { upload_bytes_max: MIB as u64, ..Quota::default() }).await;
    let refused = served.post("/v1/blobs", BYTES, vec![1; 2 * MIB]).await;
    assert_eq!(refused.problem(), (413, "too-large".to_owned()));
    assert_eq!(served.store.used_bytes(), 0);
}

#[tokio::test]
async fn one_address_leaves_half_of_the_room_to_others() {
    let served = within(Quota::default()).await;
    let mut stored = 0;
    // Three quarters of 64 MiB are for uploads.
    while served.post("/v1/blobs", BYTES, [vec![stored; MIB - 1], vec![1]].concat()).await.status == 201 {
        stored += 1;
    }
    assert!((20..=24).contains(&stored), "{stored} MiB of 48");
}

/// Two of eight requests at once: without a bound of its own, one address that listens, or sends bodies slowly, would take all.
#[tokio::test]
async fn who_holds_requests_open_leaves_places_to_others() {
    let quota = Quota { exempt_loopback: false, ..Quota::default() };
    let served = Served::within(node::Http { quota, requests_max: 8, ..node::Http::default() }).await;
    let listen = async || served.client.get(served.url("/v1/events")).send().await.expect("a stream");
    let streams = [listen().await, listen().await];
    let refused = served.get("/v1/status").await;
    assert_eq!(refused.problem(), (429, "too-many-requests".to_owned()));
    assert_eq!(served.get("/health").await.status, 200, "health answers always");
    drop(streams);
    while served.get("/v1/status").await.status != 200 {}
}

#[tokio::test]
async fn who_opens_many_connections_leaves_some_to_others() {
    let quota = Quota { exempt_loopback: false, ..Quota::default() };
    let served = Served::within(node::Http { quota, connections_max: 8, ..node::Http::default() }).await;
    let address = served.url("").trim_start_matches("http://").to_owned();
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut connection = tokio::net::TcpStream::connect(&address).await.expect("a connection");
        assert_eq!(health(&mut connection).await, 12);
        open.push(connection);
    }
    let mut third = tokio::net::TcpStream::connect(&address).await.expect("the system takes it");
    assert_eq!(health(&mut third).await, 0, "it is closed");
    open.pop();
    while health(&mut tokio::net::TcpStream::connect(&address).await.expect("a connection")).await == 0 {}
}

/// How many of the first bytes of an answer come over a connection.
async fn health(connection: &mut tokio::net::TcpStream) -> usize {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let _ = connection.write_all(b"GET /health HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let mut begin = [0; 12];
    if connection.read_exact(&mut begin).await.is_ok() { begin.len() } else { 0 }
}
