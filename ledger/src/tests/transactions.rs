//! Transactions and what is refused.

use super::{
    network::{FUNDS, cores, genesis, program, prove_possession, run_of, validator},
    world::World,
};
use types::{
    AccountId, Amount, Artifact, BlobId, Call, ChainEvent, EndReason, Height, Input, InputRole, InputSource, List,
    Millis, Params, Program, ProgramId, Resources, Run, Signed, State, WorkloadId, codec, fee, sign::Signature,
};

fn transfer(to: AccountId, amount: u64) -> Call {
    Call::Transfer { to, amount: Amount(amount) }
}

fn fee_of(world: &World, user: usize, call: &Call) -> u64 {
    let bytes = codec::encode(&world.call(user, call.clone())).len();
    fee::transaction_fee(world.params(), bytes).expect("small").0
}

/// Nothing is ever drawn.
fn undrawn() -> World {
    World::with(4, Params { provers_min: 5, ..Params::default() })
}

#[test]
fn a_transfer_moves_money_and_pays_the_leader() {
    let mut world = World::new();
    world.leader = Some([3; 32]);
    let call = transfer(AccountId([77; 32]), 1_000);
    let fee = fee_of(&world, 1, &call);
    world.transact(vec![world.call(1, call)]);
    assert_eq!(world.balance(1).0, FUNDS.0 - 1_000 - fee);
    assert_eq!(world.account(world.user(1)).nonce, 1);
    assert_eq!(world.account(AccountId([77; 32])).balance, Amount(1_000));
    assert_eq!(world.account(validator(3)).balance, Amount(fee));
}

#[test]
fn a_transfer_to_oneself_costs_its_fee_alone() {
    let mut world = World::new();
    let call = transfer(world.user(1), FUNDS.0 / 2);
    let fee = fee_of(&world, 1, &call);
    world.transact(vec![world.call(1, call)]);
    assert_eq!(world.balance(1).0, FUNDS.0 - fee);
}

#[test]
fn a_transfer_of_nothing_makes_no_account() {
    let mut world = World::new();
    let nobody = AccountId([78; 32]);
    world.transact(vec![world.call(1, transfer(nobody, 0))]);
    assert!(!world.memory.values().contains_key(&types::state_key::account(nobody)));
}

#[test]
fn nobody_spends_what_it_does_not_have() {
    let world = World::new();
    let fee = fee_of(&world, 1, &transfer(AccountId([77; 32]), 0));
    world.refuses_call(1, transfer(AccountId([77; 32]), FUNDS.0 - fee + 1), "funds");
    world.refuses_call(1, transfer(AccountId([77; 32]), u64::MAX), "funds");
    let mut all = world;
    all.transact(vec![all.call(1, transfer(AccountId([77; 32]), FUNDS.0 - fee))]);
    assert_eq!(all.balance(1), Amount::ZERO);
}

#[test]
fn nonces_are_used_in_order_and_once() {
    let mut world = World::new();
    let first = world.call(1, transfer(AccountId([77; 32]), 1));
    let mut next = first.value.clone();
    next.nonce = 1;
    let next = world.sign(1, next);
    world.refuses_transaction(next.clone(), "nonce-gap");
    world.transact(vec![first.clone(), next]);
    world.refuses_transaction(first, "nonce-used");
}

#[test]
fn a_transaction_holds_until_its_last_block() {
    let mut world = World::new();
    let height = world.memory.height();
    let mut transaction = world.transaction(1, transfer(AccountId([77; 32]), 1));
    transaction.valid_until = height;
    world.refuses_transaction(world.sign(1, transaction.clone()), "past");
    transaction.valid_until = Height(height.0 + 1 + world.params().validity_max + 1);
    world.refuses_transaction(world.sign(1, transaction.clone()), "too-far-ahead");
    transaction.valid_until = Height(u64::MAX);
    world.refuses_transaction(world.sign(1, transaction.clone()), "too-far-ahead");
    transaction.valid_until = height.next();
    world.transact(vec![world.sign(1, transaction)]);
}

#[test]
fn signatures_and_chains_are_checked() {
    let world = World::new();
    let good = world.call(1, transfer(AccountId([77; 32]), 1));
    world.refuses_transaction(Signed::new(good.value.clone(), &world.users[2]), "bad-signature");
    world.refuses_transaction(Signed { signature: Signature([7; 64]), ..good.clone() }, "bad-signature");
    let mut changed = good.clone();
    changed.value.fee_limit = Amount(u64::MAX);
    world.refuses_transaction(changed, "bad-signature");
    let mut other = good.value;
    other.chain = types::ChainId([0; 32]);
    world.refuses_transaction(world.sign(1, other), "wrong-chain");
}

#[test]
fn the_fee_is_within_the_senders_limit() {
    let mut world = World::new();
    let call = transfer(AccountId([77; 32]), 1);
    let fee = fee_of(&world, 1, &call);
    let mut transaction = world.transaction(1, call);
    transaction.fee_limit = Amount(fee - 1);
    world.refuses_transaction(world.sign(1, transaction.clone()), "fee-limit");
    transaction.fee_limit = Amount(fee);
    world.transact(vec![world.sign(1, transaction)]);
}

#[test]
fn a_program_is_deployed_once_and_within_bounds() {
    let mut world = World::new();
    world.refuses_call(1, Call::Deploy(program()), "program-exists");
    let artifact = |size| Artifact { blob: BlobId::of(b"artifact"), size };
    let wrong = [
        Program { fuel_limit: 0, ..program() },
        Program { fuel_limit: world.params().fuel_max + 1, ..program() },
        Program { prover: artifact(0), ..program() },
        Program { verifier: artifact(0), ..program() },
        Program { verifier: artifact(u64::MAX), ..program() },
    ];
    for program in wrong {
        world.refuses_call(1, Call::Deploy(program), "out-of-range");
    }
    let other = Program { fuel_limit: 1, ..program() };
    world.transact(vec![world.call(1, Call::Deploy(other.clone()))]);
    assert_eq!(world.events, [ChainEvent::Deployed { program: other.id() }]);
    assert_eq!(world.meta().programs, 2);
}

#[test]
fn a_run_of_an_unknown_program_is_refused() {
    World::new().refuses_call(0, Call::Run(run_of(ProgramId([0; 32]))), "unknown-program");
}

#[test]
fn a_run_out_of_range_is_refused() {
    let world = World::new();
    let run = run_of(program().id());
    let blob = InputSource::Blob { blob: BlobId::of(b""), size: world.params().blob_bytes_max + 1 };
    let wrong = [
        Run { compute_max: Millis(0), ..run.clone() },
        Run { compute_max: Millis(world.params().compute_max.0 + 1), ..run.clone() },
        Run { compute_max: Millis(u64::MAX), ..run.clone() },
        Run { resources: Resources { cpus: 0, ..cores(1) }, ..run.clone() },
        Run { resources: Resources { cpus: u32::MAX, ..cores(1) }, ..run.clone() },
        Run { inputs: List::truncated(vec![Input { role: InputRole::Witness, source: blob }]), ..run },
    ];
    for run in wrong {
        world.refuses_call(0, Call::Run(run), "out-of-range");
    }
}

#[test]
fn a_run_that_no_prover_could_serve_is_refused_with_the_reason() {
    let world = World::new();
    let run = |resources| Call::Run(Run { resources, ..run_of(program().id()) });
    world.refuses_call(0, run(cores(5)), "never-served");
    world.refuses_call(0, run(Resources { gpus: 1, ..cores(1) }), "never-served");
    let body = types::Body {
        transactions: List::truncated(vec![world.call(0, run(Resources { memory_mib: 9_000, ..cores(1) }))]),
        ..Default::default()
    };
    let refused = world.refused(&body);
    assert!(refused.contains("no prover has 9000 MiB of memory; the largest has 4096"), "{refused}");
}

#[test]
fn a_run_that_only_two_provers_together_could_serve_is_refused() {
    let (mut genesis, group) = genesis(2, Params::default());
    for (index, prover) in genesis.provers.iter_mut().enumerate() {
        prover.capacity = [cores(2), Resources { memory_mib: 64_000, ..cores(1) }][index];
    }
    prove_possession(&mut genesis);
    let world = World::of(genesis, group);
    let run = Run { resources: Resources { memory_mib: 32_000, ..cores(2) }, ..run_of(program().id()) };
    let refusal = crate::quote(&world.meta(), &world.offers(), &run, &program()).expect_err("nobody");
    assert_eq!(refusal.code(), "never-served");
    assert!(refusal.to_string().contains("all of 2 cores, 32000 MiB of memory"), "{refusal}");
}

#[test]
fn the_fee_of_a_run_is_within_its_limit_and_the_senders_means() {
    let world = World::new();
    let dear = Run { fee_max: Amount(169_242_559), ..run_of(program().id()) };
    world.refuses_call(0, Call::Run(dear), "fee-limit");
    let vast = Run { compute_max: Millis(86_400_000), resources: cores(4), ..run_of(program().id()) };
    world.refuses_call(0, Call::Run(Run { fee_max: Amount(u64::MAX), ..vast }), "funds");
}

#[test]
fn a_run_in_the_queue_can_be_taken_back_in_full() {
    let mut world = undrawn();
    let id = world.queued(0);
    let (before, locked) = (world.balance(0), world.workload(id).fee.total().expect("small"));
    let call = Call::Cancel { workload: id };
    let fee = fee_of(&world, 0, &call);
    world.refuses_call(1, call.clone(), "not-yours");
    world.transact(vec![world.call(0, call.clone())]);
    assert_eq!(world.state(id), State::Cancelled);
    assert_eq!(world.workload(id).end.map(|end| end.reason), Some(EndReason::Cancelled));
    assert_eq!(world.balance(0).0, before.0 + locked.0 - fee);
    world.refuses_call(0, call, "wrong-state");
    world.refuses_call(0, Call::Cancel { workload: WorkloadId([0; 32]) }, "unknown-workload");
}

#[test]
fn a_cancel_has_no_effect_on_draws_that_are_fixed() {
    let mut world = World::new();
    let id = world.queued(0);
    world.refuses_call(0, Call::Cancel { workload: id }, "wrong-state");
    world.draw();
    world.refuses_call(0, Call::Cancel { workload: id }, "wrong-state");
}

#[test]
fn a_run_and_its_cancel_may_stand_in_one_block() {
    let mut world = undrawn();
    let run = world.run(0);
    let id = run.value.id().into();
    let mut cancel = world.transaction(0, Call::Cancel { workload: id });
    cancel.nonce += 1;
    world.transact(vec![run, world.sign(0, cancel)]);
    assert_eq!(world.state(id), State::Cancelled);
}

#[test]
fn cancelling_out_of_order_keeps_the_list_of_the_living() {
    let mut world = undrawn();
    let ids: Vec<_> = (0..5).map(|_| world.queued(0)).collect();
    for index in [0, 4, 2, 1, 3] {
        let cancel = world.call(0, Call::Cancel { workload: ids[index] });
        world.transact(vec![cancel]);
    }
    assert_eq!(world.meta().live, 0);
}

#[test]
fn more_movements_than_a_page_holds_go_on_the_next() {
    let mut world = World::new();
    let (mut transaction, mut sent) = (world.transaction(1, transfer(world.user(2), 1)), Vec::new());
    for _ in 0..2_100 {
        sent.push(world.sign(1, transaction.clone()));
        transaction.nonce += 1;
    }
    world.transact(sent);
    let height = world.memory.height();
    let page = |number| {
        let page: Option<types::record::Movements> =
            world.memory.find(types::state_key::movements(height, number)).expect("well formed");
        page.map(|page| (page.height, page.more, page.entries.len()))
    };
    let full = types::limits::MOVEMENTS_PER_PAGE;
    assert_eq!([0, 1, 2].map(page), [Some((height, true, full)), Some((height, false, 2_100 * 4 - full)), None]);
}
