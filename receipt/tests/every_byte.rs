//! Receipts that a real network gave: they verify for ever, and no changed byte changes what they say.
//!
//! `fixtures/` comes from one `lemma devnet`: a run of `programs/trivial` that was verified, one of `programs/faulty/loops` that failed
//! after two attempts, the test of a prover that declared more cores (`lemma prover update`, without the proof itself), and the group key.
//! They are frozen: a change of the format, of the state's proofs or of the certificate that breaks these tests breaks every receipt
//! that people hold.

use receipt::{Checked, ReceiptError, check};
use std::thread;
use types::{State, beacon::GroupKey, workload::Kind};

const RECEIPT: &[u8] = include_bytes!("fixtures/verified.receipt");
const FAILED: &[u8] = include_bytes!("fixtures/failed.receipt");
const TEST: &[u8] = include_bytes!("fixtures/test.receipt");

fn group_key() -> GroupKey {
    include_str!("fixtures/group.key").trim().parse().expect("group key")
}

fn good() -> Checked {
    check(RECEIPT, &group_key()).expect("the frozen receipt holds")
}

/// What a check of the receipt with one byte changed by `change` says that it must not.
fn wrong_at(at: usize, change: u8, good: &Checked) -> Option<String> {
    let mut bytes = RECEIPT.to_vec();
    bytes[at] ^= change;
    match check(&bytes, &group_key()) {
        Err(_) => None,
        Ok(same) if same == *good => None,
        Ok(other) => Some(format!("byte {at} changed by {change:#04x} says {other:?}")),
    }
}

/// Tries `changes` of every byte, on all cores.
fn every_byte(changes: impl Fn(usize) -> Vec<u8> + Sync) {
    let (good, workers) = (good(), thread::available_parallelism().map_or(1, usize::from));
    let work = |worker: usize| {
        let places = (worker..RECEIPT.len()).step_by(workers);
        places
            .flat_map(|at| changes(at).into_iter().map(move |change| (at, change)))
            .find_map(|(at, change)| wrong_at(at, change, &good))
    };
    let wrong = thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        handles.into_iter().find_map(|handle| handle.join().expect("no panic"))
    });
    assert_eq!(wrong, None);
}

#[test]
fn the_frozen_receipt_holds() {
    let checked = good();
    assert_eq!((checked.state, checked.kind), (State::Verified, Kind::Run));
    assert!(checked.draw.is_some() && checked.proof.is_some_and(|proof| proof.bytes.is_some()));
}

#[test]
fn the_frozen_receipt_of_a_failure_holds() {
    let checked = check(FAILED, &group_key()).expect("holds");
    let ends: Vec<_> = checked.attempts.iter().map(|attempt| attempt.end.as_deref()).collect();
    assert_eq!((checked.state, ends), (State::Failed, vec![Some("failed"), Some("failed")]));
    assert!(checked.draw.is_some() && checked.proof.is_none());
}

#[test]
fn the_frozen_receipt_of_a_test_holds_without_a_draw() {
    let checked = check(TEST, &group_key()).expect("holds");
    assert_eq!((checked.state, checked.kind), (State::Verified, Kind::Test));
    assert_eq!(checked.prover(), Some(checked.sender));
    assert!(checked.draw.is_none() && checked.proof.is_some_and(|proof| proof.bytes.is_none()));
}

#[test]
fn another_group_key_refuses_it() {
    let other = GroupKey(types::beacon::testing::GroupSecret::derive(1).expect("scalar").public().0);
    assert!(matches!(check(RECEIPT, &other), Err(ReceiptError::Finality(_))));
    assert!(check(RECEIPT, &GroupKey([0; 96])).is_err());
}

#[test]
fn no_changed_byte_changes_what_it_says() {
    every_byte(|at| vec![1 << (at % 8)]);
}

#[test]
#[ignore = "all 255 changes of every byte take many minutes: part of `just full`"]
fn no_change_of_any_byte_changes_what_it_says() {
    every_byte(|_| (1..=255).collect());
}

#[test]
fn a_receipt_that_is_cut_anywhere_is_refused() {
    assert!((0..RECEIPT.len()).all(|len| check(&RECEIPT[..len], &group_key()).is_err()));
}
