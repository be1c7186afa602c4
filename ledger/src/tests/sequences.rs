//! Long random sequences of what honest and hostile actors do. After every block all books are audited, and the state is compared
//! with a small model that follows the same blocks.
//!
//! `LEMMA_LEDGER_SEQUENCES` says how many sequences there are, `LEMMA_LEDGER_SEED` where their seeds begin. A failure names the
//! seed of its sequence, and the shortest sequence that fails.

mod acts;
mod deed;

use super::{
    deeds::announcement,
    model::Model,
    network::{BUNDLE, UNIT, brief, cores, program, run_of},
    parties::changes,
    world::World,
};
use crate::memory::ExecuteError;
use deed::{Deed, deed};
use ports::Mode;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};
use types::{
    AccountId, Amount, AttemptEnd, BlobId, Body, Call, ChainId, Height, List, Millis, Params, Program, ProverAction,
    Run, SecretKey, Settlement, Signed, SignedVerdict, State, Text, Verdict, WorkloadId,
    block::BeaconEntry,
    limits::DRAWS_MAX,
    message::{Fail, FailKind, SignedProverMessage},
    offence::Evidence,
    registry::{Heartbeat, ProverUpdate, Role, SignedHeartbeat},
    transaction::SignedTransaction,
    verdict::Subject,
};

/// Sequences, if nothing else is asked for.
const SEQUENCES: u64 = 500;
/// What must happen somewhere in so many sequences, or they show nothing.
const HAPPENS: &[&str] = &[
    "transfer",
    "deploy",
    "run",
    "cancel",
    "bond",
    "unbond",
    "register",
    "update",
    "return",
    "vote",
    "evidence",
    "heartbeat",
    "epoch",
    "vote won",
    "bond paid back",
    "allocated",
    "accepted",
    "proved",
    "renewed",
    "tested",
    "jailed",
    "silent",
    "handed-back",
    "failed",
    "missed",
    "rejected",
    "unavailable",
    "undecided",
    "rejected-proof",
    "false-verdict",
    "two-verdicts",
    "two-announcements",
    "verified, Proved",
    "failed, AttemptsUsed",
    "failed, Undecided",
    "cancelled, Cancelled",
    "expired, NoProver",
    "test verified, Proved",
    "test failed, AttemptsUsed",
];

static BEGINNING: OnceLock<World> = OnceLock::new();

type Tally = BTreeMap<String, u64>;

/// Provers that may join.
const NEWCOMERS: usize = 3;

/// A world with the model that follows it, what was sent for its next block, and what was ever sent.
struct Play {
    world: World,
    model: Model,
    /// Two leaders that take turns, or one twice; none where all do.
    leaders: Option<[u8; 2]>,
    next: Parts,
    past: Vec<Body>,
}

/// The candidates of a block.
#[derive(Default)]
struct Parts {
    beacons: Vec<BeaconEntry>,
    messages: Vec<SignedProverMessage>,
    settlements: Vec<Settlement>,
    evidence: Vec<Evidence>,
    heartbeats: Vec<SignedHeartbeat>,
    transactions: Vec<SignedTransaction>,
}

impl Parts {
    fn body(self) -> Body {
        Body {
            beacons: List::truncated(self.beacons),
            messages: List::truncated(self.messages),
            settlements: List::truncated(self.settlements),
            evidence: List::truncated(self.evidence),
            heartbeats: List::truncated(self.heartbeats),
            transactions: List::truncated(self.transactions),
        }
    }
}

impl Play {
    fn new() -> Self {
        let world = BEGINNING.get_or_init(beginning).clone();
        let model = Model::new(&world);
        Self { world, model, leaders: None, next: Parts::default(), past: Vec::new() }
    }

    /// A workload: mostly one that lives, as long as there are any.
    fn workload(&self, which: usize) -> Option<WorkloadId> {
        let known = &self.world.seen.workloads;
        let live: Vec<_> = known.iter().copied().filter(|id| !self.world.state(*id).is_end()).collect();
        let any = which.is_multiple_of(8) || live.is_empty();
        let among = if any { known.iter().copied().collect() } else { live };
        among.get(which.checked_rem(among.len())?).copied()
    }

    fn user(&self, number: usize) -> usize {
        number % self.world.users.len()
    }

    fn prover(&self, number: usize) -> AccountId {
        self.world.provers[number % self.world.provers.len()].account()
    }

    fn validator(&self, number: usize) -> AccountId {
        self.world.validators[number % self.world.validators.len()].account()
    }

    fn is_registered(&self, prover: AccountId) -> bool {
        self.world.memory.values().contains_key(&types::state_key::prover(prover))
    }

    /// Signs the next call of an account, after what it sent for this block.
    fn send(&mut self, account: AccountId, call: Call) {
        let secret: SecretKey = self.world.secret_of(account).clone();
        let mut transaction = self.world.transaction_of(&secret, call);
        let sent = self.next.transactions.iter().filter(|signed| signed.value.sender == transaction.sender);
        transaction.nonce += sent.count() as u64;
        self.next.transactions.push(Signed::new(transaction, &secret));
    }

    fn call(&mut self, user: usize, call: Call) {
        self.send(self.world.user(user), call);
    }

    fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Block { step } => self.block(step),
            Deed::Turn => self.world.turned = self.world.meta().epoch + 1,
            Deed::Lead { who } => self.lead(who),
            Deed::Beat { who, late } => self.beat(who, late),
            Deed::Stake { who, back, amount } => self.stake(who, back, Amount(amount)),
            Deed::Register { who, cpus, possessed } => self.register(who, cpus, possessed),
            Deed::Update { who, cpus, drain } => self.update(who, cpus, drain),
            Deed::Return { who } => self.give_back(who),
            Deed::Vote { who, what } => self.vote(who, what),
            Deed::Accuse { who, which, kind, truth, send } => self.accuse(who, which, (kind, truth), send),
            Deed::Honest => self.honest(),
            Deed::Bad { failed: true } => self.all(Self::action(2), Verdict::Unavailable),
            Deed::Bad { failed: false } => self.all(Self::action(5), Verdict::Invalid),
            Deed::Beacon => self.beacon(),
            Deed::FalseBeacon { height, signed } => self.false_beacon(Height(height), signed),
            Deed::Transfer { from, to, amount } => self.transfer(from, to, Amount(amount)),
            Deed::Run { user, cpus, compute, fee_max } => self.run(user, cpus, compute, fee_max),
            Deed::Cancel { user, which } => self.cancel(user, which),
            Deed::Deploy { user, fuel } => {
                self.call(self.user(user), Call::Deploy(Program { fuel_limit: fuel, ..program() }));
            }
            Deed::Say { who, which, attempt, what } => self.say(who, which, attempt, what),
            Deed::Settle { which, verdict, signers, about, bundle } => {
                self.settle(which, verdict, signers, about, bundle);
            }
            Deed::Replay { which } => self.replay(which),
            Deed::Forge { what } => self.forge(what),
        }
    }

    /// A block of what holds. The candidates as they are must make no panic either.
    fn block(&mut self, step: u64) {
        let body = std::mem::take(&mut self.next).body();
        if let Some([one, other]) = self.leaders {
            self.world.leader = Some([if self.world.memory.height().0.is_multiple_of(2) { one } else { other }; 32]);
        }
        let leader = self.world.leader();
        // As final, forged signatures count as good ones, and what they could do is done.
        let mode = if self.world.memory.height().0.is_multiple_of(4) { Mode::Candidate } else { Mode::Final };
        let raw = self.world.memory.execute(self.world.context(step), body.encode().into(), mode);
        assert!(!matches!(raw, Err(ExecuteError::Contract(_))), "{raw:?}");
        let kept = self.world.try_block(step, &body);
        let chain = self.world.chain();
        assert!(kept.transactions.iter().all(|signed| signed.clone().verify(chain).is_ok()));
        assert!(kept.messages.iter().all(|signed| signed.clone().verify(chain).is_ok()));
        self.model.follow(leader, &kept, &self.world);
        self.model.compare(&self.world);
        self.past.push(kept);
    }

    /// Left alone, every workload comes to an end, and every bond that was taken back is paid.
    fn run_out(&mut self) {
        self.leaders = None;
        self.world.leader = None;
        for round in 0..DRAWS_MAX * 40 {
            if self.model.is_at_rest(&self.world) {
                return;
            }
            self.world.turned += u64::from(round % 4 == 0);
            self.beacon();
            self.block(6_000);
        }
        panic!("{} workloads live on, or a bond is kept", self.world.meta().live);
    }
}

/// Where every sequence begins: a network in which everything takes seconds, and everybody has some money.
fn beginning() -> World {
    let params = Params {
        queue_window: Millis(20_000),
        verdict_window: Millis(6_000),
        draws_per_block: 3,
        attempts_max: 2,
        jail_users: 1,
        jail_window: Millis(60_000),
        jail_delay: Millis(10_000),
        verdicts_expected: 2,
        provers_min: 3,
        epoch_blocks: 4_096,
        step_max: Millis(6_000),
        ..brief()
    };
    let mut world = World::seated(7, 5, params);
    for _ in 0..NEWCOMERS {
        world.newcomer();
    }
    let all: Vec<AccountId> = world.everybody();
    world.fund_all(&all, Amount(6 * UNIT.0));
    world
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// Plays the sequence of a seed, and says what happened in it; if it fails, the shortest like it that does.
fn play(seed: u64) -> Result<Tally, String> {
    let tally = RefCell::default();
    let config = ProptestConfig {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 400,
        max_shrink_time: 120_000,
        ..ProptestConfig::default()
    };
    let bytes = *blake3::hash(&seed.to_le_bytes()).as_bytes();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let played = runner.run(&proptest::collection::vec(deed(), 200..240), |deeds| {
        let mut play = Play::new();
        deeds.into_iter().for_each(|deed| play.perform(deed));
        play.block(500);
        play.run_out();
        tally.replace(play.model.tally);
        Ok(())
    });
    let tally = tally.into_inner();
    played.map(|()| tally).map_err(|error| format!("LEMMA_LEDGER_SEED={seed} LEMMA_LEDGER_SEQUENCES=1: {error}"))
}

#[test]
fn no_sequence_of_deeds_breaks_the_books() {
    let (first, count) = (number("LEMMA_LEDGER_SEED", 0), number("LEMMA_LEDGER_SEQUENCES", SEQUENCES));
    let next = AtomicU64::new(first);
    let work = || -> Result<Tally, String> {
        let mut all = Tally::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first.saturating_add(count) {
                return Ok(all);
            }
            play(seed)?.into_iter().for_each(|(word, times)| *all.entry(word).or_default() += times);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let mut all = Tally::new();
    std::thread::scope(|scope| {
        for thread in (0..threads).map(|_| scope.spawn(work)).collect::<Vec<_>>() {
            let tally = thread.join().expect("a thread that ends").unwrap_or_else(|failure| panic!("{failure}"));
            tally.into_iter().for_each(|(word, times)| *all.entry(word).or_default() += times);
        }
    });
    let never: Vec<_> = HAPPENS.iter().filter(|word| !all.contains_key(**word)).collect();
    assert!(count < SEQUENCES || never.is_empty(), "{never:?} never happened, of {all:?}");
}
