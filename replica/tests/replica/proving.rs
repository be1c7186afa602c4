//! The prover's duty.

use crate::fixture::{Bench, account};
use ports::Action;
use types::{
    BlobId, ChainEvent, ProverAction, State, Workload,
    gossip::Gossip,
    host::{ExecuteOutcome, HostEvent, HostRequest},
};

const PROOF: BlobId = BlobId([60; 32]);

fn said(bench: &Bench) -> Vec<&'static str> {
    let told = bench.told();
    told.iter()
        .filter_map(|gossip| if let Gossip::Prover(signed) = gossip { Some(signed.value.action.kind()) } else { None })
        .collect()
}

fn executions(bench: &Bench) -> usize {
    bench.asked().iter().filter(|asked| matches!(asked, HostRequest::Execute(_))).count()
}

fn drawn(bench: &mut Bench, prover: u8) -> Workload {
    let record = bench.allocated(prover);
    let event = ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(prover) };
    bench.block(&record, event);
    record
}

fn have_everything(bench: &mut Bench) {
    for blob in [50, 51, 52] {
        bench.blobs.insert(BlobId([blob; 32]), 1000);
    }
}

fn proved(record: &Workload) -> HostEvent {
    HostEvent::Executed { workload: record.id, attempt: 1, outcome: ExecuteOutcome::Proved { proof: PROOF, size: 100 } }
}

#[test]
fn what_is_drawn_for_this_node_is_accepted_and_run_once_its_blobs_are_there() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    drawn(&mut bench, 0);
    assert_eq!(said(&bench), ["accept"]);
    assert_eq!(executions(&bench), 1);
    bench.wait(1_000);
    assert_eq!(executions(&bench), 1);
}

#[test]
fn a_node_that_refuses_hands_back_what_is_drawn_and_finishes_what_it_holds() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    let held = drawn(&mut bench, 0);
    bench.host(&HostEvent::Refuse { refuse: true });
    bench.host(&proved(&held));
    assert_eq!(said(&bench), ["accept", "announce"]);
    let mut bench = Bench::new();
    have_everything(&mut bench);
    bench.host(&HostEvent::Refuse { refuse: true });
    drawn(&mut bench, 0);
    bench.wait(1_000);
    assert_eq!(said(&bench), ["hand-back"]);
    assert_eq!(executions(&bench), 0);
    let mut bench = Bench::new();
    have_everything(&mut bench);
    bench.host(&HostEvent::Refuse { refuse: true });
    bench.host(&HostEvent::Refuse { refuse: false });
    drawn(&mut bench, 0);
    assert_eq!(said(&bench), ["accept"]);
}

#[test]
fn what_is_drawn_for_another_is_left_alone() {
    let mut bench = Bench::new();
    drawn(&mut bench, 1);
    bench.wait(2_000);
    assert!(said(&bench).is_empty());
    assert_eq!(executions(&bench), 0);
}

#[test]
fn an_announcement_is_durable_before_it_is_told() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    let record = drawn(&mut bench, 0);
    bench.done.clear();
    bench.host(&proved(&record));
    let persisted = bench.place(|action| matches!(action, Action::Persist { value: Some(_), .. })).expect("persisted");
    let told = bench.place(|action| matches!(action, Action::Send { .. })).expect("told");
    assert!(persisted < told);
    assert_eq!(said(&bench), ["announce"]);
}

#[test]
fn a_node_judges_its_own_proof_as_soon_as_it_has_announced_it() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    bench.blobs.insert(PROOF, 100);
    let record = drawn(&mut bench, 0);
    bench.host(&proved(&record));
    let asked = bench.asked();
    assert!(asked.iter().any(|asked| matches!(asked, HostRequest::Verify(job) if job.proof == PROOF)));
}

#[test]
fn after_a_crash_the_same_announcement_is_told_and_nothing_is_run_again() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    let record = drawn(&mut bench, 0);
    bench.host(&proved(&record));
    bench.crash();
    assert_eq!(said(&bench), ["accept", "announce"]);
    bench.wait(3_000);
    assert_eq!(executions(&bench), 0);
    let other = ExecuteOutcome::Proved { proof: BlobId([61; 32]), size: 100 };
    bench.host(&HostEvent::Executed { workload: record.id, attempt: 1, outcome: other });
    let told = bench.told();
    let proofs = told.into_iter().filter_map(|gossip| match gossip {
        Gossip::Prover(signed) => match signed.value.action {
            ProverAction::Announce { proof, .. } => Some(proof),
            _ => None,
        },
        _ => None,
    });
    assert!(proofs.into_iter().all(|proof| proof == PROOF));
}

#[test]
fn a_crash_before_anything_was_said_runs_the_program_again() {
    let mut bench = Bench::new();
    have_everything(&mut bench);
    drawn(&mut bench, 0);
    // The journal holds nothing of this attempt: the live page of the state tells of it.
    bench.crash();
    let record = bench.allocated(0);
    bench.block(&record, ChainEvent::Accepted { workload: record.id, attempt: 1, prover: account(0) });
    assert_eq!(executions(&bench), 1);
}

#[test]
fn inputs_that_do_not_come_in_time_end_in_a_fail() {
    let mut bench = Bench::new();
    drawn(&mut bench, 0);
    bench.wait(4_000);
    assert_eq!(said(&bench).iter().filter(|kind| **kind == "fail").count(), 0);
    bench.wait(2_000);
    assert!(said(&bench).contains(&"fail"));
}

#[test]
fn own_messages_are_told_again_until_they_take_effect() {
    let mut bench = Bench::new();
    let mut record = drawn(&mut bench, 0);
    bench.wait(3_500);
    assert!(said(&bench).iter().filter(|kind| **kind == "accept").count() >= 3);
    record.state = State::Proving;
    record.attempts.last_mut().expect("one").accepted = Some(types::workload::Moment::default());
    bench.block(&record, ChainEvent::Accepted { workload: record.id, attempt: 1, prover: account(0) });
    bench.done.clear();
    bench.wait(1_800);
    assert!(!said(&bench).contains(&"accept"));
}
