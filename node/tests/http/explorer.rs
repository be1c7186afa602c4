//! The explorer's files.

use crate::fake::{Reply, Served};

const TYPES: &[(&str, &str)] = &[
    ("", "text/html; charset=utf-8"),
    ("index.html", "text/html; charset=utf-8"),
    ("app.js", "text/javascript; charset=utf-8"),
    ("pages/home.js", "text/javascript; charset=utf-8"),
    ("base.css", "text/css; charset=utf-8"),
    ("mark.svg", "image/svg+xml"),
    ("receipt.wasm", "application/wasm"),
];

#[tokio::test]
async fn files_are_served_with_their_type_and_a_strict_policy() {
    let served = Served::new().await;
    for (path, content) in TYPES {
        let reply = served.get(&format!("/explorer/{path}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, *content), "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert!(
            !["unsafe-inline", "'unsafe-eval'", "http:", "https:", "*"].iter().any(|it| policy.contains(it)),
            "{policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!reply.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn every_file_that_a_file_names_is_served() {
    let served = Served::new().await;
    let mut wanted = vec!["index.html".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = wanted.pop().filter(|path| seen.insert(path.clone())) {
        let reply = served.get(&format!("/explorer/{path}")).await;
        assert_eq!(reply.status, 200, "{path}");
        wanted.retain(|path| !seen.contains(path));
        wanted.extend(
            named(&path, &String::from_utf8_lossy(&reply.body)).into_iter().filter(|path| !seen.contains(path)),
        );
    }
    assert!(seen.len() > 30 && seen.contains("receipt.wasm") && seen.contains("pages/workload.js"), "{seen:?}");
}

/// The files that a file names between quotes, relative to it.
fn named(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_file =
        |it: &&str| [".js", ".css", ".svg", ".wasm"].iter().any(|ending| it.ends_with(ending)) && !it.contains(' ');
    let whole = |it: &str| match it.strip_prefix("../") {
        Some(above) => above.to_owned(),
        None if folder.is_empty() => it.trim_start_matches("./").to_owned(),
        None => format!("{folder}/{}", it.trim_start_matches("./")),
    };
    if path.ends_with(".wasm") { Vec::new() } else { text.split('"').filter(is_file).map(whole).collect() }
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let served = Served::new().await;
    let first = served.get("/explorer/app.js").await;
    let tag = first.header("etag").to_owned();
    let again = |tag: String| Reply::of(served.client.get(served.url("/explorer/app.js")).header("if-none-match", tag));
    let known = again(format!("\"other\", W/{tag}")).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, tag.as_str()));
    assert_eq!(again("\"other\"".to_owned()).await.body, first.body);
    assert_ne!(served.get("/explorer/dom.js").await.header("etag"), tag);
}

#[tokio::test]
async fn the_root_leads_to_the_page_and_what_is_not_there_is_a_problem() {
    let served = Served::new().await;
    for path in ["/", "/explorer"] {
        let reply = served.get(path).await;
        assert!(reply.status == 200 && reply.body.starts_with(b"<!doctype html>"), "{path}: {}", reply.status);
    }
    for path in ["/explorer/nothing.js", "/explorer/../Cargo.toml", "/explorer/%2e%2e/Cargo.toml", "/explorer/pages/"] {
        assert_eq!(served.get(path).await.problem(), (404, "not-found".to_owned()), "{path}");
    }
    assert_eq!(served.post("/explorer/app.js", "text/plain", "x").await.status, 405);
}
