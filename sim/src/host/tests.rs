use super::*;
use crate::byzantine::{Flips, Honest, Stalls, Withholds};
use ports::Host as _;
use types::{Input, List, Program, Resources, WorkloadId};

/// Takes what a host says, with its delay.
#[derive(Default)]
struct Ear(Mutex<Vec<(HostEvent, u64)>>);

impl Inbox for Ear {
    fn deliver(&self, bytes: Bytes, delay_ms: u64) -> bool {
        locked(&self.0).push((codec::decode(&bytes, VALUE_MAX).expect("an event"), delay_ms));
        true
    }
}

struct Bench {
    host: SimHost,
    ear: Arc<Ear>,
    program: Program,
}

fn bench(behaviour: impl Behaviour + 'static, kind: Kind) -> Bench {
    let store = Arc::new(Mutex::new(Store::default()));
    for artifact in [kind.artifact(), toy::verifier()] {
        locked(&store).keep(artifact);
    }
    let program = toy::program("toy", kind);
    let (host, ear) = (SimHost::new(Seed(3), store, Arc::new(behaviour)), Arc::new(Ear::default()));
    host.attach(ear.clone());
    Bench { host, ear, program }
}

impl Bench {
    fn ask(&self, request: &HostRequest) -> Option<(HostEvent, u64)> {
        self.host.perform(codec::encode(request).into());
        locked(&self.ear.0).pop()
    }

    fn execute(&self) -> Option<(HostEvent, u64)> {
        let source = InputSource::Inline(Data::new(vec![1, 2, 3]).expect("short"));
        let job = Execute {
            workload: WorkloadId([1; 32]),
            attempt: 1,
            program: self.program.clone(),
            arguments: Data::default(),
            inputs: List::truncated(vec![Input { role: InputRole::Statement, source }]),
            resources: Resources::default(),
            compute_ms: 9_000,
        };
        self.ask(&HostRequest::Execute(job))
    }

    fn verdict(&self, proof: BlobId) -> Option<Verdict> {
        let job = Verify {
            workload: WorkloadId([1; 32]),
            attempt: 1,
            proof,
            verifier: self.program.verifier,
            fuel_limit: 1,
            statement: List::truncated(vec![InputSource::Inline(Data::new(vec![1, 2, 3]).expect("short"))]),
        };
        match self.ask(&HostRequest::Verify(job)) {
            Some((HostEvent::Verified { verdict, .. }, _)) => verdict,
            other => panic!("{other:?}"),
        }
    }
}

fn proof(event: Option<(HostEvent, u64)>) -> BlobId {
    match event {
        Some((HostEvent::Executed { outcome: ExecuteOutcome::Proved { proof, .. }, .. }, _)) => proof,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_honest_proof_is_valid_and_made_anew_each_time() {
    let bench = bench(Honest, Kind::Proves);
    let (one, other) = (proof(bench.execute()), proof(bench.execute()));
    assert_ne!(one, other);
    assert_eq!([bench.verdict(one), bench.verdict(other)], [Some(Verdict::Valid); 2]);
}

#[test]
fn a_flipped_proof_is_announced_and_others_call_it_invalid() {
    let mut bench = bench(Flips, Kind::Proves);
    let made = proof(bench.execute());
    assert_eq!(bench.verdict(made), Some(Verdict::Valid));
    bench.host.behaviour = Arc::new(Honest);
    assert_eq!(bench.verdict(made), Some(Verdict::Invalid));
}

#[test]
fn what_is_not_in_the_store_gets_no_verdict() {
    assert_eq!(bench(Honest, Kind::Proves).verdict(BlobId([9; 32])), None);
}

#[test]
fn a_loop_ends_with_the_computing_time_and_a_log() {
    let bench = bench(Honest, Kind::Loops);
    let Some((HostEvent::Executed { outcome: ExecuteOutcome::Failed(fail), .. }, 9_000)) = bench.execute() else {
        panic!("no timeout")
    };
    assert_eq!(fail.kind, FailKind::Timeout);
    let (log, size) = fail.log.expect("a log");
    assert_eq!(locked(&bench.host.store).get(&log).map(|log| log.len() as u64), Some(size));
}

#[test]
fn a_host_that_stalls_says_nothing() {
    assert_eq!(bench(Stalls, Kind::Proves).execute(), None);
}

#[test]
fn a_withheld_proof_is_given_to_no_peer() {
    let asks = |bench: Bench| {
        let blob = proof(bench.execute());
        match bench.ask(&HostRequest::ReadPart { blob, part: 0, peer: PeerId([1; 32]) }) {
            Some((HostEvent::Part { bytes, .. }, _)) => bytes.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(asks(bench(Honest, Kind::Proves)));
    assert!(!asks(bench(Withholds, Kind::Proves)));
}

#[test]
fn a_program_that_lasts_proves_shortly_before_its_time_is_up() {
    let Some((HostEvent::Executed { outcome, .. }, delay)) = bench(Honest, Kind::Lasts).execute() else {
        panic!("no proof")
    };
    assert!(matches!(outcome, ExecuteOutcome::Proved { .. }) && (7_000..9_000).contains(&delay));
}
