//! What is served at `/metrics`, and the page that lists it. `UPDATE_DOCS=1 cargo test -p node --test one` writes the page.

use crate::alone::alone;
use node::{ENGINE_METRICS, METRICS, Metric};
use std::{collections::BTreeSet, env, fs, path::Path, time::Duration};
use tokio::net::TcpListener;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
const BEGIN: &str = "# Metrics

<!-- Written from node/src/metrics.rs: UPDATE_DOCS=1 cargo test -p node --test one -->

Every node serves its metrics at `/metrics`, as Prometheus reads them. [Rules and a dashboard](https://github.com/lemma-network/lemma/tree/main/ops)
are in `ops/`; `just ops-check` compares every metric that they name with a running node.

";

fn table(title: &str, metrics: &[Metric]) -> String {
    let row = |it: &Metric| format!("| `{}` | {} | {} | {} |\n", it.name, it.kind, it.labels, it.help);
    let rows: String = metrics.iter().map(row).collect();
    format!("## {title}\n\n| metric | kind | labels | what it says |\n| --- | --- | --- | --- |\n{rows}\n")
}

fn page() -> String {
    let own = "What a node counts itself";
    let engine = "What the engine counts";
    let more = "The engine serves some hundred more, of each peer and each store; each says what it is in its `# HELP` line.\n";
    let note = "Gauges of attempts, programs and the breaker are served by provers alone.\n\n";
    format!("{BEGIN}{}{note}{}{more}", table(own, METRICS), table(engine, ENGINE_METRICS))
}

#[test]
fn the_page_lists_what_is_served() {
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, page()).expect("written");
    }
    let there = fs::read_to_string(PAGE).unwrap_or_default();
    assert_eq!(there, page(), "docs/metrics.md is old: UPDATE_DOCS=1 cargo test -p node --test one writes it anew");
}

/// Names of families: what a histogram counts in parts has its name too.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next());
    words.map(|name| name.strip_suffix("_bucket").unwrap_or(name)).collect()
}

async fn served(url: &str, wanted: &BTreeSet<&str>) -> String {
    loop {
        let text = reqwest::get(url).await.expect("an answer").text().await.expect("text");
        // What nothing has happened to is not there yet.
        if wanted.is_subset(&names(&text)) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_what_the_lists_name() {
    // An error means that another test chose before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().expect("folder");
    let config = alone(Path::new(dir.path()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let running = node::start(config, &[], None, listener).await.expect("it starts");
    let wanted: BTreeSet<&str> = ENGINE_METRICS.iter().map(|it| it.name).collect();
    let url = format!("http://{}/metrics", running.http);
    let text = tokio::time::timeout(Duration::from_secs(120), served(&url, &wanted)).await.expect("all of them");
    let own: BTreeSet<&str> = METRICS.iter().map(|it| it.name).collect();
    let unlisted: Vec<&str> =
        names(&text).into_iter().filter(|it| it.starts_with("lemma_") && !own.contains(it)).collect();
    assert_eq!(unlisted, Vec::<&str>::new(), "every metric of the node stands in its list");
    running.stop().await;
}
