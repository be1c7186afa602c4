//! The host with a real executor, on the committed artifacts.

use bytes::Bytes;
use executor::{Executor, Settings};
use node::{Host, HostSetup, Index, Prover, Share, Store, StoreLimits};
use ports::{Host as _, Inbox};
use std::{fs, sync::Arc, sync::mpsc};
use tempfile::TempDir;
use types::{
    Artifact, BlobId, ChainId, Data, Input, InputRole, InputSource, List, Params, Program, Resources, Runtime, Text,
    Verdict, WorkloadId, codec,
    genesis::PeerId,
    host::{Execute, ExecuteOutcome, HostEvent, HostRequest, PartResult, Verify},
    message::{Bundle, FailKind},
};

/// Hands on what the host says to the test.
struct Listening(mpsc::Sender<HostEvent>);

impl Inbox for Listening {
    fn deliver(&self, bytes: Bytes, _delay_ms: u64) -> bool {
        self.0.send(codec::decode(&bytes, 1 << 22).expect("an event")).is_ok()
    }
}

struct Bench {
    host: Host,
    store: Arc<Store>,
    heard: mpsc::Receiver<HostEvent>,
    dir: TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        let limits = StoreLimits { blob_bytes_max: 1 << 28, total_bytes_max: 1 << 30 };
        let store = Arc::new(Store::open(&dir.path().join("blobs"), limits).expect("store"));
        let executor = Executor::new(&dir.path().join("programs"), Settings::default()).expect("executor");
        let capacity = Share { cores: 2, memory_bytes: 1 << 30 };
        let host = Host::new(HostSetup {
            runtime: runtime.handle().clone(),
            store: store.clone(),
            index: Arc::new(
                Index::open(&dir.path().join("index.sqlite"), ChainId([1; 32]), Vec::new()).expect("index"),
            ),
            prover: Some(Prover { executor: Arc::new(executor), native: None, capacity }),
            params: Params::default(),
            allow_private: false,
            breaker: Default::default(),
        });
        let (sender, heard) = mpsc::channel();
        host.attach(Arc::new(Listening(sender)));
        Self { host, store, heard, dir, _runtime: runtime }
    }

    fn ask(&self, request: &HostRequest) {
        self.host.perform(codec::encode(request).into());
    }

    /// Waits for the next event; the host always answers, however long a loaded machine takes.
    fn hear(&self) -> HostEvent {
        self.heard.recv().expect("the host is there")
    }

    fn artifact(&self, path: &str) -> Artifact {
        let path = format!("{}/../programs/artifacts/{path}.wasm", env!("CARGO_MANIFEST_DIR"));
        let kept = self.store.put(&fs::read(path).expect("a committed artifact")).expect("kept");
        Artifact { blob: kept.blob, size: kept.size }
    }

    fn program(&self, prover: &str) -> Program {
        Program {
            name: Text::truncated("test"),
            proof_system: Text::truncated("trivial/1"),
            runtime: Runtime::Wasm,
            prover: self.artifact(prover),
            verifier: self.artifact("trivial/verifier"),
            fuel_limit: 100_000_000,
        }
    }

    fn execute(&self, prover: &str, compute_ms: u64) -> Execute {
        let statement = InputSource::Inline(Data::new(b"statement".to_vec()).expect("small"));
        Execute {
            workload: WorkloadId([1; 32]),
            attempt: 1,
            program: self.program(prover),
            arguments: Data::default(),
            inputs: List::truncated(vec![Input { role: InputRole::Statement, source: statement }]),
            resources: Resources {
                cpus: 1,
                memory_mib: 256,
                disk_mib: 0,
                gpus: 0,
                gpu_class: 0,
                ..Resources::default()
            },
            compute_ms,
        }
    }

    fn outcome(&self, execute: Execute) -> ExecuteOutcome {
        self.ask(&HostRequest::Execute(execute));
        match self.hear() {
            HostEvent::Executed { workload, attempt: 1, outcome } if workload == WorkloadId([1; 32]) => outcome,
            other => panic!("{other:?}"),
        }
    }

    fn verdict(&self, proof: BlobId, statement: &[u8]) -> (Option<Verdict>, String) {
        let statement = InputSource::Inline(Data::new(statement.to_vec()).expect("small"));
        self.ask(&self.verify(proof, statement));
        match self.hear() {
            HostEvent::Verified { proof: about, verdict, reason, .. } if about == proof => {
                (verdict, reason.to_string())
            }
            other => panic!("{other:?}"),
        }
    }

    fn verify(&self, proof: BlobId, statement: InputSource) -> HostRequest {
        HostRequest::Verify(Verify {
            workload: WorkloadId([1; 32]),
            attempt: 1,
            proof,
            verifier: self.artifact("trivial/verifier"),
            fuel_limit: 100_000_000,
            statement: List::truncated(vec![statement]),
        })
    }

    /// Stores a blob and overwrites it.
    fn damaged(&self) -> BlobId {
        let blob = self.store.put(b"whole").expect("kept").blob;
        let name = blob.to_string();
        fs::write(self.dir.path().join("blobs").join(&name[..2]).join(&name), b"other").expect("written");
        blob
    }

    /// The host says that a blob is not here, without having been asked.
    fn missed(&self, blob: BlobId) {
        assert_eq!(self.hear(), HostEvent::Stat { blob, size: None });
    }
}

#[test]
fn a_prover_runs_its_proof_is_kept_and_checked_against_the_statement_of_the_chain() {
    let bench = Bench::new();
    let ExecuteOutcome::Proved { proof, size } = bench.outcome(bench.execute("trivial/prover", 60_000)) else {
        panic!("no proof");
    };
    let bytes = bench.store.read(proof, size).expect("read").expect("kept");
    let bundle: Bundle = codec::decode(&bytes, bytes.len()).expect("a bundle");
    assert_eq!(bundle.proof, b"tnemetats");
    assert_eq!(bench.verdict(proof, b"statement").0, Some(Verdict::Valid));
    let (verdict, reason) = bench.verdict(proof, b"another");
    assert_eq!(verdict, Some(Verdict::Invalid), "a valid proof of the wrong statement is invalid");
    assert!(!reason.is_empty());
}

#[test]
fn what_is_no_bundle_is_invalid_and_what_is_not_here_is_no_verdict() {
    let bench = Bench::new();
    let junk = bench.store.put(b"no bundle").expect("kept");
    assert_eq!(bench.verdict(junk.blob, b"statement").0, Some(Verdict::Invalid));
    let absent = BlobId([9; 32]);
    bench.ask(&bench.verify(absent, InputSource::Inline(Data::default())));
    bench.missed(absent);
    assert!(matches!(bench.hear(), HostEvent::Verified { verdict: None, .. }));
}

#[test]
fn a_blob_that_is_damaged_is_told_before_the_answer_and_can_come_in_again() {
    let bench = Bench::new();
    let (blob, peer) = (BlobId::of(b"whole"), PeerId([4; 32]));
    let source = InputSource::Blob { blob, size: 5 };
    let inputs = List::truncated(vec![Input { role: InputRole::Witness, source }]);
    let verify = bench.verify(blob, InputSource::Inline(Data::default()));
    let execute = Execute { inputs, ..bench.execute("trivial/prover", 60_000) };
    let requests = [
        HostRequest::ReadPart { blob, part: 0, peer },
        HostRequest::ReadSmall { blob },
        verify,
        HostRequest::Execute(execute),
    ];
    for request in requests {
        assert_eq!(bench.damaged(), blob);
        bench.ask(&request);
        bench.missed(blob);
        let answer = bench.hear();
        let without = match &answer {
            HostEvent::Part { bytes, .. } => bytes.is_none(),
            HostEvent::Small { bytes, .. } => bytes.is_none(),
            HostEvent::Verified { verdict, .. } => verdict.is_none(),
            HostEvent::Executed { outcome, .. } => matches!(outcome, ExecuteOutcome::HostFault(_)),
            _ => false,
        };
        assert!(without, "{answer:?}");
        assert_eq!(bench.store.size(blob), None);
    }
}

#[test]
fn a_statement_that_does_not_fit_the_verifier_is_not_read() {
    let bench = Bench::new();
    let proof = bench.store.put(&codec::encode(&Bundle { proof: vec![], public: vec![] })).expect("kept").blob;
    let max = Params::default().verifier_memory_max;
    // It is not here: reading it would say so.
    bench.ask(&bench.verify(proof, InputSource::Blob { blob: BlobId([5; 32]), size: max + 1 }));
    let HostEvent::Verified { verdict: None, again: false, reason, .. } = bench.hear() else { panic!("a verdict") };
    assert!(reason.to_string().contains("statement"), "{reason}");
}

#[test]
fn a_program_that_fails_or_loops_ends_with_reason_and_log() {
    let bench = Bench::new();
    for (prover, ms, kind, logged) in [
        ("faulty/fails/prover", 60_000, FailKind::Exit, "about to fail"),
        ("faulty/loops/prover", 300, FailKind::Timeout, "looping"),
    ] {
        let ExecuteOutcome::Failed(fail) = bench.outcome(bench.execute(prover, ms)) else { panic!("{prover}") };
        assert_eq!(fail.kind, kind, "{prover}: {}", fail.reason);
        let (log, size) = fail.log.expect("a log");
        let text = bench.store.read(log, size).expect("read").expect("kept");
        assert!(String::from_utf8_lossy(&text).contains(logged));
    }
}

#[test]
fn an_attempt_that_became_pointless_is_stopped() {
    let bench = Bench::new();
    bench.ask(&HostRequest::Execute(bench.execute("faulty/loops/prover", 3_600_000)));
    bench.ask(&HostRequest::Stop { workload: WorkloadId([1; 32]), attempt: 1 });
    assert!(matches!(bench.hear(), HostEvent::Executed { outcome: ExecuteOutcome::Stopped, .. }));
}

#[test]
fn an_attempt_that_the_end_of_the_node_cuts_off_has_not_ended() {
    let bench = Bench::new();
    bench.ask(&HostRequest::Execute(bench.execute("faulty/loops/prover", 3_600_000)));
    bench.host.stop();
    let Bench { host, heard, _runtime: runtime, .. } = bench;
    drop((host, runtime));
    assert_eq!(heard.iter().collect::<Vec<_>>(), [], "nothing that the next start would take for an end");
}

#[test]
fn inputs_that_do_not_fit_and_blobs_that_are_not_here_are_told_apart() {
    let bench = Bench::new();
    let with = |size: u64| {
        let source = InputSource::Blob { blob: BlobId([7; 32]), size };
        let inputs = List::truncated(vec![Input { role: InputRole::Witness, source }]);
        Execute { inputs, ..bench.execute("trivial/prover", 1_000) }
    };
    let ExecuteOutcome::Failed(fail) = bench.outcome(with(1 << 30)) else { panic!("too large") };
    assert_eq!(fail.kind, FailKind::Memory);
    bench.ask(&HostRequest::Execute(with(8)));
    bench.missed(BlobId([7; 32]));
    let said = bench.hear();
    let HostEvent::Executed { outcome: ExecuteOutcome::HostFault(_), .. } = said else { panic!("{said:?}") };
}

#[test]
fn blobs_go_from_one_host_to_another_in_parts() {
    let (here, there) = (Bench::new(), Bench::new());
    let data = vec![5; 300_000];
    let blob = here.store.put(&data).expect("kept").blob;
    let peer = PeerId([4; 32]);
    for part in 0..2 {
        here.ask(&HostRequest::ReadPart { blob, part, peer });
        let HostEvent::Part { bytes: Some(bytes), .. } = here.hear() else { panic!("no part") };
        there.ask(&HostRequest::WritePart { blob, size: 300_000, part, bytes, peer });
        let expected = if part == 0 { PartResult::Kept } else { PartResult::Whole };
        assert_eq!(there.hear(), HostEvent::Wrote { blob, part, peer, result: expected });
    }
    there.ask(&HostRequest::Stat { blob });
    assert_eq!(there.hear(), HostEvent::Stat { blob, size: Some(300_000) });
    there.ask(&HostRequest::ReadSmall { blob });
    assert_eq!(there.hear(), HostEvent::Small { blob, bytes: None }, "300,000 bytes are not small");
    there.ask(&HostRequest::ReadPart { blob: BlobId([1; 32]), part: 0, peer });
    assert_eq!(there.hear(), HostEvent::Part { blob: BlobId([1; 32]), part: 0, peer, bytes: None });
}

#[test]
fn a_request_that_cannot_be_read_is_survived() {
    let bench = Bench::new();
    bench.host.perform(Bytes::from_static(b"\xff\xff\xff"));
    bench.ask(&HostRequest::Stat { blob: BlobId([1; 32]) });
    assert_eq!(bench.hear(), HostEvent::Stat { blob: BlobId([1; 32]), size: None });
}
