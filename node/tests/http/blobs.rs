//! Blobs over HTTP.

use crate::fake::{Reply, Served};
use api::Stored;
use types::{BlobId, host::HostEvent};

const BYTES: &str = "application/octet-stream";

#[tokio::test]
async fn a_blob_goes_in_and_comes_out() {
    let served = Served::new().await;
    let data: Vec<u8> = (0..600_000_u32).map(|i| (i % 251) as u8).collect();
    let id = BlobId::of(&data);
    let path = format!("/v1/blobs/{id}");
    assert_eq!(served.get(&path).await.problem(), (404, "blob-absent".to_owned()));
    let reply = served.post("/v1/blobs", BYTES, data.clone()).await;
    assert_eq!((reply.status, reply.header("location")), (201, path.as_str()));
    assert_eq!(reply.json::<Stored>(), Stored { blob: id, size: 600_000 });
    assert_eq!(served.heard(), [HostEvent::Stored { blob: id, size: 600_000 }]);
    served.post("/v1/blobs", BYTES, data.clone()).await.json::<Stored>();
    assert_eq!(served.heard().len(), 2, "whoever was first may have gone away before it was told");

    let reply = served.get(&path).await;
    assert_eq!((reply.status, reply.body == data), (200, true));
    assert_eq!((reply.header("content-length"), reply.header("x-content-type-options")), ("600000", "nosniff"));
    let head = Reply::of(served.client.head(served.url(&path))).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "600000", 0));
}

#[tokio::test]
async fn a_name_takes_its_own_bytes_and_no_others() {
    let served = Served::new().await;
    let id = BlobId::of(b"these bytes");
    let put = |body: &'static str| Reply::of(served.client.put(served.url(&format!("/v1/blobs/{id}"))).body(body));
    assert_eq!(put("other bytes").await.problem(), (422, "hash-mismatch".to_owned()));
    assert_eq!((served.store.used_bytes(), served.heard()), (0, vec![]));
    assert_eq!(put("these bytes").await.status, 201);
    assert_eq!(served.get(&format!("/v1/blobs/{id}")).await.body, "these bytes");
    let nowhere = Reply::of(served.client.put(served.url("/v1/blobs/..%2f..%2fetc")).body("x")).await;
    assert_eq!(nowhere.problem(), (400, "bad-request".to_owned()));
}

#[tokio::test]
async fn too_much_is_refused_and_forgotten() {
    let served = Served::new().await;
    let reply = served.post("/v1/blobs", BYTES, vec![7; (1 << 20) + 1]).await;
    assert_eq!(reply.problem(), (413, "too-large".to_owned()));
    assert_eq!(served.store.used_bytes(), 0);
    for byte in 0..2 {
        assert_eq!(served.post("/v1/blobs", BYTES, vec![byte; 1 << 20]).await.status, 201);
    }
    let full = served.post("/v1/blobs", BYTES, vec![9; 1 << 20]).await;
    assert_eq!(full.problem(), (507, "store-full".to_owned()));
    assert!(String::from_utf8_lossy(&full.body).contains("limits.blobs_bytes_max"), "{full:?}");
    assert_eq!(served.store.used_bytes(), 2 << 20);
    served.store.put(&vec![9; 1 << 20]).expect("the node itself has room");
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let served = Served::new().await;
    let stored: Stored = served.post("/v1/blobs", BYTES, "").await.json();
    assert_eq!(stored, Stored { blob: BlobId::of(b""), size: 0 });
    assert_eq!(served.get(&format!("/v1/blobs/{}", stored.blob)).await.body, "");
}
