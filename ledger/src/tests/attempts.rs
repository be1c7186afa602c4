//! What provers may say, and what is refused.

use super::{network::BUNDLE, world::World};
use types::{
    BlobId, EndReason, ProverAction, ProverMessage, Signed, State, Text, WorkloadId,
    message::{Fail, FailKind},
    sign::Signature,
};

fn announce(proof: &[u8]) -> ProverAction {
    ProverAction::Announce { proof: BlobId::of(proof), size: proof.len() as u64 }
}

fn fail(log: Option<(BlobId, u64)>) -> ProverAction {
    ProverAction::Fail(Fail { kind: FailKind::Trap, reason: Text::truncated("unreachable"), log })
}

#[test]
fn acceptance_starts_the_compute_clock() {
    let mut world = World::new();
    let id = world.proving(0);
    let workload = world.workload(id);
    assert_eq!(workload.moves_on, Some(workload.since.time.after(workload.billed)));
    assert_eq!(workload.attempts[0].accepted, Some(workload.since));
}

#[test]
fn a_workload_that_was_handed_back_is_queued_and_nobody_is_blamed() {
    let mut world = World::new();
    let id = world.allocated(0);
    let prover = world.drawn(id);
    world.say(vec![world.drawn_says(id, ProverAction::HandBack)]);
    assert_eq!(world.state(id), State::Queued);
    let tally = world.prover(prover).tally;
    assert_eq!((tally.allocated, tally.missed, tally.failed), (1, 0, 0));
}

#[test]
fn a_fail_keeps_reason_and_log_and_the_next_attempt_is_the_last() {
    let mut world = World::new();
    let id = world.proving(0);
    let first = world.drawn(id);
    let log = Some((BlobId::of(b"log"), 3));
    world.say(vec![world.drawn_says(id, fail(log))]);
    assert_eq!((world.state(id), world.prover(first).tally.failed), (State::Queued, 1));
    let types::AttemptEnd::Failed(kept) = world.workload(id).attempts[0].end.clone().expect("ended").1 else {
        panic!("it failed")
    };
    assert_eq!((&*kept.reason, kept.log), ("unreachable", log));
    world.draw();
    world.accept(id);
    world.say(vec![world.drawn_says(id, fail(None))]);
    let end = world.workload(id).end.expect("an end");
    assert_eq!((world.state(id), end.reason), (State::Failed, EndReason::AttemptsUsed));
    assert_eq!(end.burned, world.workload(id).fee.compute);
}

#[test]
fn an_announcement_stops_the_compute_clock_and_gives_the_capacity_back() {
    let mut world = World::new();
    let id = world.proved(0);
    let workload = world.workload(id);
    assert_eq!(workload.moves_on, Some(workload.since.time.after(world.params().verdict_window)));
    assert_eq!(world.prover(world.drawn(id)).in_use.cpus, 0);
    let announced = workload.attempts[0].announced.expect("announced");
    assert_eq!((announced.proof, announced.size, announced.set), (BlobId::of(BUNDLE), 7, 1));
}

#[test]
fn a_prover_that_was_not_drawn_is_refused() {
    let mut world = World::new();
    let id = world.allocated(0);
    let drawn = world.drawn(id);
    let other = world.provers.iter().map(|secret| secret.account()).find(|account| *account != drawn).expect("others");
    world.refuses_message(world.says(other, id, ProverAction::Accept), "not-drawn");
    world.accept(id);
    world.refuses_message(world.says(other, id, announce(BUNDLE)), "not-drawn");
}

#[test]
fn a_message_with_anothers_signature_is_refused() {
    let mut world = World::new();
    let id = world.allocated(0);
    let good = world.drawn_says(id, ProverAction::Accept);
    let forged = Signed::new(good.value.clone(), &world.users[0]);
    world.refuses_message(forged, "bad-signature");
    world.refuses_message(Signed { signature: Signature([0; 64]), ..good }, "bad-signature");
}

#[test]
fn a_message_about_another_attempt_is_refused() {
    let mut world = World::new();
    let id = world.allocated(0);
    let good = world.drawn_says(id, ProverAction::Accept).value;
    let secret = world.secret_of(good.prover).clone();
    for attempt in [0, 2, u16::MAX] {
        world.refuses_message(Signed::new(ProverMessage { attempt, ..good.clone() }, &secret), "wrong-attempt");
    }
    world.wait(6_000);
    world.hear();
    world.refuses_message(Signed::new(good, &secret), "wrong-attempt");
}

#[test]
fn a_message_about_an_unknown_workload_is_refused() {
    let mut world = World::new();
    let id = world.allocated(0);
    let good = world.drawn_says(id, ProverAction::Accept).value;
    let secret = world.secret_of(good.prover);
    let other = ProverMessage { workload: WorkloadId([0; 32]), ..good };
    world.refuses_message(Signed::new(other, secret), "unknown-workload");
}

#[test]
fn what_was_said_before_is_repeated_and_has_no_effect() {
    let mut world = World::new();
    let id = world.proving(0);
    world.refuses_message(world.drawn_says(id, ProverAction::Accept), "repeated");
    world.announce(id);
    world.refuses_message(world.drawn_says(id, announce(BUNDLE)), "repeated");
    let second = world.allocated(1);
    let back = world.drawn_says(second, ProverAction::HandBack);
    world.say(vec![back.clone()]);
    world.refuses_message(back, "repeated");
}

#[test]
fn what_is_not_said_in_the_right_state_is_refused() {
    let mut world = World::new();
    let id = world.allocated(0);
    world.refuses_message(world.drawn_says(id, announce(BUNDLE)), "wrong-state");
    world.refuses_message(world.drawn_says(id, fail(None)), "wrong-state");
    world.accept(id);
    world.refuses_message(world.drawn_says(id, ProverAction::HandBack), "wrong-state");
    world.announce(id);
    world.refuses_message(world.drawn_says(id, announce(b"another proof")), "wrong-state");
    world.refuses_message(world.drawn_says(id, fail(None)), "wrong-state");
}

#[test]
fn what_is_said_after_its_time_is_taken_until_the_state_moves_on() {
    let mut world = World::new();
    let id = world.allocated(0);
    for _ in 0..2 {
        world.try_block(1_750, &types::Body::default());
    }
    // At the next block's time the window of 4 s is over, but what is due then is done a block later.
    world.say(vec![world.drawn_says(id, ProverAction::Accept)]);
    assert_eq!(world.state(id), State::Proving);
}

#[test]
fn sizes_out_of_range_are_refused() {
    let mut world = World::new();
    let id = world.proving(0);
    let proof = BlobId::of(BUNDLE);
    for size in [0, world.params().proof_bytes_max + 1, u64::MAX] {
        world.refuses_message(world.drawn_says(id, ProverAction::Announce { proof, size }), "out-of-range");
    }
    world.refuses_message(world.drawn_says(id, fail(Some((proof, u64::MAX)))), "out-of-range");
}
