//! How a workload is shown: its timeline and its explanation, state by state.

use api::{Clock, Event, Waiting, Workload, WorkloadState, explain, timeline};
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

fn fail() -> AttemptEnd {
    AttemptEnd::Failed(Fail { kind: FailKind::SelfCheck, reason: Text::truncated("exit 0"), log: None })
}

#[test]
fn each_state_is_explained() {
    let say = |workload: &types::Workload, waiting| explain(workload, &clock(), waiting);
    let queued = workload(State::Queued, vec![]);
    assert_eq!(say(&queued, Waiting::Beacon(57)), "queued: waits for the beacon of block 57; expires in 15.8 s");
    assert_eq!(
        say(&queued, Waiting::Provers { active: 3 }),
        "queued: waits until 4 provers are active; there are 3; expires in 15.8 s"
    );
    assert_eq!(
        say(&queued, Waiting::Room { ahead: 2 }),
        "queued: waits for a prover with 4 cores and 2048 MiB free; 2 workloads are before it; expires in 15.8 s"
    );
    let again = workload(State::Queued, vec![attempt(Some(AttemptEnd::Missed))]);
    assert_eq!(
        say(&again, Waiting::Unknown),
        "queued: attempt 1 ended missed: it announced nothing in time; waits for the next draw; expires in 15.8 s"
    );
    assert_eq!(
        say(&workload(State::Allocated, vec![attempt(None)]), Waiting::Unknown),
        "allocated: prover 07070707 was drawn 2.2 s ago for attempt 1 and has 15.8 s to accept"
    );
    assert_eq!(
        say(&workload(State::Proving, vec![attempt(None)]), Waiting::Unknown),
        "proving: prover 07070707 accepted 1.2 s ago and has 15.8 s to announce a proof"
    );
}

#[test]
fn a_time_that_is_up_and_a_test_are_explained() {
    let say = |workload: &types::Workload| explain(workload, &clock(), Waiting::Unknown);
    let late = types::Workload { overtime: Some(Height(40)), ..workload(State::Proving, vec![attempt(None)]) };
    assert_eq!(
        say(&late),
        "proving: prover 07070707 accepted 1.2 s ago and has 15.8 s to announce a proof; \
         its time was up at block 40, which counts once blocks of more leaders have passed"
    );
    let test = types::Workload { kind: Kind::Test, ..workload(State::Allocated, vec![attempt(None)]) };
    assert_eq!(say(&test), "allocated: prover 07070707 has 15.8 s to accept the test of what it declares");
    assert_eq!(timeline(&test)[1].reason.as_deref(), Some("tests what the prover declares"));
    assert_eq!(Workload::new(&test, &clock(), Waiting::Unknown).kind, "test");
}

#[test]
fn each_end_says_where_the_money_went() {
    let say = |workload: &types::Workload| explain(workload, &clock(), Waiting::Unknown);
    assert_eq!(
        say(&ended(State::Expired, EndReason::NoProver, 3_200_000_000, 0, vec![])),
        "expired: no prover accepted within 5 s; all 3.2 LEM went back"
    );
    assert_eq!(
        say(&ended(State::Cancelled, EndReason::Cancelled, 3_200_000_000, 0, vec![])),
        "cancelled: the sender took it back after 5 s; all 3.2 LEM went back"
    );
    assert_eq!(
        say(&ended(State::Failed, EndReason::AttemptsUsed, 200_000_000, 3_000_000_000, vec![attempt(Some(fail()))])),
        "failed: the attempt of prover 07070707 ended failed (self-check): exit 0; attempt 1 was the last; \
         0.2 LEM went back, 3 LEM burned"
    );
    let valid = attempt(Some(AttemptEnd::Valid(certificate())));
    let mut test = ended(State::Verified, EndReason::Proved, 0, 0, vec![valid.clone()]);
    test.end.as_mut().expect("ended").to_verdicts = Amount(4_000_000);
    let told = "verified: 4 provers certified the proof of prover 07070707; all 0.004 LEM went to the verdicts";
    assert_eq!(say(&test), told);
    assert_eq!(
        say(&ended(State::Verified, EndReason::Proved, 3_200_000_000, 0, vec![valid])),
        "verified: 4 provers certified the proof of prover 07070707; all 3.2 LEM went back"
    );
}

#[test]
fn the_timeline_tells_every_step_in_order() {
    let attempts = vec![attempt(Some(fail())), attempt(Some(AttemptEnd::Valid(certificate())))];
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
