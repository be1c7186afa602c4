//! A node fetches a large blob from the APIs of others, honest and hostile ones.

use crate::fake::Served;
use axum::{Router, body::Body, extract::RawQuery, http::HeaderMap, routing::get};
use futures::{StreamExt as _, stream};
use node::{Http, StoreLimits};
use ports::Host as _;
use std::{convert::Infallible, future::pending, net::SocketAddr, sync::Arc};
use tokio::sync::Notify;
use types::{
    BlobId, List, Text, blob, codec,
    host::{HostEvent, HostRequest, PartResult},
    limits::PART_BYTES,
    part_map::PartMap,
};

/// A blob of many spans and a bit, by which its parts are told apart.
fn bytes() -> Vec<u8> {
    (0..40 * PART_BYTES + 777).map(|at| (at / 251 * 7 + at) as u8).collect()
}

async fn node() -> Served {
    let limits = StoreLimits { blob_bytes_max: 64 << 20, total_bytes_max: 128 << 20 };
    Served::with(Http::default(), limits).await
}

/// A node that has the blob.
async fn holder() -> (Served, BlobId, u64) {
    let served = node().await;
    let kept = served.store.put(&bytes()).expect("kept");
    (served, kept.blob, kept.size)
}

/// Has a node fetch a blob and waits for what it says.
async fn fetch(served: &Served, blob: BlobId, size: u64, sources: &[String]) -> (bool, PartMap) {
    let sources = List::truncated(sources.iter().map(|source| Text::truncated(source)).collect());
    let before = served.heard().len();
    served.host.perform(codec::encode(&HostRequest::Fetch { blob, size, sources }).into());
    match served.hear(before).await {
        HostEvent::Fetched { blob: named, size: said, whole, kept } => {
            assert_eq!((named, said), (blob, size));
            (whole, kept)
        }
        other => panic!("{other:?}"),
    }
}

fn address(of: SocketAddr) -> String {
    format!("http://{of}")
}

/// A source that answers with these headers and this body, whatever is asked.
async fn hostile<F: Future<Output = (HeaderMap, Body)> + Send>(
    answer: impl Fn(String) -> F + Clone + Send + Sync + 'static,
) -> String {
    let respond = move |RawQuery(query): RawQuery| {
        let answer = answer.clone();
        async move { answer(query.unwrap_or_default()).await }
    };
    let router = Router::new().fallback(get(respond));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let at = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address(at)
}

fn sized(size: u64) -> HeaderMap {
    HeaderMap::from_iter([("lemma-blob-size".parse().expect("name"), size.into())])
}

/// The first part that a request wants, and how many.
fn wanted(query: &str) -> (u32, u32) {
    let number = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.parse().ok()).expect("number");
    (number("first="), number("count="))
}

/// What an honest source would send.
fn row(data: &[u8], first: u32, count: u32) -> Vec<Vec<u8>> {
    let tree = blob::Tree::of(data);
    let part = |part| blob::encode_part(&tree, data, part).expect("part");
    (first..first + count)
        .map(part)
        .map(|part| [(part.len() as u32).to_le_bytes().as_slice(), &part].concat())
        .collect()
}

#[tokio::test]
async fn a_blob_comes_from_several_sources_at_once() {
    let ((one, blob, size), (two, ..), fetching) = (holder().await, holder().await, node().await);
    let sources = [address(one.address), address(two.address), "http://127.0.0.1:1".to_owned(), "nonsense".to_owned()];
    assert!(fetch(&fetching, blob, size, &sources).await.0);
    assert_eq!(fetching.store.read(blob, size).expect("read"), Some(bytes()));
    for source in [&one, &two] {
        let metrics = source.get("/metrics").await.body;
        assert!(!String::from_utf8_lossy(&metrics).contains("lemma_blobs_served_bytes_total 0\n"), "both served");
    }
}

#[tokio::test]
async fn what_is_there_is_not_fetched_again() {
    let ((one, blob, size), fetching, data) = (holder().await, node().await, bytes());
    let tree = blob::Tree::of(&data);
    for part in (0..blob::parts(size)).filter(|part| part % 3 != 1) {
        let encoded = blob::encode_part(&tree, &data, part).expect("part");
        assert_eq!(fetching.store.write_part(blob, size, part, &encoded), PartResult::Kept);
    }
    assert!(fetch(&fetching, blob, size, &[address(one.address)]).await.0);
    let metrics = one.get("/metrics").await.body;
    let line = String::from_utf8_lossy(&metrics)
        .lines()
        .find(|line| line.starts_with("lemma_blobs_served_bytes_total"))
        .map(str::to_owned);
    let served: u64 = line.and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a number");
    assert!((13 * PART_BYTES..15 * PART_BYTES).contains(&served), "{served}");
}

#[tokio::test]
async fn a_source_with_false_bytes_is_left_alone_and_what_was_right_of_it_is_kept() {
    let ((one, blob, size), fetching, data) = (holder().await, node().await, bytes());
    let liar = hostile(move |query| {
        let (first, count) = wanted(&query);
        let mut row = row(&data, first, count);
        if let Some(last) = row.last_mut() {
            last[1_000] ^= 1;
        }
        async move { (sized(size), Body::from(row.concat())) }
    })
    .await;
    let (whole, kept) = fetch(&fetching, blob, size, std::slice::from_ref(&liar)).await;
    // Once it has sent something right it gets a second worker, which finds the same.
    assert!(!whole && (15..=30).contains(&kept.count()), "spans but for their last parts: {}", kept.count());
    let refused = "lemma_refused_total{what=\"blob-source\",code=\"hash-mismatch\"} ";
    assert!(String::from_utf8_lossy(&fetching.get("/metrics").await.body).contains(refused));
    assert_eq!(fetch(&fetching, blob, size, std::slice::from_ref(&liar)).await.1, kept, "it is not asked again");
    assert!(fetch(&fetching, blob, size, &[liar, address(one.address)]).await.0);
}

#[tokio::test]
async fn nothing_that_a_source_does_keeps_the_blob_from_coming() {
    let ((one, blob, size), fetching) = (holder().await, node().await);
    let endless = || stream::repeat(Ok::<_, Infallible>(vec![0; 4096]));
    let hostile = [
        // Parts without end, parts that are too long, a row that is cut off, one that is followed by more.
        hostile(move |_| async move { (sized(size), Body::from_stream(endless())) }).await,
        hostile(move |_| async move {
            (sized(size), Body::from_stream(stream::once(async { Ok::<_, Infallible>(vec![255; 4]) }).chain(endless())))
        })
        .await,
        hostile(move |_| async move { (sized(size), Body::from(vec![0, 1])) }).await,
        hostile(move |query| async move {
            (sized(size), Body::from([row(&bytes(), wanted(&query).0, 1).concat(), vec![7; 9]].concat()))
        })
        .await,
        // Another size, none, and one that says nothing at all.
        hostile(move |_| async move { (sized(size + 1), Body::empty()) }).await,
        hostile(move |_| async move { (HeaderMap::new(), Body::empty()) }).await,
        hostile(|_| pending()).await,
    ];
    let sources = [hostile.as_slice(), &[address(one.address)]].concat();
    assert!(fetch(&fetching, blob, size, &sources).await.0);
    assert_eq!(fetching.store.read(blob, size).expect("read"), Some(bytes()));
}

#[tokio::test]
async fn a_blob_that_nobody_has_by_this_size_does_not_come() {
    let ((one, blob, size), fetching) = (holder().await, node().await);
    let sources = [address(one.address)];
    assert!(!fetch(&fetching, blob, size + 1, &sources).await.0);
    assert!(!fetch(&fetching, BlobId([1; 32]), size, &sources).await.0);
    assert!(!fetch(&fetching, blob, size, &[]).await.0);
    assert_eq!(fetching.store.used_bytes(), 0, "nothing was begun");
    assert!(fetch(&fetching, blob, size, &sources).await.0, "and nobody is blamed for it");
}

#[tokio::test]
async fn a_fetch_that_is_abandoned_ends_and_goes_on_where_it_was() {
    let ((one, blob, size), fetching, data) = (holder().await, node().await, bytes());
    let sent = Arc::new(Notify::new());
    let told = sent.clone();
    let stalls = hostile(move |query| {
        let (part, told) = (row(&data, wanted(&query).0, 1).concat(), told.clone());
        let stall = stream::once(async move {
            told.notify_one();
            pending().await
        });
        let body = stream::iter([Ok::<_, Infallible>(part)]).chain(stall);
        async move { (sized(size), Body::from_stream(body)) }
    })
    .await;
    let sources = List::new(vec![Text::truncated(&stalls)]).expect("one");
    fetching.host.perform(codec::encode(&HostRequest::Fetch { blob, size, sources }).into());
    sent.notified().await;
    fetching.host.perform(codec::encode(&HostRequest::Abandon { blob, size }).into());
    assert!(fetch(&fetching, blob, size, &[address(one.address)]).await.0);
}

#[tokio::test]
async fn rows_of_parts_are_bounded() {
    let (one, blob, _) = holder().await;
    let ask = |query: &str| {
        let path = format!("/v1/blobs/{blob}/parts?{query}");
        let one = &one;
        async move { one.get(&path).await.problem() }
    };
    for query in [
        "first=0&count=0",
        "first=0&count=65",
        "first=41&count=1",
        "first=4294967295&count=2",
        "first=0",
        "first=-1&count=1",
    ] {
        assert_eq!(ask(query).await, (400, "bad-request".to_owned()), "{query}");
    }
    let absent = one.get(&format!("/v1/blobs/{}/parts?first=0&count=1", BlobId([1; 32]))).await;
    assert_eq!(absent.problem(), (404, "blob-absent".to_owned()));
}
