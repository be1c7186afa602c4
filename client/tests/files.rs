//! Blobs in files against a server that loses connections and lies.

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::put,
};
use client::{Client, ClientError, Moved};
use std::{
    convert::Infallible,
    fs,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use types::BlobId;

const SIZE: usize = 1 << 20;

fn bytes() -> Vec<u8> {
    (0..SIZE).map(|at| (at / 251 + at) as u8).collect()
}

async fn client(routes: Router) -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Client::new(&format!("http://{address}")).expect("client")
}

fn quiet() -> Moved {
    Arc::new(|_, _| ())
}

/// From where a download is asked for.
fn first(request: &str) -> usize {
    let range = request.lines().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-'));
    range.and_then(|first| first.parse().ok()).expect("a range that is open at its end")
}

/// A server of one blob that ends every connection after so many bytes of an answer, and tells from where it was asked.
async fn brittle(data: Vec<u8>, most: usize, asked: Arc<Mutex<Vec<usize>>>) -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.expect("a request");
            let first = first(&String::from_utf8_lossy(&request[..read]));
            asked.lock().expect("lock").push(first);
            let (end, left) = (data.len().min(first + most), data.len() - first);
            let status = if left > 0 { "206 Partial Content" } else { "416 Range Not Satisfiable" };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {left}\r\nconnection: close\r\n\r\n");
            stream.write_all(&[head.as_bytes(), &data[first..end]].concat()).await.expect("sent");
            stream.shutdown().await.expect("closed");
        }
    });
    Client::new(&format!("http://{address}")).expect("client")
}

#[tokio::test]
async fn a_download_that_is_cut_off_goes_on_where_it_was() {
    let (dir, asked) = (tempfile::tempdir().expect("folder"), Arc::default());
    let client = brittle(bytes(), SIZE / 3, Arc::clone(&asked)).await;
    let (blob, file) = (BlobId::of(&bytes()), dir.path().join("file"));
    assert_eq!(client.blob_file(blob, &file, quiet()).await.expect("fetched"), SIZE as u64);
    assert_eq!(fs::read(&file).expect("read"), bytes());
    assert_eq!(fs::read_dir(dir.path()).expect("folder").count(), 1, "nothing else is left");
    let asked = asked.lock().expect("lock").clone();
    assert!(asked.len() >= 3 && asked.is_sorted() && asked[1] > 0, "{asked:?}");
}

#[tokio::test]
async fn bytes_of_another_blob_get_no_name() {
    let dir = tempfile::tempdir().expect("folder");
    let client = brittle(bytes(), SIZE, Arc::default()).await;
    let (blob, file) = (BlobId([1; 32]), dir.path().join("file"));
    let refused = client.blob_file(blob, &file, quiet()).await;
    assert!(matches!(refused, Err(ClientError::WrongBlob(wrong)) if wrong == blob));
    assert_eq!(fs::read_dir(dir.path()).expect("folder").count(), 0);
}

#[tokio::test]
async fn an_upload_is_read_as_it_is_sent_and_tells_how_far_it_is() {
    let dir = tempfile::tempdir().expect("folder");
    let file = dir.path().join("file");
    fs::write(&file, bytes()).expect("written");
    let take = |Path(name): Path<String>, body: Body| async move {
        let bytes = axum::body::to_bytes(body, SIZE).await.expect("a body");
        let stored = api::Stored { blob: BlobId::of(&bytes), size: bytes.len() as u64 };
        assert_eq!(name, stored.blob.to_string());
        Ok::<Response, Infallible>((StatusCode::CREATED, Json(stored)).into_response())
    };
    let client = client(Router::new().route("/v1/blobs/{id}", put(take))).await;
    let told: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
    let tells = told.clone();
    let stored =
        client.put_blob_file(&file, Arc::new(move |moved, all| tells.lock().expect("lock").push((moved, all))));
    assert_eq!(stored.await.expect("stored").blob, BlobId::of(&bytes()));
    let told = told.lock().expect("lock").clone();
    assert!(told.len() > 1 && told.is_sorted() && told.last() == Some(&(SIZE as u64, SIZE as u64)), "{told:?}");
    let missing = client.put_blob_file(&dir.path().join("nothing"), quiet()).await.expect_err("no file");
    assert_eq!(missing.code(), "file");
}
