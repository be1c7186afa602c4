//! Logs of attempts, while they run and afterwards.

use crate::{
    fake::Served,
    records::{attempt, workload},
};
use api::{LogEvent, paths};
use std::fs;
use types::{
    AccountId, Amount, Artifact, Data, List, Program, Resources, Runtime, State, Text, WorkloadId,
    host::{Execute, HostEvent, HostRequest},
    record::Prover,
    state_key,
    verdict::VerdictKey,
};

const ID: WorkloadId = WorkloadId([1; 32]);
const LINE: &str = "looping for ever";

fn path(rest: &str) -> String {
    format!("/v1/workloads/{ID}/log{rest}")
}

/// A node on which an attempt is under way, and that attempt.
async fn running() -> Served {
    let served = Served::proving().await;
    served.engine.put(state_key::workload(ID), &workload(State::Proving, vec![attempt(None, None)]));
    served.ask(&HostRequest::Execute(execute(&served)));
    served
}

fn execute(served: &Served) -> Execute {
    let artifact = |name: &str| {
        let path = format!("{}/../programs/artifacts/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
        let kept = served.store.put(&fs::read(path).expect("a committed artifact")).expect("kept");
        Artifact { blob: kept.blob, size: kept.size }
    };
    let program = Program {
        name: Text::truncated("test"),
        proof_system: Text::truncated("trivial/1"),
        runtime: Runtime::Wasm,
        prover: artifact("faulty/loops/prover"),
        verifier: artifact("trivial/verifier"),
        fuel_limit: 1,
    };
    let resources = Resources { cpus: 1, memory_mib: 64, ..Resources::default() };
    let (arguments, inputs) = (Data::default(), List::default());
    Execute { workload: ID, attempt: 1, program, arguments, inputs, resources, compute_ms: 600_000 }
}

/// An event of a stream, with its id.
fn parse(block: &str) -> (String, LogEvent) {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    (field("id:").to_owned(), serde_json::from_str(field("data:")).expect("an event"))
}

fn text(text: &str) -> LogEvent {
    LogEvent { event: "text".to_owned(), attempt: 1, text: Some(text.to_owned()), missed_bytes: None }
}

fn end() -> LogEvent {
    LogEvent { event: "end".to_owned(), attempt: 1, text: None, missed_bytes: None }
}

/// The next event of a stream.
async fn next(stream: &mut reqwest::Response) -> (String, LogEvent) {
    let mut block = String::new();
    while !block.ends_with("\n\n") || block.trim_start().starts_with(':') {
        if block.ends_with("\n\n") {
            block.clear();
        }
        let piece = stream.chunk().await.expect("a stream").expect("not its end");
        block.push_str(&String::from_utf8_lossy(&piece));
    }
    parse(&block)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_heard_while_its_program_runs_and_goes_on_where_a_reader_left() {
    let served = running().await;
    let mut stream = served.client.get(served.url(&path("/events"))).send().await.expect("a stream");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let line = format!("{LINE}\n");
    let (id, event) = next(&mut stream).await;
    assert_eq!((id.as_str(), event), (format!("1-{}", line.len()).as_str(), text(&line)));
    let so_far = served.get(&path("")).await;
    assert_eq!((so_far.header(paths::LOG_HEADER), so_far.header("cache-control")), ("running", "no-store"));
    assert_eq!(so_far.body, line);

    let url = served.url(&path("/events"));
    let later = served.client.get(&url).header("last-event-id", &id).send().await.expect("a stream");
    served.ask(&HostRequest::Stop { workload: ID, attempt: 1 });
    assert!(matches!(served.hear(0).await, HostEvent::Executed { .. }));
    assert_eq!(next(&mut stream).await.1, end());
    let rest = later.text().await.expect("to its end");
    assert_eq!(parse(rest.trim()), (id, end()));
    let kept = served.get(&path("")).await;
    assert_eq!((kept.header(paths::LOG_HEADER), &kept.body[..]), ("ended", line.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_ends_no_log() {
    let served = running().await;
    let mut stream = served.client.get(served.url(&path("/events"))).send().await.expect("a stream");
    assert_eq!(next(&mut stream).await.1, text(&format!("{LINE}\n")));
    served.stop().await;
    assert_eq!(stream.text().await.expect("text"), "", "cut off, not ended");
}

#[tokio::test]
async fn another_node_names_the_prover_that_has_the_log() {
    let served = Served::new().await;
    for rest in ["", "/events"] {
        assert_eq!(served.get(&path(rest)).await.problem(), (404, "not-found".to_owned()));
    }
    served.engine.put(state_key::workload(ID), &workload(State::Proving, vec![attempt(None, None)]));
    let silent = served.get(&path("/events")).await;
    assert_eq!(silent.problem(), (404, "no-log".to_owned()), "a prover that declares no address");
    let (account, key) = (AccountId([1; 32]), VerdictKey([2; 96]));
    let mut record = Prover::new(account, key, Amount(1), 1);
    record.address = Text::truncated("http://prover.example:1");
    served.engine.put(state_key::prover(account), &record);
    for rest in ["", "/events", "?attempt=1", "/events?attempt=1"] {
        let reply = served.get(&path(rest)).await;
        assert_eq!(reply.problem(), (404, "log-elsewhere".to_owned()), "{rest}");
        assert!(String::from_utf8_lossy(&reply.body).contains("http://prover.example:1"), "{reply:?}");
    }
    assert_eq!(served.get(&path("/events?attempt=2")).await.problem(), (404, "no-log".to_owned()));
}

#[tokio::test]
async fn a_place_that_makes_no_sense_is_refused() {
    let served = Served::new().await;
    for id in ["x", "1", "1-", "-1", "1-2-3", "99999-1"] {
        let request = served.client.get(served.url(&path("/events"))).header("last-event-id", id);
        assert_eq!(crate::fake::Reply::of(request).await.problem(), (400, "bad-request".to_owned()), "{id}");
    }
}
