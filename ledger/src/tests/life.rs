//! The life of a workload when everything goes well.

use super::{
    network::{BUNDLE, FUNDS, program, run_of},
    world::World,
};
use crate::quote;
use types::{
    Amount, BlobId, Body, Call, ChainEvent, EndReason, List, Millis, ProverAction, ProverMessage, Quote, Settlement,
    Signed, State, Verdict, draw::Draw, state_key, verdict::Subject,
};

/// What the run of these tests costs: one core with its memory and disk, which weigh 0.128 of a core, for 10 s and 5.002 s of
/// moving bytes, five million fuel for each of four.
const COMPUTE: Amount = Amount(169_222_560);
const VERIFICATION: Amount = Amount(20_000);

#[test]
fn a_run_is_queued_drawn_accepted_proved_and_verified() {
    let mut world = World::new();
    let id = world.queued(0);
    assert_eq!(world.state(id), State::Queued);
    assert!(world.events.contains(&ChainEvent::BeaconWanted));
    world.draw();
    assert_eq!(world.state(id), State::Allocated);
    world.accept(id);
    assert_eq!(world.state(id), State::Proving);
    world.announce(id);
    assert_eq!(world.state(id), State::Proved);
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2]));
    let workload = world.workload(id);
    assert_eq!(workload.state, State::Verified);
    assert_eq!(workload.end.map(|end| end.reason), Some(EndReason::Proved));
    assert_eq!(world.events, [ChainEvent::Ended { workload: id, state: State::Verified, reason: EndReason::Proved }]);
    assert_eq!((world.meta().live, world.meta().workloads, world.meta().verified), (0, 1, 1));
}

#[test]
fn the_quote_is_what_is_locked() {
    let mut world = World::new();
    let run = run_of(program().id());
    let (quote, billed) = quote(&world.meta(), &world.offers(), &run, &program()).expect("a price");
    assert_eq!((quote, billed), (Quote { compute: COMPUTE, verification: VERIFICATION }, Millis(15_002)));
    let id = world.queued(1);
    assert_eq!(world.workload(id).fee, quote);
    assert_eq!(world.meta().totals.escrow, Amount(COMPUTE.0 + VERIFICATION.0));
    let transaction_fee = world.fees();
    assert!(world.balance(1).0 >= FUNDS.0 - COMPUTE.0 - VERIFICATION.0 - transaction_fee.0);
}

#[test]
fn a_verified_proof_pays_its_prover_and_each_verdict_in_the_certificate() {
    let mut world = World::new();
    let id = world.proved(0);
    let prover = world.drawn(id);
    let before = world.balance(0);
    world.settle(world.settlement(id, Verdict::Valid, &[0, 2, 3]));
    let members: Vec<_> = world.memory.ledger().genesis().provers.iter().map(|prover| prover.account).collect();
    let signed = |index: usize| [0, 2, 3].contains(&index);
    for (index, account) in members.iter().enumerate() {
        let verdict = if signed(index) { VERIFICATION.0 / 4 } else { 0 };
        let compute = if *account == prover { COMPUTE.0 } else { 0 };
        assert_eq!(world.account(*account).balance, Amount(verdict + compute));
        let tally = world.prover(*account).tally;
        assert_eq!(tally.earned, Amount(verdict + compute));
        assert_eq!((tally.verdicts, tally.verified), (u64::from(signed(index)), u64::from(*account == prover)));
    }
    assert_eq!(world.balance(0), before, "nothing comes back to the sender");
    assert_eq!(world.meta().totals.burned, Amount(VERIFICATION.0 / 4), "the share of the verdict that is missing");
    let end = world.workload(id).end.expect("an end");
    assert_eq!((end.to_prover, end.to_verdicts), (COMPUTE, Amount(VERIFICATION.0 / 4 * 3)));
}

#[test]
fn one_block_may_hold_acceptance_announcement_and_settlement() {
    let mut world = World::new();
    let id = world.allocated(0);
    let proof = BlobId::of(BUNDLE);
    let accept = world.drawn_says(id, ProverAction::Accept);
    let announce = world.drawn_says(id, ProverAction::Announce { proof, size: BUNDLE.len() as u64 });
    let subject = Subject { workload: id, attempt: 1, proof };
    let certificate = world.certificate(&subject, Verdict::Valid, &[1, 2, 3]);
    let settlement = Settlement { subject, certificate, bundle: None };
    world.block(&Body {
        messages: List::truncated(vec![accept, announce]),
        settlements: List::truncated(vec![settlement]),
        ..Body::default()
    });
    assert_eq!(world.state(id), State::Verified);
}

#[test]
fn anyone_can_repeat_the_draw_from_its_record() {
    let mut world = World::new();
    let id = world.allocated(0);
    let draw: Draw = world.memory.find(state_key::draw(id, 1)).expect("well formed").expect("a draw");
    assert_eq!(draw.winner(), Some(world.drawn(id)));
    assert_eq!(draw.height, world.workload(id).attempts[0].drawn_by);
    assert!(draw.beacon.verify(&world.group.public(), world.chain(), draw.height));
    assert!(draw.candidates.iter().all(|candidate| candidate.tickets == 4));
}

#[test]
fn a_hundred_and_forty_workloads_live_on_two_pages_and_leave_none_behind() {
    let mut world = World::new();
    let mut transaction = world.transaction(0, Call::Run(run_of(program().id())));
    let mut sent = Vec::new();
    for _ in 0..140 {
        sent.push(world.sign(0, transaction.clone()));
        transaction.nonce += 1;
    }
    world.transact(sent);
    assert_eq!(world.meta().live, 140);
    for _ in 0..20 {
        world.draw_waiting();
        let waiting: Vec<_> = world.seen.workloads.iter().copied().collect();
        let allocated = waiting.into_iter().filter(|id| world.state(*id) == State::Allocated);
        let proof = BlobId::of(BUNDLE);
        let (mut messages, mut settlements) = (Vec::new(), Vec::new());
        for id in allocated.collect::<Vec<_>>() {
            let announce = ProverAction::Announce { proof, size: 7 };
            messages.extend([ProverAction::Accept, announce].map(|action| world.drawn_says(id, action)));
            let subject = Subject { workload: id, attempt: 1, proof };
            let certificate = world.certificate(&subject, Verdict::Valid, &[0, 1, 2]);
            settlements.push(Settlement { subject, certificate, bundle: None });
        }
        let (messages, settlements) = (List::truncated(messages), List::truncated(settlements));
        world.block(&Body { messages, settlements, ..Body::default() });
    }
    assert_eq!((world.meta().live, world.meta().verified), (0, 140));
    assert!(world.memory.find::<types::record::Page>(state_key::live(0)).expect("well formed").is_none());
}

#[test]
fn a_message_for_another_chain_does_nothing() {
    let mut world = World::new();
    let id = world.allocated(0);
    let good = world.drawn_says(id, ProverAction::Accept);
    let other = ProverMessage { chain: types::ChainId([9; 32]), ..good.value.clone() };
    let secret = world.secret_of(good.value.prover);
    world.refuses_message(Signed::new(other, secret), "wrong-chain");
    world.say(vec![good]);
}
