//! Ids of requests, pages of other hosts, and whether the node is well.

use crate::fake::{Reply, Served};
use node::Cors;
use ports::{ReadError, Status};
use reqwest::Method;

const ACCOUNT: &str = "/v1/accounts/abababababababababababababababababababababababababababababababab";
const PAGE: &str = "https://page.example";

async fn asked(served: &Served, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = served.client.request(method, served.url(path));
    Reply::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let served = Served::new().await;
    let named = asked(&served, Method::GET, "/v1/status", &[("x-request-id", "order-7_a.b")]).await;
    assert_eq!(named.header("x-request-id"), "order-7_a.b");
    for given in ["", "a b", "a\"b", "<b>", &"a".repeat(65)] {
        let reply = asked(&served, Method::GET, "/v1/status", &[("x-request-id", given)]).await;
        let made = reply.header("x-request-id");
        assert!(made.len() == 16 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given:?} became {made:?}");
    }
    let (one, other) = (served.get("/v1/status").await, served.get("/v1/status").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn a_problem_names_the_request_it_happened_to() {
    let served = Served::new().await;
    let reply = asked(&served, Method::GET, "/nothing", &[("x-request-id", "mine")]).await;
    let problem: api::Problem = serde_json::from_slice(&reply.body).expect("a problem");
    assert_eq!(problem.instance.as_deref(), Some("urn:lemma:request:mine"));
    assert_eq!(reply.problem(), (404, "not-found".to_owned()));
    let absent = asked(&served, Method::HEAD, "/v1/blobs/00", &[]).await;
    assert_eq!((absent.status, absent.body.len()), (400, 0));
    assert!(!absent.header("x-request-id").is_empty());
}

#[tokio::test]
async fn any_page_may_read_and_none_may_write_unless_told() {
    let served = Served::new().await;
    let read = asked(&served, Method::GET, "/v1/status", &[("origin", PAGE)]).await;
    assert_eq!(read.header("access-control-allow-origin"), "*");
    assert!(read.header("access-control-expose-headers").contains("x-request-id"));
    assert_eq!(read.header("access-control-allow-credentials"), "");
    let refused = asked(&served, Method::GET, "/nothing", &[("origin", PAGE)]).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (404, "*"), "problems can be read too");
    let wrote = asked(&served, Method::POST, "/v1/blobs", &[("origin", PAGE)]).await;
    assert_eq!(wrote.header("access-control-allow-origin"), "");
    let wish = [("origin", PAGE), ("access-control-request-method", "POST")];
    let preflight = asked(&served, Method::OPTIONS, "/v1/transactions", &wish).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, "GET, HEAD"));
    let own = asked(&served, Method::GET, "/metrics", &[("origin", PAGE)]).await;
    assert_eq!((own.status, own.header("access-control-allow-origin")), (200, ""), "figures are the operator's");
    assert_eq!(served.get("/v1/status").await.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn pages_that_are_named_may_write_and_others_not_even_read() {
    let cors = Cors { read: Vec::new(), write: vec![PAGE.to_owned()] };
    let served = Served::within(node::Http { cors, ..node::Http::default() }).await;
    let wish = |origin| [("origin", origin), ("access-control-request-method", "PUT")];
    let preflight = asked(&served, Method::OPTIONS, ACCOUNT, &wish(PAGE)).await;
    assert_eq!(preflight.header("access-control-allow-methods"), "GET, HEAD, POST, PUT");
    assert_eq!(preflight.header("access-control-allow-origin"), PAGE);
    assert!(preflight.header("access-control-allow-headers").contains("content-type"));
    let wrote = asked(&served, Method::POST, "/v1/blobs", &[("origin", PAGE)]).await;
    assert_eq!((wrote.header("access-control-allow-origin"), wrote.header("vary")), (PAGE, "origin"));
    for origin in ["https://other.example", "null", "https://page.example.evil.example"] {
        let preflight = asked(&served, Method::OPTIONS, ACCOUNT, &wish(origin)).await;
        assert_eq!(preflight.header("access-control-allow-methods"), "", "{origin}");
        let read = asked(&served, Method::GET, ACCOUNT, &[("origin", origin)]).await;
        assert_eq!((read.header("access-control-allow-origin"), read.header("vary")), ("", "origin"), "{origin}");
    }
}

#[tokio::test]
async fn options_without_a_wish_is_another_method() {
    let served = Served::new().await;
    let reply = asked(&served, Method::OPTIONS, "/v1/status", &[("origin", PAGE)]).await;
    assert_eq!(reply.problem(), (405, "method-not-allowed".to_owned()));
}

#[tokio::test]
async fn a_node_is_up_while_its_engine_lives_and_ready_while_it_keeps_up() {
    let served = Served::new().await;
    assert_eq!(served.get("/health").await.status, 200);
    let behind = served.get("/ready").await;
    assert_eq!(behind.problem(), (503, "not-ready".to_owned()), "its last block is of 1970");
    assert!(String::from_utf8_lossy(&behind.body).contains("behind, or the network has halted"));
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let fresh = Status { height: 8, time_ms: since.as_millis() as u64, peers: 3, ..Status::default() };
    *served.engine.status.lock().expect("lock") = Some(fresh);
    assert_eq!(served.get("/ready").await.json::<api::Health>(), api::Health { height: 8, peers: 3 });
    *served.engine.failing.lock().expect("lock") = Some(ReadError::Busy);
    assert_eq!(served.get("/health").await.status, 200, "who is busy is alive");
    *served.engine.failing.lock().expect("lock") = Some(ReadError::Stopped);
    assert_eq!(served.get("/health").await.problem(), (503, "stopped".to_owned()));
    let dead = served.get("/ready").await;
    assert_eq!(dead.problem(), (503, "not-ready".to_owned()));
    assert!(String::from_utf8_lossy(&dead.body).contains("the engine has stopped"));
}
