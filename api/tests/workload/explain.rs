//! Every state in which a workload waits or ends, with every cause: what is said of it.

use super::{attempt, certificate, clock, ended, fail, workload};
use api::{Waiting, Workload, explain};
use types::{
    Amount, Attempt, AttemptEnd, EndReason, Height, Quote, State, WorkloadId, message::FailKind, workload::Kind,
};

const KINDS: [FailKind; 9] = [
    FailKind::Exit,
    FailKind::Trap,
    FailKind::Timeout,
    FailKind::Memory,
    FailKind::Output,
    FailKind::SelfCheck,
    FailKind::BadProgram,
    FailKind::Inputs,
    FailKind::Host,
];

/// Every way in which an attempt goes wrong.
fn wrong() -> Vec<AttemptEnd> {
    let certified = [AttemptEnd::Rejected(certificate()), AttemptEnd::Unavailable(certificate())];
    let plain = [AttemptEnd::Silent, AttemptEnd::HandedBack, AttemptEnd::Missed, AttemptEnd::Undecided];
    KINDS.map(fail).into_iter().chain(plain).chain(certified).collect()
}

fn say(workload: &types::Workload, waiting: Waiting) -> String {
    explain(workload, &clock(), waiting)
}

fn told(workload: &types::Workload) -> String {
    say(workload, Waiting::Unknown)
}

fn announced() -> Attempt {
    Attempt { end: None, ..attempt(Some(AttemptEnd::Valid(certificate()))) }
}

#[test]
fn every_wait_names_its_cause() {
    let queued = workload(State::Queued, vec![]);
    let beacon = say(&queued, Waiting::Beacon(57));
    let provers = say(&queued, Waiting::Provers { active: 3 });
    let rooms = [0, 1, 2].map(|ahead| say(&queued, Waiting::Room { ahead }));
    let again = wrong().into_iter().map(|end| told(&workload(State::Queued, vec![attempt(Some(end))])));
    let steps = [
        told(&workload(State::Allocated, vec![attempt(None)])),
        told(&workload(State::Proving, vec![attempt(None)])),
        told(&workload(State::Proved, vec![announced()])),
    ];
    let pending = Workload::pending(WorkloadId([1; 32])).explain;
    let lines = [pending, beacon, provers].into_iter().chain(rooms).chain([told(&queued)]).chain(again).chain(steps);
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_time_that_is_up_and_a_test_are_explained() {
    let late = |state, attempt| types::Workload { overtime: Some(Height(40)), ..workload(state, attempt) };
    let test = |state, attempt| types::Workload {
        kind: Kind::Test,
        fee: Quote { compute: Amount::ZERO, verification: Amount::ZERO },
        ..workload(state, attempt)
    };
    let lines = [
        told(&late(State::Queued, vec![])),
        told(&late(State::Allocated, vec![attempt(None)])),
        told(&late(State::Proving, vec![attempt(None)])),
        told(&late(State::Proved, vec![announced()])),
        told(&test(State::Allocated, vec![attempt(None)])),
        told(&test(State::Proving, vec![attempt(None)])),
        told(&test(State::Proved, vec![announced()])),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

fn verified(to_prover: u64, to_verdicts: u64, refunded: u64) -> types::Workload {
    let valid = attempt(Some(AttemptEnd::Valid(certificate())));
    let mut workload = ended(State::Verified, EndReason::Proved, refunded, 0, vec![valid]);
    let end = workload.end.as_mut().expect("ended");
    (end.to_prover, end.to_verdicts) = (Amount(to_prover), Amount(to_verdicts));
    workload
}

#[test]
fn every_end_names_its_cause_and_where_the_money_went() {
    let ends = [
        verified(2_900_000_000, 180_000_000, 120_000_000),
        verified(0, 4_000_000, 0),
        verified(0, 0, 3_200_000_000),
        verified(0, 0, 0),
        ended(State::Expired, EndReason::NoProver, 3_200_000_000, 0, vec![]),
        ended(State::Expired, EndReason::NoProver, 3_200_000_000, 0, vec![attempt(Some(AttemptEnd::Silent))]),
        ended(State::Cancelled, EndReason::Cancelled, 3_200_000_000, 0, vec![]),
        ended(State::Cancelled, EndReason::Cancelled, 3_200_000_000, 0, vec![attempt(Some(AttemptEnd::HandedBack))]),
    ];
    let reason = |end: &AttemptEnd| match end {
        AttemptEnd::Undecided => EndReason::Undecided,
        _ => EndReason::AttemptsUsed,
    };
    let failed =
        |end: AttemptEnd| ended(State::Failed, reason(&end), 200_000_000, 3_000_000_000, vec![attempt(Some(end))]);
    let all = ends.into_iter().chain(wrong().into_iter().map(failed));
    insta::assert_snapshot!(all.map(|workload| told(&workload)).collect::<Vec<_>>().join("\n"));
}
