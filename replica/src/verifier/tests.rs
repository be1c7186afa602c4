//! The verifier's duty by itself: which checks are begun, and what is told again.

use super::*;
use crate::samples::{attempt, program, workload};
use types::{BlobId, State, WorkloadId};

fn checks() -> Checks {
    Checks::new(ChainId([7; 32]), AccountId([1; 32]), VerdictSecret::derive(&[1; 32]).expect("key"), 30_000)
}

fn said(number: u16, proof: u8, in_chain: bool) -> SaidBy {
    let mut name = [0; 32];
    name[..2].copy_from_slice(&number.to_be_bytes());
    let subject = Subject { workload: WorkloadId(name), attempt: 1, proof: BlobId([proof; 32]) };
    SaidBy { subject, size: 100, peer: None, in_chain }
}

/// Begins a check as an announcement does. False if it is not wanted.
fn begin(checks: &mut Checks, said: SaidBy, now: u64) -> bool {
    let wanted = checks.wants(&said);
    if wanted {
        checks.begin(said, workload(1, State::Proving, vec![attempt(None, None)]), program(), now);
    }
    wanted
}

#[test]
fn one_proof_of_an_attempt_is_checked_before_a_block_holds_one() {
    let mut checks = checks();
    assert!(begin(&mut checks, said(1, 60, false), 0));
    assert!(!begin(&mut checks, said(1, 61, false), 0));
    assert!(begin(&mut checks, said(2, 61, false), 0));
    assert!(begin(&mut checks, said(1, 61, true), 0));
    let begun: Vec<_> = checks.checks.keys().map(|subject| subject.proof).collect();
    assert_eq!(begun, [BlobId([61; 32]); 2]);
    assert!(!begin(&mut checks, said(1, 62, false), 0));
}

#[test]
fn what_a_block_holds_gets_a_place_though_all_are_taken_by_what_was_told() {
    let mut checks = checks();
    for number in 0..CHECKS_MAX as u16 {
        assert!(begin(&mut checks, said(number, 60, false), 1_000 - u64::from(number == 7)));
    }
    assert!(!begin(&mut checks, said(5_000, 60, false), 1_000));
    assert!(begin(&mut checks, said(5_001, 60, true), 1_000));
    assert_eq!(checks.checks.len(), CHECKS_MAX);
    // The oldest gave way, and begins again when a block holds it.
    assert!(!checks.checks.contains_key(&said(7, 60, false).subject));
    assert!(begin(&mut checks, said(7, 60, true), 1_000));
}

#[test]
fn what_a_block_holds_never_gives_way() {
    let mut checks = checks();
    for number in 0..CHECKS_MAX as u16 {
        assert!(begin(&mut checks, said(number, 60, true), 0));
    }
    assert!(!begin(&mut checks, said(5_000, 60, true), 0));
    assert!(!begin(&mut checks, said(5_000, 60, false), 0));
}

#[test]
fn a_proof_in_a_block_for_which_there_was_no_room_is_looked_at_again() {
    let mut checks = checks();
    for number in 0..CHECKS_MAX as u16 {
        assert!(begin(&mut checks, said(number, 60, true), 0));
    }
    let refused = said(5_000, 60, true);
    assert!(!checks.wants_or_remembers(&refused) && !checks.wants_or_remembers(&said(5_001, 60, false)));
    assert_eq!(checks.next_refused(), None);
    let over = Workload { id: said(7, 60, true).subject.workload, ..workload(1, State::Failed, Vec::new()) };
    checks.observe(&over, &mut Out { now: 0, actions: &mut Vec::new() });
    assert_eq!(checks.next_refused(), Some(refused.subject.workload));
    assert_eq!(checks.next_refused(), None);
    assert!(checks.wants_or_remembers(&refused));
}

#[test]
fn what_is_told_again_is_taken_in_again() {
    let mut checks = checks();
    begin(&mut checks, said(1, 60, true), 10_000);
    let subject = said(1, 60, true).subject;
    let mut actions = Vec::new();
    let mut blobs = Blobs::default();
    for blob in [51, 60] {
        blobs.stored(BlobId([blob; 32]));
    }
    checks.tick(&mut blobs, &mut Out { now: 10_000, actions: &mut actions });
    let spoken = checks.verified(subject, Verdict::Valid, &mut Out { now: 10_000, actions: &mut actions });
    let spoken = spoken.expect("a verdict");
    actions.clear();
    assert!(checks.tick(&mut blobs, &mut Out { now: 11_999, actions: &mut actions }).is_empty());
    assert_eq!(checks.tick(&mut blobs, &mut Out { now: 12_000, actions: &mut actions }), [spoken]);
    assert_eq!(actions.len(), 1);
}
