//! Attacks for money: what the attacker has before and after, to the unit. Transactions are free here, so that all numbers are
//! those of the rules; on a chain with fees each attack costs these on top.

use super::{
    deeds::announcement,
    network::{BUNDLE, UNIT, brief, cores, program, prove_possession, run_of, seated, secret, verdict_secret},
    parties::declare,
    world::World,
};
use types::{
    AccountId, Amount, BlobId, Body, Call, Certificate, Data, EndReason, Input, InputRole, InputSource, List, Millis,
    Params, ProverAction, Resources, Run, Settlement, Signed, State, Text, Verdict, WorkloadId,
    block::BeaconEntry,
    draw::Draw,
    limits::DRAWS_MAX,
    message::{Fail, FailKind},
    offence::Evidence,
    record::PendingDraws,
    registry::{ProverUpdate, Registration, Role},
    state_key,
    verdict::{Member, bonds, testing::rogue},
};

/// What a run of these tests costs: computing, and five million fuel for each of four.
const COMPUTE: u64 = 169_222_560;
const VERIFICATION: u64 = 20_000;

fn params() -> Params {
    Params { transaction_fee: Amount::ZERO, transaction_fee_byte: Amount::ZERO, epoch_blocks: 4_096, ..brief() }
}

impl World {
    /// All that an account owns: its balance, and what it has bonded, taken back parts included.
    fn wealth(&self, account: AccountId) -> u64 {
        let prover: Option<types::record::Prover> = self.memory.find(state_key::prover(account)).expect("well formed");
        let bonds =
            prover.map_or(0, |prover| prover.bond.0 + prover.unbonding.iter().map(|part| part.amount.0).sum::<u64>());
        self.account(account).balance.0 + bonds
    }

    fn all_wealth(&self) -> Vec<u64> {
        self.all_provers().into_iter().map(|prover| self.wealth(prover)).collect()
    }

    fn fails_with(&mut self, id: WorkloadId, kind: FailKind) {
        let fail = Fail { kind, reason: Text::default(), log: None };
        self.say(vec![self.drawn_says(id, ProverAction::Fail(fail))]);
    }
}

#[test]
fn a_user_whose_program_emits_garbage_pays_for_the_computing_and_harms_no_prover() {
    let mut world = World::with(4, params());
    let (user, before) = (world.user(0), world.wealth(world.user(0)));
    let provers = world.all_wealth();
    for round in 1..=3 {
        let id = world.queued(0);
        for _ in 0..2 {
            world.draw();
            world.accept(id);
            // An honest prover runs the verifier itself, and announces nothing that it refuses.
            world.fails_with(id, FailKind::SelfCheck);
        }
        assert_eq!(world.workload(id).end.map(|end| end.reason), Some(EndReason::AttemptsUsed));
        assert_eq!(world.wealth(user), before - round * COMPUTE, "the verdicts that nobody gave come back");
    }
    assert_eq!(world.all_wealth(), provers, "no bond, no reward");
    assert!(world.provers.iter().all(|secret| world.prover(secret.account()).misses.is_empty()));
    assert_eq!(world.meta().totals.burned.0, 3 * COMPUTE);
}

#[test]
fn a_user_and_a_prover_of_one_mind_lose_half_of_what_a_rejected_proof_costs() {
    let mut world = World::with(4, Params { compute_price: Amount(9_000_000_000), ..params() });
    let (user, before) = (world.user(0), world.wealth(world.user(0)));
    let id = world.proved(0);
    let prover = world.drawn(id);
    let bond = world.wealth(prover);
    let locked = world.workload(id).fee.total().expect("small").0;
    assert!(locked > UNIT.0);
    world.settle_by_all(id, Verdict::Invalid);
    let both = world.wealth(user) + world.wealth(prover) + locked;
    assert_eq!(both, before + bond - UNIT.0 / 2, "the other half came back to them as compensation");
}

#[test]
fn a_program_that_fails_by_a_coin_flip_gets_no_attempt_for_nothing() {
    let mut world = World::with(4, params());
    let user = world.user(0);
    // It fails at the first prover, and is taken back before the second is drawn.
    let before = world.wealth(user);
    let id = world.proving(0);
    let provers = world.all_provers();
    world.drain(&provers, true);
    world.fail(id);
    let cancel = world.call(0, Call::Cancel { workload: id });
    world.transact(vec![cancel]);
    assert_eq!((world.state(id), before - world.wealth(user)), (State::Cancelled, COMPUTE), "computing was paid for");
    // The same where it is left to expire.
    world.drain(&provers, false);
    let before = world.wealth(user);
    let id = world.proving(0);
    world.drain(&provers, true);
    world.fail(id);
    world.wait(604_000);
    assert_eq!((world.state(id), before - world.wealth(user)), (State::Expired, COMPUTE));
    assert_eq!(world.meta().totals.burned.0, 2 * COMPUTE);
}

#[test]
fn to_jail_a_prover_by_coin_flips_takes_three_users_that_each_pay_in_full() {
    let mut world = World::with(4, params());
    let [victim, other] = [0, 1].map(|index| world.provers[index].account());
    let rest: Vec<AccountId> = world.all_provers().into_iter().filter(|prover| *prover != victim).collect();
    let (bond, reward) = (world.wealth(victim), world.wealth(other));
    let before: Vec<u64> = (0..3).map(|user| world.wealth(world.user(user))).collect();
    for user in 0..3 {
        assert_eq!(world.prover(victim).jailed, None);
        world.drain(&rest, true);
        let id = world.proving(user);
        world.drain(&[other], false);
        world.fail(id);
        world.draw();
        world.accept(id);
        world.announce(id);
        world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2, 3]));
    }
    assert!(world.prover(victim).jailed.is_some());
    for (user, before) in before.into_iter().enumerate() {
        assert_eq!(world.wealth(world.user(user)), before - COMPUTE - VERIFICATION, "the whole fee, once each");
    }
    let verdicts = 3 * VERIFICATION / 4;
    assert_eq!(world.wealth(victim), bond + verdicts, "the victim keeps its bond, and what its verdicts earned");
    assert_eq!(world.wealth(other), reward + verdicts + 3 * COMPUTE);
}

#[test]
fn fails_count_only_until_the_next_good_proof_so_that_coin_flips_must_outnumber_honest_work() {
    let mut world = World::with(4, params());
    let [victim, other] = [0, 1].map(|index| world.provers[index].account());
    let rest: Vec<AccountId> = world.all_provers().into_iter().filter(|prover| *prover != victim).collect();
    for user in 0..3 {
        world.drain(&rest, true);
        if user == 2 {
            let honest = world.proved(0);
            assert_eq!((world.drawn(honest), world.prover(victim).misses.len()), (victim, 2));
            world.settle_by_all(honest, Verdict::Valid);
            assert_eq!(world.prover(victim).misses.len(), 0);
        }
        let id = world.proving(user);
        world.drain(&[other], false);
        world.fail(id);
        world.draw();
        world.accept(id);
        world.announce(id);
        world.settle_by_all(id, Verdict::Valid);
    }
    assert_eq!((world.prover(victim).misses.len(), world.prover(victim).jailed), (1, None));
}

#[test]
fn a_user_that_withholds_inputs_wastes_draws_and_punishes_nobody() {
    let mut world = World::with(4, params());
    let (user, provers) = (world.user(0), world.all_wealth());
    let missing = InputSource::Blob { blob: BlobId::of(b"nobody has this"), size: 1_000 };
    let inputs = List::truncated(vec![Input { role: InputRole::Witness, source: missing }]);
    let run = Run { inputs, ..run_of(program().id()) };
    let before = world.wealth(user);
    let id = world.queued_run(0, run.clone());
    for _ in 0..DRAWS_MAX {
        world.draw();
        world.say(vec![world.drawn_says(id, ProverAction::HandBack)]);
    }
    assert_eq!((world.state(id), world.wealth(user)), (State::Expired, before), "handed back by all: nobody computed");
    // A prover that accepted before it knew says that inputs are missing, which is a fail like any other.
    let id = world.queued_run(0, run);
    let compute = world.workload(id).fee.compute.0;
    for _ in 0..2 {
        world.draw();
        world.accept(id);
        world.fails_with(id, FailKind::Inputs);
    }
    assert_eq!(world.wealth(user), before - compute);
    assert_eq!(world.all_wealth(), provers);
    let blameless = |secret: &types::SecretKey| {
        let prover = world.prover(secret.account());
        prover.misses.is_empty() && prover.jailed.is_none() && prover.tally.missed == 0
    };
    assert!(world.provers.iter().all(blameless));
}

#[test]
fn a_user_that_cancels_after_it_saw_the_beacon_is_refused() {
    let mut world = World::with(4, params());
    let before = world.wealth(world.user(0));
    let id = world.queued(0);
    let height = world.memory.height();
    // The block is final: the beacon of its height can be known, and with it the prover that will be drawn.
    let beacon = world.beacon(height);
    let cancel = Call::Cancel { workload: id };
    world.refuses_call(0, cancel.clone(), "wrong-state");
    world.idle();
    world.refuses_call(0, cancel.clone(), "wrong-state");
    let sent = world.call(0, cancel);
    let body =
        Body { beacons: List::truncated(vec![beacon]), transactions: List::truncated(vec![sent]), ..Body::default() };
    let kept = world.try_block(500, &body);
    assert_eq!((kept.beacons.len(), kept.transactions.len()), (1, 0), "not in the block of the draw either");
    assert_eq!(world.state(id), State::Allocated);
    assert_eq!(world.wealth(world.user(0)), before - COMPUTE - VERIFICATION, "it stays locked");
}

/// A network of three provers with 50 cores each, and some more cores split among so many provers.
fn split(into: u8) -> (World, Vec<AccountId>) {
    let (mut genesis, group) = seated(4, 3 + into, params());
    let others: Vec<AccountId> = (0..3).map(|index| secret(2, index).account()).collect();
    for prover in genesis.provers.iter_mut() {
        let own = if others.contains(&prover.account) { 50 } else { 100 / u32::from(into) };
        prover.capacity = Resources { memory_mib: 400_000, disk_mib: 400_000, ..cores(own) };
    }
    prove_possession(&mut genesis);
    let world = World::of(genesis, group);
    let attacker = (3..3 + into).map(|index| world.provers[usize::from(index)].account()).collect();
    (world, attacker)
}

#[test]
fn a_prover_that_splits_into_a_hundred_holds_the_same_tickets_for_the_same_bond() {
    let mut found = Vec::new();
    for into in [1, 4, 100] {
        let (mut world, attacker) = split(into);
        let bond: u64 = attacker.iter().map(|account| world.wealth(*account)).sum();
        let id = world.allocated(0);
        let draw: Draw = world.memory.find(state_key::draw(id, 1)).expect("well formed").expect("a draw");
        let own = draw.candidates.iter().filter(|candidate| attacker.contains(&candidate.prover));
        let all: u32 = draw.candidates.iter().map(|candidate| candidate.tickets).sum();
        found.push((bond, own.map(|candidate| candidate.tickets).sum::<u32>(), all));
    }
    assert_eq!(found, [(100 * UNIT.0, 100, 250); 3]);
}

#[test]
fn a_prover_that_splits_into_a_hundred_says_and_earns_as_much_as_before() {
    let mut found = Vec::new();
    for into in [1, 4, 100] {
        let (mut world, attacker) = split(into);
        let id = world.proved(0);
        let fee = world.workload(id).fee.verification.0;
        let compute = |world: &World| attacker.contains(&world.workload(id).attempts[0].prover);
        let paid = if compute(&world) { world.workload(id).fee.compute.0 } else { 0 };
        let before: u64 = attacker.iter().map(|account| world.wealth(*account)).sum();
        world.settle_by_all(id, Verdict::Valid);
        let after: u64 = attacker.iter().map(|account| world.wealth(*account)).sum();
        let set = world.set(world.meta().set).members;
        let own = bonds(set.iter().filter(|member| attacker.contains(&member.account))) * 1000 / bonds(&set);
        found.push((set.len(), own, (after - before - paid) / (fee / 1000)));
    }
    assert_eq!(found, [(4, 400, 400), (7, 400, 400), (103, 400, 400)], "two fifths of all bonds, whatever the heads");
}

#[test]
fn a_hundred_heads_with_less_than_two_thirds_of_the_bonds_certify_nothing_alone() {
    let (mut world, attacker) = split(100);
    let id = world.proved(0);
    let members = world.members();
    let heads: Vec<usize> = (0..members.len()).filter(|index| attacker.contains(&members[*index])).collect();
    world.refuses_settlement(world.settlement(id, Verdict::Invalid, &heads), "certificate");
}

#[test]
fn a_prover_that_splits_can_serve_no_larger_run() {
    let (mut world, attacker) = split(100);
    let two = Run { resources: cores(2), ..run_of(program().id()) };
    for _ in 0..3 {
        let id = world.queued_run(0, two.clone());
        world.draw();
        let draw: Draw = world.memory.find(state_key::draw(id, 1)).expect("well formed").expect("a draw");
        assert!(draw.candidates.iter().all(|candidate| !attacker.contains(&candidate.prover)));
    }
}

#[test]
fn one_that_claims_capacity_it_lacks_counts_for_nothing_and_has_its_bond_locked() {
    let mut world = World::with(4, params());
    let (prover, test) = world.registered(64);
    let fee = world.workload(test).fee.verification.0;
    let (before, offered) = (world.wealth(prover) + fee, world.meta().units_offered);
    world.accept(test);
    world.wait(14_000);
    world.hear();
    assert_eq!((world.state(test), world.prover(prover).capacity.cpus), (State::Failed, 0));
    assert_eq!((world.wealth(prover), world.meta().units_offered), (before, offered), "the verdicts came back");
    world.unbonds(prover, Role::Prover, Amount(64 * UNIT.0));
    let balance = world.account(prover).balance.0;
    world.wait(80_000);
    assert_eq!(world.account(prover).balance.0, balance, "64 units lay idle for a week, here 90 seconds");
    world.wait(14_000);
    assert_eq!(world.account(prover).balance.0, balance + 64 * UNIT.0);
}

#[test]
fn one_that_claims_capacity_it_lacks_and_announces_garbage_loses_the_bond_behind_the_claim() {
    let mut world = World::with(4, params());
    let (prover, test) = world.registered(64);
    let fee = world.workload(test).fee.verification.0;
    let before = world.wealth(prover) + fee;
    world.accept(test);
    world.announce(test);
    world.settle(world.settlement(test, Verdict::Invalid, &[0, 1, 2]));
    assert_eq!((world.wealth(prover), world.prover(prover).capacity.cpus), (before - 64 * UNIT.0, 0));
}

#[test]
fn a_prover_that_always_votes_valid_loses_a_bond_for_each_verdict_that_was_wrong() {
    let mut world = World::with(4, params());
    let lazy = world.members()[3];
    let before = world.wealth(lazy);
    world.drain(&[lazy], true);
    let share = VERIFICATION / 4;
    for _ in 0..5 {
        let id = world.proved(0);
        world.settle_by_all(id, Verdict::Valid);
    }
    assert_eq!(world.wealth(lazy), before + 5 * share, "what verifying nothing earns while all proofs are good");
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    let vote = world.verdict(lazy, subject, Verdict::Valid);
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    world.block(&Body { evidence: List::truncated(vec![Evidence::FalseVerdict(vote)]), ..Body::default() });
    assert_eq!(world.wealth(lazy), before + 5 * share - UNIT.0);
    assert!(UNIT.0 / share >= 20_000_000, "one wrong verdict costs what twenty million lazy ones earn");
}

fn tickets(world: &World, id: WorkloadId, prover: AccountId) -> u32 {
    let draw: Draw = world.memory.find(state_key::draw(id, 1)).expect("well formed").expect("a draw");
    draw.candidates.iter().find(|candidate| candidate.prover == prover).map_or(0, |candidate| candidate.tickets)
}

#[test]
fn a_leader_that_reorders_capacity_changes_gives_nobody_more_tickets() {
    let mut world = World::with(4, params());
    let [friend, busy] = [0, 1].map(|index| world.provers[index].account());
    world.drain(&[friend], true);
    let id = world.queued(0);
    let height = world.memory.height();
    let pending: PendingDraws =
        world.memory.find(state_key::pending_draws(height)).expect("well formed").expect("draws");
    assert!(pending.provers.iter().all(|free| free.prover != friend), "what the block found is fixed");
    // The leaders that follow know the beacon. They put all that could help a friend in front of the draw.
    world.fund(friend, UNIT);
    world.drain(&[friend], false);
    world.bonds(friend, Role::Prover, UNIT);
    world.fund(busy, UNIT);
    let mut late = world.transaction_of(world.secret_of(busy), declare(cores(8)));
    late.call = Call::Bond { role: Role::Prover, amount: UNIT };
    let late = Signed::new(late, world.secret_of(busy));
    let beacons: List<BeaconEntry, 16> = List::truncated(vec![world.beacon(height)]);
    world.block(&Body { beacons, transactions: List::truncated(vec![late]), ..Body::default() });
    assert_eq!((tickets(&world, id, friend), tickets(&world, id, busy)), (0, 4));
    let next = world.allocated(1);
    assert_eq!(tickets(&world, next, friend), 4, "the next draw counts them");
}

#[test]
fn a_leader_that_takes_capacity_away_before_a_draw_changes_no_draw() {
    let draws = |drained: usize| {
        let mut world = World::with(4, params());
        let ids: Vec<WorkloadId> = (0..8).map(|_| world.queued(0)).collect();
        // The leader knows the beacons by now, and whom they name.
        let friends: Vec<AccountId> = world.all_provers().into_iter().take(drained).collect();
        world.drain(&friends, true);
        for _ in 0..3 {
            world.draw_waiting();
        }
        assert!(ids.iter().all(|id| world.state(*id) == State::Allocated));
        ids.iter().map(|id| world.drawn(*id)).collect::<Vec<_>>()
    };
    let untouched = draws(0);
    assert_eq!([1, 2, 4].map(draws), [untouched.clone(), untouched.clone(), untouched]);
}

#[test]
fn a_leader_that_leaves_verdicts_out_gains_nothing() {
    let outcome = |signers: &[usize]| {
        let mut world = World::with(4, params());
        // The leader is also the first member of the verdict set.
        world.leader = Some([1; 32]);
        let id = world.proved(0);
        let members = world.members();
        let before: Vec<u64> = members.iter().map(|member| world.wealth(*member)).collect();
        let (leader, burned, prover) = (world.fees(), world.meta().totals.burned.0, world.drawn(id));
        world.settle(world.settlement(id, Verdict::Valid, signers));
        let compute = |member: AccountId| if member == prover { COMPUTE } else { 0 };
        let earned =
            members.iter().zip(before).map(|(member, before)| world.wealth(*member) - before - compute(*member));
        (earned.collect::<Vec<_>>(), world.fees().0 - leader.0, world.meta().totals.burned.0 - burned)
    };
    let share = VERIFICATION / 4;
    assert_eq!(outcome(&[0, 1, 2, 3]), (vec![share; 4], 0, 0));
    assert_eq!(outcome(&[0, 1, 2]), (vec![share, share, share, 0], 0, share), "the share of the fourth burns");
}

#[test]
fn leaders_that_censor_an_accept_cost_its_prover_nothing() {
    let mut world = World::seated(7, 4, params());
    let id = world.allocated(0);
    let (prover, before) = (world.drawn(id), world.wealth(world.drawn(id)));
    // Two of seven leaders propose everything for a minute, without its accept.
    for leader in (0..120).map(|block| if block % 2 == 0 { 2 } else { 5 }) {
        world.leader = Some([leader; 32]);
        world.try_block(500, &Body::default());
    }
    let record = world.prover(prover);
    assert_eq!((world.state(id), record.tally.missed, record.misses.len()), (State::Allocated, 0, 0));
    world.leader = None;
    world.accept(id);
    world.announce(id);
    world.settle(world.settlement(id, Verdict::Valid, &[0, 1, 2, 3]));
    assert_eq!(world.wealth(prover), before + COMPUTE + VERIFICATION / 4, "and it earns all of it");
}

#[test]
fn a_key_that_cancels_those_of_others_is_not_registered() {
    let mut world = World::with(4, params());
    let attacker = world.newcomer();
    world.fund(attacker, Amount(2 * UNIT.0));
    let before = world.wealth(attacker);
    let members = world.set(world.meta().set).members.into_vec();
    let honest: Vec<_> = members.iter().map(|member| member.key).collect();
    let own = verdict_secret(77);
    let key = rogue(&own, &honest).expect("a key");
    // In a verdict set the key would be worth all of them: its owner signs alone for five.
    let id = world.proved(0);
    let subject = world.workload(id).subject().expect("announced").0;
    let signature = own.sign(world.chain(), &subject, Verdict::Valid);
    let forged = Certificate { verdict: Verdict::Valid, signers: Data::new(vec![0b1_1111]).expect("short"), signature };
    let with_rogue = [members, vec![Member { account: attacker, key, bond: UNIT }]].concat();
    assert_eq!(forged.verify(world.chain(), &subject, &with_rogue), Ok(()));
    // So it must not get there: nobody knows its secret, and possession is proved by each for itself.
    for index in [0, 1, 2, 3, 77] {
        let possession = verdict_secret(index).prove_possession(world.chain(), attacker);
        let registration = Registration { key, possession, ..world.registration(attacker, cores(1)) };
        world.refuses_send(attacker, Call::Register(Box::new(registration)), "verdict-key");
    }
    world.refuses_settlement(Settlement { subject, certificate: forged, bundle: None }, "certificate");
    assert_eq!(world.wealth(attacker), before);
}

#[test]
fn a_prover_that_announces_twice_and_has_the_better_proof_settled_pays_for_the_other() {
    let mut world = World::with(4, params());
    let id = world.proving(0);
    let (prover, before) = (world.drawn(id), world.wealth(world.drawn(id)));
    let [one, other] = [BUNDLE, b"garbage".as_slice()].map(|proof| world.drawn_says(id, announcement(proof)));
    world.say(vec![one.clone()]);
    world.settle_by_all(id, Verdict::Valid);
    assert_eq!(world.wealth(prover), before + COMPUTE + VERIFICATION / 4);
    let evidence = List::truncated(vec![Evidence::TwoAnnouncements { one, other }]);
    world.block(&Body { evidence, ..Body::default() });
    assert_eq!(world.wealth(prover), before + COMPUTE + VERIFICATION / 4 - UNIT.0);
}

#[test]
fn a_prover_that_takes_its_bond_back_before_it_is_found_out_loses_it_all_the_same() {
    let mut world = World::with(4, params());
    let id = world.proved(0);
    let (prover, before) = (world.drawn(id), world.wealth(world.drawn(id)));
    world.unbonds(prover, Role::Prover, Amount(4 * UNIT.0));
    world.sends(prover, Call::Update(ProverUpdate { drain: Some(true), ..ProverUpdate::default() }));
    world.settle(world.settlement(id, Verdict::Invalid, &[0, 1, 2]));
    let verdict = world.wealth(prover) - (before - UNIT.0);
    assert_eq!(verdict, 0, "nobody is paid for verdicts on a rejected proof");
    assert_eq!(world.wealth(world.user(0)), super::network::FUNDS.0, "the user is made good for what is locked");
}

#[test]
fn what_an_attempt_after_the_longest_wait_pays_is_what_was_locked() {
    let mut world = World::with(4, Params { queue_window: Millis(60_000), ..params() });
    let before = world.wealth(world.user(0));
    let provers = world.all_provers();
    world.drain(&provers, true);
    let id = world.queued(0);
    world.wait(50_000);
    world.drain(&provers, false);
    world.draw();
    world.accept(id);
    world.announce(id);
    world.settle_by_all(id, Verdict::Valid);
    assert_eq!(world.wealth(world.user(0)), before - COMPUTE - VERIFICATION);
}
