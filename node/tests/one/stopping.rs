//! How a node ends.

use crate::alone::alone;
use node::{Config, Http, NodeError, P2p};
use std::{fs, net::TcpListener, path::PathBuf, time::Duration};

/// Only what never comes takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

async fn ended(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), NodeError> {
    tokio::time::timeout(PATIENCE, node::run(config, &[], None, shutdown)).await.expect("it ends")
}

/// The folders that the engine keeps.
fn kept(config: &Config) -> Vec<PathBuf> {
    let entries = fs::read_dir(config.data.join("engine")).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_ends_in_order_when_asked_and_with_an_error_when_its_engine_fails() {
    let dir = tempfile::tempdir().expect("folder");
    let config = alone(dir.path());
    let begun = async {
        while kept(&config).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    ended(config.clone(), begun).await.expect("in order");
    // The engine does not find what it kept: it fails in its own thread, after the start.
    for folder in kept(&config) {
        fs::remove_dir_all(&folder).expect("removed");
        fs::write(&folder, b"no folder").expect("written");
    }
    let error = ended(config, std::future::pending()).await.expect_err("it cannot go on");
    assert!(matches!(error, NodeError::EngineStopped), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_waits_for_the_addresses_of_one_that_was_killed_but_not_for_ever() {
    let dir = tempfile::tempdir().expect("folder");
    let alone = alone(dir.path());
    let held = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (http, p2p) = (held(), held());
    let address = |listener: &TcpListener| listener.local_addr().expect("an address");
    let config = Config {
        http: Http { listen: address(&http), ..alone.http.clone() },
        p2p: P2p { listen: Some(address(&p2p).to_string()), ..alone.p2p.clone() },
        ..alone
    };
    let error = ended(config.clone(), std::future::pending()).await.expect_err("it is taken");
    assert!(matches!(error, NodeError::Listen { section: "http", .. }), "{error}");
    drop(http);
    let error = ended(config.clone(), std::future::pending()).await.expect_err("it is taken");
    assert!(matches!(error, NodeError::Listen { section: "p2p", .. }), "{error}");
    let freed = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(p2p);
    });
    ended(config.clone(), async {}).await.expect("in order");
    freed.join().expect("freed");
}
