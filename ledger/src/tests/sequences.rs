//! Long random sequences of what honest and hostile actors do, with all books audited after every block.
//!
//! `LEMMA_LEDGER_SEQUENCES` says how many sequences there are.

use super::{
    network::{BUNDLE, cores, program, run_of},
    world::World,
};
use crate::memory::ExecuteError;
use ports::Mode;
use proptest::prelude::*;
use types::{
    AccountId, Amount, BlobId, Body, Call, ChainId, Height, List, Millis, Params, Program, ProverAction, Run,
    Settlement, Signed, State, Text, Verdict, WorkloadId,
    block::BeaconEntry,
    limits::DRAWS_MAX,
    message::{Fail, FailKind, SignedProverMessage},
    transaction::SignedTransaction,
    verdict::Subject,
};

/// What somebody does. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Deed {
    /// A block ends, so much chain time later.
    Block {
        step: u64,
    },
    /// Everybody does the next thing that an honest member would.
    Honest,
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
    let step = prop_oneof![Just(0u64), 1..400u64, Just(500), Just(2_000)];
    prop_oneof![
        6 => step.prop_map(|step| Deed::Block { step }),
        6 => Just(Deed::Honest),
        4 => Just(Deed::Beacon),
        1 => (0..60u64, any::<bool>()).prop_map(|(height, signed)| Deed::FalseBeacon { height, signed }),
        2 => (number(), number(), amount).prop_map(|(from, to, amount)| Deed::Transfer { from, to, amount }),
        5 => (number(), 0..6u32, 0..30_000u64, prop_oneof![8 => Just(u64::MAX), 1 => 0..1_000_000u64])
            .prop_map(|(user, cpus, compute, fee_max)| Deed::Run { user, cpus, compute, fee_max }),
        3 => (number(), number()).prop_map(|(user, which)| Deed::Cancel { user, which }),
        1 => (number(), 0..4u64).prop_map(|(user, fuel)| Deed::Deploy { user, fuel }),
        8 => (proptest::option::weighted(0.2, number()), number(), 0..3u16, 0..6u8)
            .prop_map(|(who, which, attempt, what)| Deed::Say { who, which, attempt, what }),
        5 => (number(), 0..3u8, prop_oneof![Just(0b1_1111u8), Just(0b1_0111), any::<u8>()], 0..6u8, any::<bool>()).prop_map(
            |(which, verdict, signers, about, bundle)| Deed::Settle { which, verdict, signers, about, bundle }
        ),
        1 => number().prop_map(|which| Deed::Replay { which }),
        1 => (0..5u8).prop_map(|what| Deed::Forge { what }),
    ]
}

/// A world, what was sent for its next block, and what was ever sent.
struct Play {
    world: World,
    next: Parts,
    past: Vec<Body>,
}

/// The candidates of a block.
#[derive(Default)]
struct Parts {
    beacons: Vec<BeaconEntry>,
    messages: Vec<SignedProverMessage>,
    settlements: Vec<Settlement>,
    transactions: Vec<SignedTransaction>,
}

impl Parts {
    fn body(self) -> Body {
        Body {
            beacons: List::truncated(self.beacons),
            messages: List::truncated(self.messages),
            settlements: List::truncated(self.settlements),
            transactions: List::truncated(self.transactions),
            ..Body::default()
        }
    }
}

impl Play {
    fn new() -> Self {
        let params = Params {
            queue_window: Millis(20_000),
            verdict_window: Millis(6_000),
            draws_per_block: 3,
            verdict_epochs: 0,
            attempts_max: 2,
            ..Params::default()
        };
        Self { world: World::with(5, params), next: Parts::default(), past: Vec::new() }
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

    /// Signs the next call of a user, after what it sent for this block.
    fn call(&mut self, user: usize, call: Call) {
        let mut transaction = self.world.transaction(user, call);
        let sent = self.next.transactions.iter().filter(|signed| signed.value.sender == transaction.sender);
        transaction.nonce += sent.count() as u64;
        let signed = self.world.sign(user, transaction);
        self.next.transactions.push(signed);
    }

    fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Block { step } => self.block(step),
            Deed::Honest => self.honest(),
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
        let context = self.world.context(step);
        for mode in [Mode::Candidate, Mode::Final] {
            let executed = self.world.memory.execute(context.clone(), body.encode().into(), mode);
            assert!(!matches!(executed, Err(ExecuteError::Contract(_))), "{executed:?}");
        }
        let kept = self.world.try_block(step, &body);
        let chain = self.world.chain();
        assert!(kept.transactions.iter().all(|signed| signed.clone().verify(chain).is_ok()));
        assert!(kept.messages.iter().all(|signed| signed.clone().verify(chain).is_ok()));
        self.past.push(kept);
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
            0 => AccountId([201; 32]),
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
        let owner = self.world.users.iter().position(|secret| secret.account() == own);
        let user = if user.is_multiple_of(4) { self.user(user / 4) } else { owner.expect("a user") };
        self.call(user, Call::Cancel { workload });
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
        let signers: Vec<usize> = (0..5).filter(|index| signers >> index & 1 == 1).collect();
        if !signers.is_empty() {
            let certificate = self.world.certificate(&subject, verdict, &signers);
            self.next.settlements.push(Settlement { subject, certificate, bundle });
        }
    }

    fn replay(&mut self, which: usize) {
        let Some(body) = which.checked_rem(self.past.len()).map(|index| self.past[index].clone()) else { return };
        self.next.beacons.extend(body.beacons);
        self.next.messages.extend(body.messages);
        self.next.settlements.extend(body.settlements);
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
        for id in self.world.seen.workloads.clone() {
            match self.world.state(id) {
                State::Allocated => self.next.messages.push(self.world.drawn_says(id, Self::action(0))),
                State::Proving => self.next.messages.push(self.world.drawn_says(id, Self::action(5))),
                State::Proved => {
                    let subject: Subject = self.world.workload(id).subject().expect("announced").0;
                    let certificate = self.world.certificate(&subject, Verdict::Valid, &[0, 1, 2, 4]);
                    self.next.settlements.push(Settlement { subject, certificate, bundle: None });
                }
                _ => {}
            }
        }
    }

    /// Left alone, every workload comes to an end.
    fn run_out(&mut self) {
        for _ in 0..DRAWS_MAX * 40 {
            if self.world.meta().live == 0 {
                return;
            }
            self.beacon();
            self.block(2_000);
        }
        panic!("{} workloads live on", self.world.meta().live);
    }
}

fn sequences() -> u32 {
    std::env::var("LEMMA_LEDGER_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: sequences(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_deeds_breaks_the_books(deeds in proptest::collection::vec(deed(), 200..240)) {
        let mut play = Play::new();
        for deed in deeds {
            play.perform(deed);
        }
        play.block(500);
        play.run_out();
    }
}
