//! How a workload is shown: its timeline and its explanation, state by state.

mod explain;

use api::{Clock, Event, Waiting, Workload, WorkloadState, timeline};
use types::{
    AccountId, Amount, Attempt, AttemptEnd, BlobId, Certificate, ChainTime, Data, End, EndReason, Height, List, Millis,
    Params, ProgramId, Quote, Resources, Run, State, Text, TxId, Verdict, WorkloadId,
    message::{Fail, FailKind},
    verdict::VerdictSignature,
    workload::{Announced, Kind, Moment},
};

fn moment(height: u64) -> Moment {
    Moment { height: Height(height), time: ChainTime(1000 * height) }
}

fn workload(state: State, attempts: Vec<Attempt>) -> types::Workload {
    types::Workload {
        id: WorkloadId([1; 32]),
        kind: Kind::Run,
        sender: AccountId([2; 32]),
        run: Run {
            program: ProgramId([3; 32]),
            arguments: Data::default(),
            inputs: List::default(),
            resources: Resources {
                cpus: 4,
                memory_mib: 2048,
                disk_mib: 0,
                gpus: 0,
                gpu_class: 0,
                ..Resources::default()
            },
            compute_max: Millis(60_000),
            fee_max: Amount(4_000_000_000),
        },
        state,
        created: moment(10),
        since: moment(12),
        moves_on: Some(ChainTime(30_000)),
        overtime: None,
        renewals: 0,
        fee: Quote { compute: Amount(3_000_000_000), verification: Amount(200_000_000) },
        runtime: types::Runtime::Wasm,
        billed: Millis(65_000),
        attempts: List::new(attempts).expect("few"),
        end: None,
    }
}

fn attempt(end: Option<AttemptEnd>) -> Attempt {
    let proof = matches!(end, Some(AttemptEnd::Valid(_)));
    let announced = Announced { proof: BlobId([9; 32]), size: 128, at: moment(14), set: 0 };
    Attempt {
        prover: AccountId([7; 32]),
        drawn_by: Height(10),
        drawn: moment(12),
        accepted: Some(moment(13)),
        announced: proof.then_some(announced),
        end: end.map(|end| (moment(15), end)),
    }
}

fn ended(state: State, reason: EndReason, refunded: u64, burned: u64, attempts: Vec<Attempt>) -> types::Workload {
    let end = End {
        reason,
        at: moment(15),
        to_prover: Amount::ZERO,
        to_verdicts: Amount::ZERO,
        refunded: Amount(refunded),
        burned: Amount(burned),
    };
    types::Workload { end: Some(end), moves_on: None, ..workload(state, attempts) }
}

fn certificate() -> Certificate {
    Certificate {
        verdict: Verdict::Valid,
        signers: Data::new(vec![0b0001_0111]).expect("small"),
        signature: VerdictSignature([0; 48]),
    }
}

fn clock() -> Clock {
    Clock { now: ChainTime(14_200), params: Params::default() }
}

fn fail(kind: FailKind) -> AttemptEnd {
    AttemptEnd::Failed(Fail { kind, reason: Text::truncated("exit 0"), log: None })
}

#[test]
fn the_timeline_of_a_test_says_what_it_is() {
    let test = types::Workload { kind: Kind::Test, ..workload(State::Allocated, vec![attempt(None)]) };
    assert_eq!(timeline(&test)[1].reason.as_deref(), Some("tests what the prover declares"));
    assert_eq!(Workload::new(&test, &clock(), Waiting::Unknown).kind, "test");
}

#[test]
fn the_timeline_tells_every_step_in_order() {
    let attempts = vec![attempt(Some(fail(FailKind::SelfCheck))), attempt(Some(AttemptEnd::Valid(certificate())))];
    let steps = timeline(&ended(State::Verified, EndReason::Proved, 0, 0, attempts));
    let told: Vec<_> = steps.iter().map(|step| (step.event.as_str(), step.state.word(), step.attempt)).collect();
    let expected = [
        ("queued", "queued", None),
        ("allocated", "allocated", Some(1)),
        ("accepted", "proving", Some(1)),
        ("attempt-ended", "queued", Some(1)),
        ("allocated", "allocated", Some(2)),
        ("accepted", "proving", Some(2)),
        ("proved", "proved", Some(2)),
        ("attempt-ended", "verified", Some(2)),
        ("verified", "verified", None),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_workload_survives_json() {
    let record = ended(State::Verified, EndReason::Proved, 5, 6, vec![attempt(Some(AttemptEnd::Valid(certificate())))]);
    let shown = Workload::new(&record, &clock(), Waiting::Unknown);
    assert_eq!(shown.proof.map(|proof| (proof.size, proof.verified)), Some((128, true)));
    assert_eq!(shown.attempts[0].end.as_ref().and_then(|end| end.verdicts), Some(4));
    for workload in [shown, Workload::pending(record.id)] {
        let json = serde_json::to_string(&workload).expect("json");
        assert_eq!(serde_json::from_str::<Workload>(&json).expect("workload"), workload);
    }
}

#[test]
fn a_pending_run_names_its_workload_and_other_transactions_do_not() {
    let of = |kind: &str| {
        let notice = types::host::Notice::Pending { transaction: TxId([5; 32]), kind: Text::truncated(kind) };
        Event::of(&notice).remove(0)
    };
    assert_eq!(of("run").workload, Some(WorkloadId([5; 32])));
    assert_eq!(of("run").state, Some(WorkloadState::Pending));
    assert_eq!(of("transfer").workload, None);
}

#[test]
fn states_are_read_as_they_are_written() {
    use std::str::FromStr as _;
    for word in ["pending", "queued", "allocated", "proving", "proved", "verified", "failed", "cancelled", "expired"] {
        assert_eq!(WorkloadState::from_str(word).map(WorkloadState::word), Ok(word));
    }
    assert!(WorkloadState::from_str("lost").is_err());
}
