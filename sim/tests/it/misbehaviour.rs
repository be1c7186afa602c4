//! One prover out of four does not do what it should. It has so many cores that the first draw of these seeds names it.

use crate::one_run;
use sim::{Outcome, Scenario};
use types::{Attempt, AttemptEnd, State, Verdict, Workload, message::FailKind};

/// The only workload.
fn workload(outcome: &Outcome) -> &Workload {
    let [workload] = outcome.end.workloads.as_slice() else { panic!("one run was submitted") };
    workload
}

/// Both attempts and how they ended: the first by the odd prover, the second by another.
fn two_attempts(workload: &Workload) -> [(&Attempt, &AttemptEnd); 2] {
    let ended = workload.attempts.iter().filter_map(|attempt| Some((attempt, &attempt.end.as_ref()?.1)));
    let [first, second] = ended.collect::<Vec<_>>()[..] else { panic!("{} attempts", workload.attempts.len()) };
    assert_ne!(first.0.prover, second.0.prover);
    [first, second]
}

#[test]
fn a_wrong_proof_is_rejected_by_certificate_and_another_prover_makes_a_right_one() {
    let outcome = one_run(0, Scenario::Flip);
    let workload = workload(&outcome);
    let [(wrong, rejected), (_, valid)] = two_attempts(workload);
    assert!(matches!(rejected, AttemptEnd::Rejected(certificate) if certificate.verdict == Verdict::Invalid));
    assert!(matches!(valid, AttemptEnd::Valid(certificate) if certificate.verdict == Verdict::Valid));
    assert!(wrong.accepted.is_some() && wrong.announced.is_some());
    assert_eq!(workload.state, State::Verified);
}

#[test]
fn a_fail_has_its_reason_and_another_prover_succeeds() {
    let outcome = one_run(0, Scenario::Fail);
    let [(_, failed), (_, valid)] = two_attempts(workload(&outcome));
    let AttemptEnd::Failed(fail) = failed else { panic!("{failed:?}") };
    assert_eq!((fail.kind, &*fail.reason), (FailKind::Exit, "the program ended with status 1"));
    assert!(matches!(valid, AttemptEnd::Valid(_)));
}

#[test]
fn a_silent_prover_loses_its_turn_and_another_is_drawn() {
    let outcome = one_run(0, Scenario::Silent);
    let [(silent, end), (_, valid)] = two_attempts(workload(&outcome));
    assert_eq!((silent.accepted, end), (None, &AttemptEnd::Silent));
    assert!(matches!(valid, AttemptEnd::Valid(_)));
}

#[test]
fn a_prover_that_never_ends_misses_its_deadline_and_another_is_drawn() {
    let outcome = one_run(0, Scenario::Stall);
    let [(stalled, missed), (_, valid)] = two_attempts(workload(&outcome));
    assert!(stalled.accepted.is_some());
    assert_eq!(missed, &AttemptEnd::Missed);
    assert!(matches!(valid, AttemptEnd::Valid(_)));
}

#[test]
fn wrong_verdicts_of_one_prover_change_nothing() {
    let outcome = one_run(0, Scenario::Lie);
    let (_, _, _, certificate) = workload(&outcome).verified().expect("it is verified");
    assert_eq!(certificate.signers().count(), 3);
}

#[test]
fn a_program_that_loops_fails_with_reason_and_log_on_every_attempt() {
    let outcome = one_run(0, Scenario::Loop);
    let workload = workload(&outcome);
    for (_, end) in two_attempts(workload) {
        let AttemptEnd::Failed(fail) = end else { panic!("{end:?}") };
        assert_eq!(fail.kind, FailKind::Timeout);
        assert!(fail.log.is_some());
    }
    assert_eq!(workload.state, State::Failed);
}
