//! The verdict pool by itself: what it keeps.

use super::*;
use crate::samples::{attempt, workload};
use types::{AttemptEnd, List, State, VerdictSecret, verdict::Member};

const CHAIN: ChainId = ChainId([7; 32]);

fn secret(number: u8) -> VerdictSecret {
    VerdictSecret::derive(&[number; 32]).expect("key")
}

fn set() -> VerdictSet {
    let member = |number: u8| Member { account: AccountId([number; 32]), key: secret(number).public() };
    VerdictSet { members: List::truncated((1..=4).map(member).collect()) }
}

fn subject(name: u8, proof: u16) -> Subject {
    let mut blob = [0; 32];
    blob[..2].copy_from_slice(&proof.to_be_bytes());
    Subject { workload: WorkloadId([name; 32]), attempt: 1, proof: BlobId(blob) }
}

/// A verdict on a workload's proof, by the member of this number.
fn insert(pool: &mut Verdicts, number: u8, subject: Subject) -> bool {
    let signature = secret(number).sign(CHAIN, &subject, Verdict::Valid);
    let signed = SignedVerdict { subject, verdict: Verdict::Valid, prover: AccountId([number; 32]), signature };
    let mut actions = Vec::new();
    pool.insert(signed, CHAIN, &set(), &mut Out { now: 0, actions: &mut actions }).expect("a member's")
}

fn proved(name: u8) -> Workload {
    let mut attempt = attempt(Some(0), None);
    attempt.announced.as_mut().expect("announced").proof = subject(name, 1).proof;
    workload(name, State::Proved, vec![attempt])
}

#[test]
fn nothing_is_left_of_a_verdict_that_gave_way() {
    let mut pool = Verdicts::default();
    for proof in 0..OPEN_PER_PROVER as u16 + 20 {
        insert(&mut pool, 1, subject(1, proof));
    }
    assert_eq!(pool.pools.len(), OPEN_PER_PROVER);
    assert!(pool.pools.values().all(|pool| pool.verdicts.len() == 1));
    assert_eq!(pool.open[&AccountId([1; 32])].len(), OPEN_PER_PROVER);
    assert!(!pool.pools.contains_key(&subject(1, 19)));
}

#[test]
fn what_the_chain_waits_for_does_not_give_way() {
    let mut pool = Verdicts::default();
    insert(&mut pool, 1, subject(1, 1));
    pool.observe(&proved(1));
    for proof in 0..OPEN_PER_PROVER as u16 + 20 {
        insert(&mut pool, 1, subject(2, proof));
    }
    assert!(pool.pools.contains_key(&subject(1, 1)));
    assert!(!pool.pools.contains_key(&subject(2, 0)));
}

#[test]
fn nothing_is_left_of_verdicts_about_an_attempt_that_is_over() {
    let mut pool = Verdicts::default();
    for number in 1..=3 {
        insert(&mut pool, number, subject(1, 1));
        insert(&mut pool, number, subject(1, 2));
        insert(&mut pool, number, subject(2, 1));
    }
    // Another proof of the same attempt can no longer be settled once one is in a block.
    pool.observe(&proved(1));
    assert_eq!(pool.pools.keys().copied().collect::<Vec<_>>(), [subject(1, 1), subject(2, 1)]);
    pool.observe(&workload(1, State::Queued, vec![attempt(None, Some(AttemptEnd::Undecided))]));
    pool.observe(&workload(2, State::Failed, vec![attempt(None, None)]));
    assert_eq!((pool.pools.len(), pool.open.len()), (0, 0));
}

#[test]
fn the_state_is_asked_when_two_thirds_first_agree_on_what_is_not_known_to_be_awaited() {
    let mut pool = Verdicts::default();
    let asked = [1, 2, 3, 4].map(|number| insert(&mut pool, number, subject(1, 1)));
    assert_eq!(asked, [false, false, true, false]);
    insert(&mut pool, 1, subject(2, 1));
    pool.observe(&proved(2));
    assert_eq!([2, 3].map(|number| insert(&mut pool, number, subject(2, 1))), [false, false]);
}

#[test]
fn only_what_is_announced_and_not_settled_is_offered() {
    let mut pool = Verdicts::default();
    for number in 1..=4 {
        insert(&mut pool, number, subject(1, 1));
    }
    let offered =
        |pool: &Verdicts, announced: &[Subject], done: &[Subject]| pool.peek(&set(), 0, 100, 64, announced, done).len();
    let about = [subject(1, 1)];
    assert_eq!([offered(&pool, &[], &[]), offered(&pool, &about, &[]), offered(&pool, &about, &about)], [0, 1, 0]);
    pool.observe(&proved(1));
    assert_eq!([offered(&pool, &[], &[]), offered(&pool, &[], &about)], [1, 0]);
}
