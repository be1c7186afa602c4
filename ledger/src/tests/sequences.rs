//! Long random sequences of what honest and hostile actors do. After every block all books are audited, and the state is compared
//! with a small model that follows the same blocks.
//!
//! `LEMMA_LEDGER_SEQUENCES` says how many sequences there are, `LEMMA_LEDGER_SEED` where their seeds begin. A failure names the
//! seed of its sequence, and the shortest sequence that fails.

use super::{
    deeds::announcement,
    model::Model,
    network::{BUNDLE, UNIT, brief, cores, program, run_of},
    parties::changes,
    world::World,
};
use crate::memory::ExecuteError;
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

/// What somebody does. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Deed {
    /// A block ends, so much chain time later.
    Block {
        step: u64,
    },
    /// The epoch ends with the next block.
    Turn,
    /// From now on one validator leads, or two take turns, or all do.
    Lead {
        who: u8,
    },
    /// Everybody does the next thing that an honest member would.
    Honest,
    /// The same where all programs fail and no proof can be fetched, or where all proofs are rejected.
    Bad {
        failed: bool,
    },
    /// Some provers give a sign of life, of the present epoch or another.
    Beat {
        who: u16,
        late: bool,
    },
    /// The beacon that is wanted comes in.
    Beacon,
    /// Some other beacon.
    FalseBeacon {
        height: u64,
        signed: bool,
    },
    Transfer {
        from: usize,
        to: usize,
        amount: u64,
    },
    Run {
        user: usize,
        cpus: u32,
        compute: u64,
        fee_max: u64,
    },
    Cancel {
        user: usize,
        which: usize,
    },
    Deploy {
        user: usize,
        fuel: u64,
    },
    /// A prover says something about a workload, its turn or not.
    Say {
        who: Option<usize>,
        which: usize,
        attempt: u16,
        what: u8,
    },
    /// A settlement by these signers, about the announced proof or another.
    Settle {
        which: usize,
        verdict: u8,
        signers: u8,
        about: u8,
        bundle: bool,
    },
    /// A prover or a validator adds to its bond, or takes of it.
    Stake {
        who: usize,
        back: bool,
        amount: u64,
    },
    /// A newcomer registers, with a proof of possession or without.
    Register {
        who: usize,
        cpus: u32,
        possessed: bool,
    },
    /// A prover declares another capacity, or drains, or no longer does.
    Update {
        who: usize,
        cpus: Option<u32>,
        drain: Option<bool>,
    },
    /// A prover wants out of jail.
    Return {
        who: usize,
    },
    /// A validator votes for one of a few changes.
    Vote {
        who: usize,
        what: u8,
    },
    /// Somebody submits evidence, true or false, in a transaction or through the leader.
    Accuse {
        who: usize,
        which: usize,
        kind: u8,
        truth: u8,
        send: bool,
    },
    /// Something that was sent before is sent again.
    Replay {
        which: usize,
    },
    /// The transaction that was sent last is sent with this changed.
    Forge {
        what: u8,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let number = any::<usize>;
    let amount = prop_oneof![0..1_000u64, 0..2_000_000_000_000u64, any::<u64>()];
    let step = prop_oneof![Just(0u64), 1..400u64, Just(500), Just(2_000), Just(6_000)];
    prop_oneof![
        7 => step.prop_map(|step| Deed::Block { step }),
        1 => Just(Deed::Turn),
        1 => (0..10u8).prop_map(|who| Deed::Lead { who }),
        6 => Just(Deed::Honest),
        1 => any::<bool>().prop_map(|failed| Deed::Bad { failed }),
        4 => Just(Deed::Beacon),
        1 => (0..60u64, any::<bool>()).prop_map(|(height, signed)| Deed::FalseBeacon { height, signed }),
        2 => (number(), number(), amount).prop_map(|(from, to, amount)| Deed::Transfer { from, to, amount }),
        6 => (number(), 0..6u32, 0..24_000u64, prop_oneof![8 => Just(u64::MAX), 1 => 0..1_000_000u64])
            .prop_map(|(user, cpus, compute, fee_max)| Deed::Run { user, cpus, compute, fee_max }),
        3 => (number(), number()).prop_map(|(user, which)| Deed::Cancel { user, which }),
        1 => (number(), 0..4u64).prop_map(|(user, fuel)| Deed::Deploy { user, fuel }),
        8 => (proptest::option::weighted(0.2, number()), number(), 0..3u16, 0..6u8)
            .prop_map(|(who, which, attempt, what)| Deed::Say { who, which, attempt, what }),
        5 => (number(), 0..3u8, prop_oneof![Just(0xffu8), Just(0b1_0111), any::<u8>()], 0..6u8, any::<bool>()).prop_map(
            |(which, verdict, signers, about, bundle)| Deed::Settle { which, verdict, signers, about, bundle }
        ),
        5 => members(),
        1 => number().prop_map(|which| Deed::Replay { which }),
        1 => (0..5u8).prop_map(|what| Deed::Forge { what }),
    ]
}

/// What provers and validators do besides proving.
fn members() -> impl Strategy<Value = Deed> {
    let number = any::<usize>;
    let bond = prop_oneof![Just(UNIT.0), 0..4 * UNIT.0, any::<u64>()];
    let cpus = || prop_oneof![6 => 1..6u32, 1 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        3 => (prop_oneof![3 => Just(u16::MAX), 1 => any::<u16>()], proptest::bool::weighted(0.1))
            .prop_map(|(who, late)| Deed::Beat { who, late }),
        3 => (number(), any::<bool>(), bond).prop_map(|(who, back, amount)| Deed::Stake { who, back, amount }),
        2 => (number(), cpus(), proptest::bool::weighted(0.9))
            .prop_map(|(who, cpus, possessed)| Deed::Register { who, cpus, possessed }),
        2 => (number(), proptest::option::of(cpus()), proptest::option::of(proptest::bool::weighted(0.3)))
            .prop_map(|(who, cpus, drain)| Deed::Update { who, cpus, drain }),
        2 => number().prop_map(|who| Deed::Return { who }),
        2 => (number(), 0..8u8).prop_map(|(who, what)| Deed::Vote { who, what }),
        3 => (number(), number(), 0..3u8, 0..6u8, any::<bool>())
            .prop_map(|(who, which, kind, truth, send)| Deed::Accuse { who, which, kind, truth, send }),
    ]
}

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

    fn lead(&mut self, who: u8) {
        self.leaders = match who {
            0..=2 => Some([who + 1; 2]),
            3..=5 => Some([who - 2, who + 1]),
            _ => None,
        };
        self.world.leader = None;
    }

    fn beat(&mut self, who: u16, late: bool) {
        for (index, secret) in self.world.provers.iter().enumerate().filter(|(index, _)| who >> index & 1 == 1) {
            let good = Heartbeat { chain: self.world.chain(), prover: secret.account(), epoch: self.next_epoch() };
            let secret = &self.world.provers[if late && index == 0 { 1 } else { index }];
            let epoch = if late { good.epoch.wrapping_sub(1) } else { good.epoch };
            self.next.heartbeats.push(Signed::new(Heartbeat { epoch, ..good }, secret));
        }
    }

    fn next_epoch(&self) -> u64 {
        self.world.context(0).epoch
    }

    fn stake(&mut self, who: usize, back: bool, amount: Amount) {
        let (role, account) = if who.is_multiple_of(3) {
            (Role::Validator, self.validator(who / 3))
        } else {
            (Role::Prover, self.prover(who / 3))
        };
        let call = if back { Call::Unbond { role, amount } } else { Call::Bond { role, amount } };
        self.send(account, call);
    }

    fn register(&mut self, who: usize, cpus: u32, possessed: bool) {
        let account = self.world.provers[5 + who % NEWCOMERS].account();
        let bond = Amount(UNIT.0.saturating_mul(u64::from(cpus)).max(UNIT.0));
        let capacity = if cpus < 100 { cores(cpus) } else { types::Resources { cpus, ..cores(1) } };
        let mut registration = types::registry::Registration { bond, ..self.world.registration(account, cores(1)) };
        registration.capacity = capacity;
        if !possessed {
            registration.possession = self.world.registration(self.prover(who), cores(1)).possession;
        }
        self.send(account, Call::Register(Box::new(registration)));
    }

    fn update(&mut self, who: usize, cpus: Option<u32>, drain: Option<bool>) {
        let size = |cpus| if cpus < 100 { cores(cpus) } else { types::Resources { cpus, ..cores(1) } };
        let update = ProverUpdate { capacity: cpus.map(size), drain, address: None };
        self.send(self.prover(who), Call::Update(update));
    }

    /// A prover wants out of jail: mostly one that is in it.
    fn give_back(&mut self, who: usize) {
        let jailed = |secret: &&SecretKey| {
            self.is_registered(secret.account()) && self.world.prover(secret.account()).jailed.is_some()
        };
        let all: Vec<AccountId> = self.world.provers.iter().filter(jailed).map(SecretKey::account).collect();
        let prover = who.checked_rem(all.len()).map_or_else(|| self.prover(who), |index| all[index]);
        self.send(prover, Call::Return);
    }

    /// Few things to vote for, so that some get enough votes: all seats vote together half of the time.
    fn vote(&mut self, who: usize, what: u8) {
        let wanted = match what {
            0 => changes(&[("bond_per_unit", UNIT.0 / 2), ("jail_users", 2)]),
            1 => changes(&[("bond_per_unit", UNIT.0)]),
            2 => changes(&[("attempts_max", 3), ("slash", 300)]),
            3 => changes(&[("slash", 1_000), ("transaction_fee", 7)]),
            4 => changes(&[("provers_max", 4)]),
            5 => changes(&[]),
            6 => changes(&[("nothing", 4)]),
            _ => changes(&[("unbond_delay", 1), ("validator_bond_min", 0)]),
        };
        let all = who.is_multiple_of(2);
        for index in (0..self.world.validators.len()).filter(|index| all || index % 7 == who / 2 % 7) {
            self.send(self.validator(index), Call::Vote(wanted.clone()));
        }
    }

    /// Evidence: true, signed by another, or about something else.
    fn accuse(&mut self, who: usize, which: usize, (kind, truth): (u8, u8), send: bool) {
        let judged = |id: &WorkloadId| {
            let end = self.world.workload(*id).attempts.last().and_then(|attempt| attempt.end.clone());
            matches!(end, Some((_, AttemptEnd::Valid(_) | AttemptEnd::Rejected(_))))
        };
        let all: Vec<WorkloadId> = self.world.seen.workloads.iter().copied().filter(judged).collect();
        let found = if kind == 0 && !which.is_multiple_of(4) {
            which.checked_rem(all.len()).map(|index| all[index])
        } else {
            None
        };
        let Some(id) = found.or_else(|| self.workload(which)) else { return };
        let workload = self.world.workload(id);
        let Some(last) = workload.attempts.last() else { return };
        let proof = last.announced.map_or(BlobId::of(BUNDLE), |announced| announced.proof);
        let attempt = workload.attempts.len() as u16 + u16::from(truth == 1);
        let subject = Subject { workload: id, attempt, proof: if truth == 2 { BlobId::of(b"none") } else { proof } };
        let prover = if kind == 2 { last.prover } else { self.prover(who) };
        if !self.is_registered(prover) {
            return;
        }
        let says = |verdict| {
            let signed = self.world.verdict(prover, subject, verdict);
            let other = self.prover(who.wrapping_add(1));
            SignedVerdict { prover: if truth == 3 { other } else { prover }, ..signed }
        };
        let announces = |proof: &[u8]| self.world.says(prover, id, announcement(proof));
        let evidence = match kind {
            0 => Evidence::FalseVerdict(says(if which.is_multiple_of(2) { Verdict::Valid } else { Verdict::Invalid })),
            1 if truth == 4 => Evidence::TwoVerdicts { one: says(Verdict::Valid), other: says(Verdict::Unavailable) },
            1 => Evidence::TwoVerdicts { one: says(Verdict::Valid), other: says(Verdict::Invalid) },
            _ if truth == 4 => Evidence::TwoAnnouncements { one: announces(BUNDLE), other: announces(BUNDLE) },
            _ => Evidence::TwoAnnouncements { one: announces(BUNDLE), other: announces(b"another") },
        };
        if send {
            self.send(self.world.user(who % 3), Call::Evidence(Box::new(evidence)));
        } else {
            self.next.evidence.push(evidence);
        }
    }

    fn beacon(&mut self) {
        let wanted = self.world.wanted();
        self.next.beacons.extend(wanted.first().map(|height| self.world.beacon(*height)));
    }

    fn false_beacon(&mut self, height: Height, signed: bool) {
        let of = if signed { height } else { height.next() };
        let beacon = self.world.group.sign(self.world.chain(), of);
        self.next.beacons.push(BeaconEntry { height, beacon });
    }

    fn transfer(&mut self, from: usize, to: usize, amount: Amount) {
        let to = match to % 7 {
            0 => self.validator(to / 7),
            1 => AccountId([(to / 7) as u8; 32]),
            2 => self.prover(to / 7),
            _ => self.world.user(self.user(to / 7)),
        };
        self.call(self.user(from), Call::Transfer { to, amount });
    }

    fn run(&mut self, user: usize, cpus: u32, compute: u64, fee_max: u64) {
        let run = Run {
            resources: cores(cpus),
            compute_max: Millis(compute),
            fee_max: Amount(fee_max),
            ..run_of(program().id())
        };
        self.call(self.user(user), Call::Run(run));
    }

    fn cancel(&mut self, user: usize, which: usize) {
        let Some(workload) = self.workload(which) else { return };
        let own = self.world.workload(workload).sender;
        let sender = if user.is_multiple_of(4) { self.world.user(self.user(user / 4)) } else { own };
        self.send(sender, Call::Cancel { workload });
    }

    fn action(what: u8) -> ProverAction {
        match what {
            0 => ProverAction::Accept,
            1 => ProverAction::HandBack,
            2 => ProverAction::Fail(Fail { kind: FailKind::Exit, reason: Text::truncated("exit 1"), log: None }),
            3 => ProverAction::Announce { proof: BlobId::of(b"another"), size: 7 },
            4 => ProverAction::Announce { proof: BlobId::of(BUNDLE), size: u64::MAX },
            _ => ProverAction::Announce { proof: BlobId::of(BUNDLE), size: BUNDLE.len() as u64 },
        }
    }

    /// What a prover says: the one that was drawn last, or any other.
    fn say(&mut self, who: Option<usize>, which: usize, attempt: u16, what: u8) {
        let Some(id) = self.workload(which) else { return };
        let drawn = self.world.workload(id).attempts.last().map(|attempt| attempt.prover);
        let prover = who.map_or_else(|| drawn.unwrap_or_else(|| self.prover(which)), |who| self.prover(who));
        let mut message = self.world.says(prover, id, Self::action(what)).value;
        message.attempt = message.attempt.wrapping_sub(attempt / 2);
        let secret = self.world.secret_of(prover);
        self.next.messages.push(Signed::new(message, secret));
    }

    fn settle(&mut self, which: usize, verdict: u8, signers: u8, about: u8, bundle: bool) {
        let proved = |id: &WorkloadId| self.world.state(*id) == State::Proved;
        let known: Vec<_> = self.world.seen.workloads.iter().copied().filter(proved).collect();
        let Some(id) = which.checked_rem(known.len()).map(|index| known[index]) else { return };
        let mut subject = self.world.workload(id).subject().expect("announced").0;
        match about {
            0 => subject.attempt += 1,
            1 => subject.proof = BlobId::of(b"a third"),
            _ => {}
        }
        let verdict = [Verdict::Valid, Verdict::Invalid, Verdict::Unavailable][usize::from(verdict)];
        let bundle = bundle.then(|| types::Data::new(BUNDLE.to_vec()).expect("short"));
        let members = self.members_that_judge(id);
        let signers: Vec<usize> = (0..members).filter(|index| signers >> index & 1 == 1).collect();
        if !signers.is_empty() {
            let certificate = self.world.certificate(&subject, verdict, &signers);
            self.next.settlements.push(Settlement { subject, certificate, bundle });
        }
    }

    fn members_that_judge(&self, id: WorkloadId) -> usize {
        let set = self.world.workload(id).subject().expect("announced").1.set;
        self.world.set(set).members.len()
    }

    fn replay(&mut self, which: usize) {
        let Some(body) = which.checked_rem(self.past.len()).map(|index| self.past[index].clone()) else { return };
        self.next.beacons.extend(body.beacons);
        self.next.messages.extend(body.messages);
        self.next.settlements.extend(body.settlements);
        self.next.evidence.extend(body.evidence);
        self.next.heartbeats.extend(body.heartbeats);
        self.next.transactions.extend(body.transactions);
    }

    fn forge(&mut self, what: u8) {
        let Some(mut signed) = self.next.transactions.last().cloned() else { return };
        match what {
            0 => signed.value.nonce += 1,
            1 => signed.value.chain = ChainId([0; 32]),
            2 => signed.value.valid_until = Height(1),
            3 => signed.signature.0[0] ^= 1,
            _ => signed.value.sender = AccountId([0; 32]),
        }
        self.next.transactions.push(signed);
    }

    /// Provers that were drawn accept, those that accepted announce, and what is announced is settled.
    fn honest(&mut self) {
        self.beat(u16::MAX, false);
        self.all(Self::action(5), Verdict::Valid);
    }

    /// Everybody does the next thing, and it comes to the same end everywhere.
    fn all(&mut self, proving: ProverAction, verdict: Verdict) {
        self.beacon();
        for id in self.world.seen.workloads.clone() {
            match self.world.state(id) {
                State::Allocated => self.next.messages.push(self.world.drawn_says(id, Self::action(0))),
                State::Proving => self.next.messages.push(self.world.drawn_says(id, proving.clone())),
                State::Proved => {
                    let subject: Subject = self.world.workload(id).subject().expect("announced").0;
                    let all: Vec<usize> = (0..self.members_that_judge(id)).collect();
                    if all.is_empty() {
                        continue;
                    }
                    let certificate = self.world.certificate(&subject, verdict, &all);
                    self.next.settlements.push(Settlement { subject, certificate, bundle: None });
                }
                _ => {}
            }
        }
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
