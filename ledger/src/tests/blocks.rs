//! Blocks as a whole: their clock, their bytes, their contract with the engine.

use super::{
    network::{genesis, program, run_of, secret},
    world::{STEP, World},
};
use crate::{
    Ledger,
    memory::{ExecuteError, Memory},
};
use ports::{BlockContext, Mode, StateMachine, Step};
use proptest::prelude::*;
use types::{
    AccountId, Amount, Body, Call, List, Params, Verdict,
    event::Outcome,
    record::{HeightPage, Meta, Page, VerdictSet},
    state_key,
};

fn transfer(world: &World, user: usize) -> types::transaction::SignedTransaction {
    world.call(user, Call::Transfer { to: AccountId([77; 32]), amount: Amount(5) })
}

fn transactions(list: Vec<types::transaction::SignedTransaction>) -> Body {
    Body { transactions: List::truncated(list), ..Body::default() }
}

fn invalid(world: &World, context: BlockContext) -> String {
    let body = Body::default().encode();
    let error = world.memory.execute(context, body.into(), Mode::Candidate).expect_err("invalid");
    assert!(matches!(error, ExecuteError::Invalid(_)));
    error.to_string()
}

#[test]
fn block_1_writes_what_genesis_sets() {
    let (genesis, _) = genesis(4, Params::default());
    let mut memory = Memory::new(Ledger::new(genesis.clone()).expect("a genesis"));
    memory.block([1; 32], STEP, &Body::default()).expect("block 1");
    memory.audit(&Default::default()).expect("books that add up");
    let meta: Meta = memory.find(state_key::meta()).expect("well formed").expect("meta");
    assert_eq!((meta.set, meta.set_size, meta.height.0), (1, 4, 1));
    assert_eq!(meta.totals.sum(), genesis.supply());
    let set: VerdictSet = memory.find(state_key::verdict_set(1)).expect("well formed").expect("a set");
    assert!(set.members.iter().map(|member| member.account).eq(genesis.provers.iter().map(|prover| prover.account)));
    let (accounts, provers, keys, program) = (4, 4, 4, 1);
    // The set, the offers, the registry, the validators, their seats, meta and the outcome.
    assert_eq!(memory.values().len(), accounts + provers + keys + program + 7);
}

#[test]
fn block_1_may_hold_transactions() {
    let (genesis, _) = genesis(4, Params::default());
    let ledger = Ledger::new(genesis).expect("a genesis");
    let (chain, sender) = (ledger.chain(), secret(1, 0).account());
    let call = Call::Transfer { to: AccountId([77; 32]), amount: Amount(5) };
    let valid_until = types::Height(10);
    let fee_limit = Amount(u64::MAX);
    let transaction = types::Transaction { chain, sender, nonce: 0, fee_limit, valid_until, call };
    let body = transactions(vec![types::Signed::new(transaction, &secret(1, 0))]);
    let (kept, _) = Memory::new(ledger).block([1; 32], STEP, &body).expect("block 1");
    assert_eq!(kept, body);
}

#[test]
fn chain_time_moves_forth_by_bounded_steps() {
    let world = World::new();
    let context = world.context(STEP);
    let late = BlockContext { time_ms: context.parent_time_ms + 2_001, ..context.clone() };
    assert!(invalid(&world, late).contains("step"));
    let back = BlockContext { time_ms: context.parent_time_ms - 1, ..context.clone() };
    assert!(invalid(&world, back).contains("step"));
    let other = BlockContext { parent_time_ms: context.parent_time_ms + 1, ..context.clone() };
    assert!(invalid(&world, other).contains("chain time"));
    let height = BlockContext { height: context.height + 1, ..context.clone() };
    assert!(invalid(&world, height).contains("height"));
    let first = BlockContext { height: 1, ..context.clone() };
    assert!(invalid(&world, first).contains("before block 1"));
    let leader = BlockContext { leader: [99; 32], ..context };
    assert!(invalid(&world, leader).contains("leader"));
}

#[test]
fn building_leaves_out_what_fails_and_checking_refuses_it() {
    let mut world = World::new();
    let (one, two) = (transfer(&world, 1), transfer(&world, 2));
    let mixed = transactions(vec![one.clone(), one.clone(), two.clone()]);
    assert!(world.refused(&mixed).contains("transaction 1: nonce-used"));
    assert_eq!(world.try_block(STEP, &mixed), transactions(vec![one, two]));
}

#[test]
fn a_good_signature_vouches_for_no_other() {
    let mut world = World::new();
    let good = transfer(&world, 1);
    let forged = types::Signed::new(transfer(&world, 2).value, &world.users[1]);
    let mixed = transactions(vec![good.clone(), forged]);
    assert!(world.refused(&mixed).contains("transaction 1: bad-signature"));
    assert_eq!(world.try_block(STEP, &mixed), transactions(vec![good]));
}

#[test]
fn a_good_certificate_vouches_for_no_other() {
    let mut world = World::new();
    let (one, two) = (world.proved(0), world.proved(1));
    let good = world.settlement(one, Verdict::Valid, &[0, 1, 2]);
    let forged =
        types::Settlement { certificate: good.certificate.clone(), ..world.settlement(two, Verdict::Valid, &[0]) };
    let mixed = Body { settlements: List::truncated(vec![good.clone(), forged]), ..Body::default() };
    assert!(world.refused(&mixed).contains("settlement 1: certificate"));
    assert_eq!(&*world.try_block(STEP, &mixed).settlements, [good]);
}

#[test]
fn bytes_that_are_no_body_are_refused_and_no_bytes_are_no_candidates() {
    let world = World::new();
    let context = world.context(STEP);
    let built = world.memory.execute(context.clone(), bytes::Bytes::new(), Mode::Build).expect("built");
    assert_eq!(built.body, Body::default().encode());
    let good = transactions(vec![transfer(&world, 1)]).encode();
    for bytes in [vec![], vec![1], [good.as_slice(), &[0]].concat(), good[..good.len() - 1].to_vec()] {
        for mode in [Mode::Candidate, Mode::Final] {
            let refused = world.memory.execute(context.clone(), bytes.clone().into(), mode);
            assert!(matches!(refused, Err(ExecuteError::Invalid(reason)) if reason.contains("canonical")));
        }
    }
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let world = World::new();
    let long = vec![0; world.memory.ledger().body_bytes_max() + 1];
    assert!(world.memory.execute(world.context(STEP), long.into(), Mode::Build).is_err());
}

#[test]
fn an_execution_whose_values_do_not_come_ends() {
    let world = World::new();
    let body = transactions(vec![transfer(&world, 1)]).encode();
    let mut execution = world.memory.ledger().execute(world.context(STEP), body.into(), Mode::Candidate);
    assert!(matches!(execution.step(Vec::new()), Step::Need(_)));
    assert!(matches!(execution.step(Vec::new()), Step::Invalid(_)));
}

#[test]
fn a_malformed_state_makes_no_panic() {
    let world = World::new();
    let body = transactions(vec![transfer(&world, 1)]).encode();
    let mut execution = world.memory.ledger().execute(world.context(STEP), body.into(), Mode::Final);
    let Step::Need(keys) = execution.step(Vec::new()) else { panic!("it needs values") };
    let garbage = keys.into_iter().map(|key| (key, Some(bytes::Bytes::from_static(b"garbage")))).collect();
    assert!(matches!(execution.step(garbage), Step::Invalid(reason) if reason.contains("broken")));
}

#[test]
fn an_idle_block_loads_its_values_in_one_round() {
    let mut world = World::new();
    world.idle();
    let idle = world.memory.execute(world.context(STEP), Body::default().encode().into(), Mode::Final).expect("idle");
    assert_eq!(idle.rounds, 1);
    assert_eq!(idle.changes.len(), 2, "meta and the outcome");
}

/// Signs calls of the first user, one after the other.
fn signed(world: &World, calls: impl Iterator<Item = Call>) -> Body {
    let mut transaction = world.run(0).value;
    let mut sent = Vec::new();
    for call in calls {
        transaction.call = call;
        sent.push(world.sign(0, transaction.clone()));
        transaction.nonce += 1;
    }
    transactions(sent)
}

fn rounds(world: &World, body: &Body) -> usize {
    world.memory.execute(world.context(STEP), body.encode().into(), Mode::Build).expect("built").rounds
}

#[test]
fn the_rounds_of_a_full_block_do_not_grow_with_its_entries() {
    let mut world = World::new();
    let runs = signed(&world, (0..500).map(|_| Call::Run(run_of(program().id()))));
    assert!(rounds(&world, &runs) <= 3, "{} rounds for runs", rounds(&world, &runs));
    world.block(&runs);
    let first = world.memory.height();
    world.idle();
    let draws = Body { beacons: List::truncated(vec![world.beacon(first)]), ..Body::default() };
    assert!(rounds(&world, &draws) <= 4, "{} rounds for draws", rounds(&world, &draws));
    let waiting: Vec<_> = runs.transactions.iter().skip(60).map(|run| run.value.id().into()).collect();
    let cancels = signed(&world, waiting.into_iter().map(|workload| Call::Cancel { workload }));
    assert!(rounds(&world, &cancels) <= 5, "{} rounds for cancels", rounds(&world, &cancels));
    world.block(&cancels);
}

#[test]
fn an_outcome_is_left_for_every_block() {
    let mut world = World::new();
    world.idle();
    let height = world.memory.height();
    let key = world.memory.ledger().outcome_key(height.0);
    let outcome: Outcome = world.memory.find(key).expect("well formed").expect("an outcome");
    assert_eq!(outcome, Outcome { height, ..Outcome::default() });
}

#[test]
fn the_longest_event_is_as_short_as_the_limits_assume() {
    let event = types::ChainEvent::Proved {
        workload: types::WorkloadId([0; 32]),
        attempt: 1,
        prover: AccountId([0; 32]),
        proof: types::BlobId([0; 32]),
        size: 1,
    };
    assert!(types::codec::encode(&event).len() <= 112);
}

#[test]
fn the_first_committees_are_those_of_genesis() {
    let world = World::new();
    let ledger = world.memory.ledger();
    for epoch in 0..=2 {
        let keys = ledger.committee_keys(epoch);
        assert_eq!(keys.is_empty(), epoch < 2);
        let values: Vec<_> = keys.iter().map(|key| world.memory.values().get(key).cloned()).collect();
        assert!(values.iter().all(Option::is_some), "who sits in epoch 2 is known from block 1 on");
        assert_eq!(ledger.committee(epoch, &values), [[1; 32], [2; 32], [3; 32], [4; 32]]);
    }
}

#[test]
fn pages_are_encoded_as_their_records() {
    let ids: List<types::WorkloadId, { types::limits::PAGE_ENTRIES }> =
        List::truncated(vec![types::WorkloadId([1; 32])]);
    assert_eq!(types::codec::encode(&ids), types::codec::encode(&Page { entries: ids.clone() }));
    let heights: List<types::Height, { types::limits::PAGE_ENTRIES }> = List::truncated(vec![types::Height(3)]);
    assert_eq!(types::codec::encode(&heights), types::codec::encode(&HeightPage { entries: heights.clone() }));
}

fn no_panic(world: &World, body: Vec<u8>) -> Result<(), TestCaseError> {
    for mode in [Mode::Build, Mode::Candidate, Mode::Final] {
        let executed = world.memory.execute(world.context(STEP), body.clone().into(), mode);
        prop_assert!(!matches!(executed, Err(ExecuteError::Contract(_))), "{executed:?}");
    }
    Ok(())
}

thread_local! {
    static WORLD: World = {
        let mut world = World::new();
        world.proved(0);
        world.allocated(1);
        world.queued(2);
        world
    };
}

proptest! {
    #[test]
    fn no_bytes_make_a_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        WORLD.with(|world| no_panic(world, body))?;
    }

    #[test]
    fn no_change_of_a_good_body_makes_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        WORLD.with(|world| {
            let body = transactions(vec![transfer(world, 1), world.run(2)]);
            let mut bytes = body.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            no_panic(world, bytes)
        })?;
    }
}
