//! What only the operator may ask.

use crate::fake::{Reply, Served};
use api::LogLevel;
use node::Operator;

const TOKEN: &str = "0123456789abcdefghij";

async fn with_token() -> (Served, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("folder");
    let file = dir.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
    let operator = Operator { token_file: Some(file), ..Operator::default() };
    (Served::within(node::Http { operator, ..node::Http::default() }).await, dir)
}

async fn asked(served: &Served, header: &str, value: &str) -> Reply {
    Reply::of(served.client.get(served.url("/metrics")).header(header, value)).await
}

#[tokio::test]
async fn a_token_is_asked_for_where_there_is_one() {
    let (served, _dir) = with_token().await;
    let without = served.get("/metrics").await;
    assert_eq!(without.problem(), (401, "unauthorized".to_owned()));
    assert_eq!(without.header("www-authenticate"), "Bearer");
    let wrong = asked(&served, "authorization", "Bearer 0123456789abcdefghiJ").await;
    assert_eq!(wrong.problem(), (401, "unauthorized".to_owned()));
    assert_eq!(asked(&served, "authorization", &format!("Bearer {TOKEN}")).await.status, 200);
    assert_eq!(served.get("/v1/status").await.status, 200, "what is public stays so");
}

#[tokio::test]
async fn without_a_token_a_page_that_has_its_name_resolve_to_this_machine_is_sent_away() {
    let served = Served::new().await;
    assert_eq!(served.get("/metrics").await.status, 200);
    let rebound = asked(&served, "host", "page.example").await;
    assert_eq!(rebound.problem(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn an_address_that_others_reach_serves_no_operator_without_a_token() {
    let listen = "0.0.0.0:1".parse().expect("an address");
    let tls = node::Tls { listen, cert: "cert.pem".into(), key: "key.pem".into() };
    let through_tls = node::Http { tls: Some(tls), ..node::Http::default() };
    for limits in [node::Http { listen, ..node::Http::default() }, through_tls] {
        let served = Served::within(limits).await;
        for path in ["/metrics", "/operator/log"] {
            assert_eq!(served.get(path).await.problem(), (404, "not-found".to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn an_address_of_its_own_takes_the_operator_from_the_api() {
    let listen = Some("127.0.0.1:1".parse().expect("an address"));
    let operator = Operator { listen, ..Operator::default() };
    let served = Served::within(node::Http { operator, ..node::Http::default() }).await;
    assert_eq!(served.get("/metrics").await.problem(), (404, "not-found".to_owned()));
}

#[tokio::test]
async fn what_is_logged_is_asked_and_changed() {
    let served = Served::new().await;
    let log = |log: &str| LogLevel { log: log.to_owned() };
    assert_eq!(served.get("/operator/log").await.json::<LogLevel>(), log("info"));
    let put = async |kind: &str, body: &'static str| {
        Reply::of(served.client.put(served.url("/operator/log")).header("content-type", kind).body(body)).await
    };
    let json = "application/json";
    assert_eq!(put(json, r#"{"log": "debug"}"#).await.json::<LogLevel>(), log("debug"));
    assert_eq!(served.get("/operator/log").await.json::<LogLevel>(), log("debug"));
    for (kind, body, status) in [
        ("text/plain", r#"{"log": "info"}"#, 415),
        (json, r#"{"log": "no filter"}"#, 400),
        (json, r#"{"log": "info", "more": 1}"#, 400),
        (json, "?", 400),
    ] {
        assert_eq!(put(kind, body).await.problem().0, status, "{kind} {body}");
    }
}
