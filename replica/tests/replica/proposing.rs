//! When a leader answers.

use crate::fixture::{Bench, account};
use ports::{Action, Event};
use types::{Body, ChainEvent, Height, State};

fn ask(bench: &mut Bench, token: u64) {
    bench.event(Event::Propose { token, height: bench.height + 1, parent_time_ms: 0, ancestors: vec![] });
}

fn answers(bench: &Bench) -> Vec<u64> {
    let answers = bench.done.iter().filter_map(|action| match action {
        Action::Propose { token, .. } => Some(*token),
        _ => None,
    });
    answers.collect()
}

#[test]
fn an_idle_leader_waits_for_the_interval() {
    let mut bench = Bench::new();
    ask(&mut bench, 1);
    bench.wait(400);
    assert!(answers(&bench).is_empty());
    bench.wait(200);
    assert_eq!(answers(&bench), [1]);
}

#[test]
fn a_leader_with_work_answers_at_once_and_does_not_spin_on_work_that_stays() {
    let mut bench = Bench::new();
    let record = bench.allocated(0);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    ask(&mut bench, 1);
    assert_eq!(answers(&bench), [1]);
    // The accept did not get into the block: the same offer is no reason to hurry.
    ask(&mut bench, 2);
    assert_eq!(answers(&bench), [1]);
    bench.wait(600);
    assert_eq!(answers(&bench), [1, 2]);
}

#[test]
fn work_that_comes_while_a_leader_waits_is_taken_at_once() {
    let mut bench = Bench::new();
    ask(&mut bench, 1);
    assert!(answers(&bench).is_empty());
    let record = bench.allocated(0);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    assert_eq!(answers(&bench), [1]);
}

#[test]
fn messages_that_took_effect_are_not_offered_again() {
    let mut bench = Bench::new();
    let mut record = bench.allocated(0);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(0) });
    record.state = State::Proving;
    bench.block(&record, ChainEvent::Accepted { workload: record.id, attempt: 1, prover: account(0) });
    ask(&mut bench, 1);
    assert!(answers(&bench).is_empty());
}

fn signed_heights(bench: &Bench) -> Vec<u64> {
    let signed = bench.done.iter().filter_map(|action| match action {
        Action::SignBeacon { height, .. } => Some(*height),
        _ => None,
    });
    signed.collect()
}

#[test]
fn a_height_is_signed_once_its_block_is_final_and_wants_a_beacon() {
    let mut bench = Bench::new();
    bench.block_of(Body::default(), ChainEvent::Drawn { height: Height(1) });
    assert!(signed_heights(&bench).is_empty());
    bench.block_of(Body::default(), ChainEvent::BeaconWanted);
    assert_eq!(signed_heights(&bench), [bench.height]);
}

#[test]
fn a_leader_makes_the_block_at_once_after_which_a_beacon_can_follow() {
    let mut bench = Bench::new();
    bench.block_of(Body::default(), ChainEvent::BeaconWanted);
    ask(&mut bench, 1);
    assert_eq!(answers(&bench), [1]);
    bench.block_of(Body::default(), ChainEvent::Drawn { height: Height(1) });
    ask(&mut bench, 2);
    assert_eq!(answers(&bench), [1], "now the beacon itself is waited for");
}
