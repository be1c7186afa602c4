//! A small model of the rules, of plain numbers: what each account has, what is bonded, locked and burned, and where each
//! workload is. It follows what was put into blocks and what these tell, computes all amounts by itself, and is compared with the
//! state after every block.

mod calls;
mod compare;
mod ends;

use super::world::World;
use ports::Peer;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Body, Call, ChainEvent, EndReason, Height, Params, ProgramId, Resources, Run, State, Transaction,
    Verdict, WorkloadId, codec,
    draw::Draw,
    event::AttemptEndKind,
    genesis::Genesis,
    offence::{Evidence, Offence},
    record::Cause,
    registry::{Changes, ProverUpdate, Registration},
    state_key,
    workload::Kind,
};

/// What stands behind an account's role, and the parts that it took back with the times of their release.
#[derive(Debug, Default)]
struct Stake {
    bond: u64,
    parts: Vec<(u64, u64)>,
}

impl Stake {
    fn all(&self) -> u64 {
        self.bond + self.parts.iter().map(|(amount, _)| amount).sum::<u64>()
    }

    /// Takes so much: of the bond, then of the latest parts.
    fn lose(&mut self, mut amount: u64) {
        for part in std::iter::once(&mut self.bond).chain(self.parts.iter_mut().rev().map(|(part, _)| part)) {
            let taken = amount.min(*part);
            (*part, amount) = (*part - taken, amount - taken);
        }
        assert_eq!(amount, 0);
    }
}

/// What a prover has and does. Capacities are cores; the rest of them goes along with these.
#[derive(Debug, Default)]
struct Rig {
    cores: u64,
    declared: Option<u64>,
    in_use: u64,
    live: u64,
    draining: bool,
    jailed: bool,
    /// The latest miss at a workload of each user, and whether it was a fail where another succeeded.
    misses: BTreeMap<AccountId, (u64, bool)>,
}

/// A workload.
#[derive(Debug)]
struct Job {
    kind: Kind,
    sender: AccountId,
    state: State,
    cores: u64,
    compute: u64,
    verification: u64,
    billed: u64,
    /// Whether its money is still locked.
    open: bool,
    set: u64,
    /// When its present state ends at the earliest.
    until: u64,
    draws: Vec<AccountId>,
    accepted: BTreeSet<AccountId>,
    /// Those that said that it failed.
    failed: BTreeSet<AccountId>,
    /// What the certificate about each attempt said.
    decided: BTreeMap<u16, Verdict>,
}

impl Job {
    fn locked(&self) -> u64 {
        if self.open { self.compute + self.verification } else { 0 }
    }

    fn prover(&self) -> AccountId {
        *self.draws.last().expect("an attempt")
    }
}

/// The numbers.
pub(super) struct Model {
    params: Params,
    price: u64,
    time: u64,
    epoch: u64,
    set: u64,
    /// The members of each set, with what each had bonded.
    sets: BTreeMap<u64, Vec<(AccountId, u64)>>,
    seats: u64,
    used: u128,
    offered: u128,
    programs: BTreeMap<ProgramId, (u64, u64)>,
    test: (u64, u64),
    balances: BTreeMap<AccountId, u64>,
    stakes: BTreeMap<AccountId, Stake>,
    rigs: BTreeMap<AccountId, Rig>,
    jobs: BTreeMap<WorkloadId, Job>,
    ballots: BTreeMap<AccountId, Changes>,
    punished: BTreeSet<(AccountId, WorkloadId, u16, Offence)>,
    burned: u64,
    /// Settlements of the epoch, and who had a verdict in them.
    settled: u64,
    spoke: BTreeSet<AccountId>,
    /// Who should have been jailed in the present block.
    jailed: BTreeSet<AccountId>,
    /// Free cores by the record of each block that wanted draws, less what draws took since.
    records: BTreeMap<Height, BTreeMap<AccountId, u64>>,
    /// Chain time and leader of each block.
    led: Vec<(u64, Peer)>,
    /// How often each kind of thing happened.
    pub(super) tally: BTreeMap<String, u64>,
}

const TORN: &str = "what the block tells cannot be";

impl Model {
    /// The world as it is before anybody did anything but deploy a program.
    pub(super) fn new(world: &World) -> Self {
        let genesis: &Genesis = world.memory.ledger().genesis();
        let meta = world.meta();
        let mut model = Self {
            params: genesis.params.clone(),
            price: genesis.params.compute_price.0,
            time: meta.time.0,
            epoch: meta.epoch,
            set: meta.set,
            sets: BTreeMap::new(),
            seats: genesis.validators.len() as u64,
            used: meta.used,
            offered: meta.offered,
            programs: BTreeMap::new(),
            test: (genesis.capacity_test.program.fuel_limit, genesis.capacity_test.compute_max.0),
            balances: BTreeMap::new(),
            stakes: BTreeMap::new(),
            rigs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            ballots: BTreeMap::new(),
            punished: BTreeSet::new(),
            burned: 0,
            settled: 0,
            spoke: BTreeSet::new(),
            jailed: BTreeSet::new(),
            records: BTreeMap::new(),
            led: Vec::new(),
            tally: BTreeMap::new(),
        };
        model.deploy(&super::network::program());
        for account in world.everybody() {
            model.balances.insert(account, world.account(account).balance.0);
        }
        for validator in &genesis.validators {
            model.stakes.insert(validator.account, Stake { bond: validator.bond.0, parts: Vec::new() });
        }
        for prover in &genesis.provers {
            let cores = u64::from(prover.capacity.cpus);
            model.stakes.insert(prover.account, Stake { bond: model.unit() * cores, parts: Vec::new() });
            model.rigs.insert(prover.account, Rig { cores, ..Rig::default() });
        }
        model.seat(world);
        model
    }

    fn unit(&self) -> u64 {
        self.params.bond_per_unit.0
    }

    fn get(&mut self, account: AccountId, amount: u64) {
        *self.balances.entry(account).or_default() += amount;
    }

    fn give(&mut self, account: AccountId, amount: u64) {
        let balance = self.balances.entry(account).or_default();
        *balance = balance.checked_sub(amount).expect("nobody gives what it does not have");
    }

    fn rig(&mut self, prover: AccountId) -> &mut Rig {
        self.rigs.get_mut(&prover).expect("a prover")
    }

    fn job(&mut self, id: WorkloadId) -> &mut Job {
        self.jobs.get_mut(&id).expect("a workload")
    }

    fn deploy(&mut self, program: &types::Program) {
        self.programs.insert(program.id(), (program.fuel_limit, program.prover.size + program.verifier.size));
    }

    /// Cores that a prover has to offer: tested, bonded, and not held back.
    fn active(&self, prover: AccountId) -> u64 {
        let rig = &self.rigs[&prover];
        if rig.draining || rig.jailed || rig.declared.is_some() {
            0
        } else {
            rig.cores.min(self.stakes[&prover].bond / self.unit())
        }
    }

    /// Follows a block: its leader, what it kept, and what it told.
    pub(super) fn follow(&mut self, leader: Peer, body: &Body, world: &World) {
        let (now, last) = (world.meta().time.0, self.time);
        let step = u128::from(now - last);
        self.used += step * u128::from(self.rigs.values().map(|rig| rig.in_use).sum::<u64>());
        self.offered +=
            step * u128::from(self.sets[&self.set].iter().map(|(member, _)| self.active(*member)).sum::<u64>());
        self.time = now;
        let quiet: Vec<AccountId> = self.rigs.iter().filter(|(_, rig)| rig.live == 0).map(|(id, _)| *id).collect();
        for paid in world.movements().iter().filter(|movement| movement.cause == Cause::Unbond) {
            let ended = |event: &ChainEvent| matches!(event, ChainEvent::AttemptEnded { prover, .. } if *prover == paid.account);
            let free = !self.rigs.contains_key(&paid.account) || quiet.contains(&paid.account);
            assert!(free || world.events.iter().any(ended), "a bond is kept while an attempt is not over");
            self.release(paid.account, paid.amount.0);
        }
        self.count(body, &world.events);
        let mut events = world.events.iter().peekable();
        let own = self.of_transactions(body, world);
        for _ in 0..world.events.len() - own {
            let event = events.next().expect(TORN);
            self.tell(event, body, world);
        }
        self.count_jailed(world);
        self.count_verdicts(body);
        body.evidence.iter().for_each(|evidence| self.convict(evidence));
        let account = world.account_of(leader);
        for signed in &body.transactions {
            self.give(signed.value.sender, self.fee(codec::encode(signed).len()));
            self.get(account, self.fee(codec::encode(signed).len()));
            self.transact(&signed.value, &mut events, world);
        }
        let wanted = events.inspect(|event| assert_eq!(**event, ChainEvent::BeaconWanted, "{TORN}")).count();
        if wanted > 0 {
            let members = self.sets[&self.set].iter().map(|(member, _)| *member);
            let free = |member| (member, self.active(member).saturating_sub(self.rigs[&member].in_use));
            self.records.insert(world.memory.height(), members.map(free).collect());
        }
        self.led.push((now, leader));
    }

    fn count(&mut self, body: &Body, events: &[ChainEvent]) {
        self.add("block");
        let calls = body.transactions.iter().map(|signed| signed.value.call.kind().to_owned());
        let told = events.iter().map(|event| match event {
            ChainEvent::AttemptEnded { end, .. } => end.word().to_owned(),
            ChainEvent::Slashed { offence, .. } => offence.word().to_owned(),
            ChainEvent::Ended { workload, state, reason } => {
                let test = self.jobs.get(workload).is_some_and(|job| job.kind == Kind::Test);
                format!("{}{}, {reason:?}", if test { "test " } else { "" }, state.word())
            }
            other => other.word().to_owned(),
        });
        for word in calls.chain(told).chain(body.heartbeats.iter().map(|_| "heartbeat".to_owned())) {
            *self.tally.entry(word).or_default() += 1;
        }
    }

    fn add(&mut self, word: &str) {
        *self.tally.entry(word.to_owned()).or_default() += 1;
    }

    /// Those are jailed that should be, and nobody else.
    fn count_jailed(&mut self, world: &World) {
        let jailed = |event: &ChainEvent| match event {
            ChainEvent::Jailed { prover, .. } => Some(*prover),
            _ => None,
        };
        let told: BTreeSet<AccountId> = world.events.iter().filter_map(jailed).collect();
        assert_eq!(std::mem::take(&mut self.jailed), told);
    }

    fn count_verdicts(&mut self, body: &Body) {
        for settlement in &body.settlements {
            let set = self.jobs[&settlement.subject.workload].set;
            if set != self.set {
                continue;
            }
            self.settled += 1;
            let members = &self.sets[&set];
            self.spoke.extend(settlement.certificate.signers().map(|index| members[index].0));
        }
    }

    /// A miss counts once for each user, within the window; enough of them jail.
    fn miss(&mut self, prover: AccountId, user: AccountId, fail: bool) {
        let (now, window, users) = (self.time, self.params.jail_window.0, self.params.jail_users);
        let rig = self.rig(prover);
        if rig.jailed {
            return;
        }
        rig.misses.retain(|_, (time, _)| *time + window > now);
        rig.misses.insert(user, (now, fail));
        if rig.misses.len() as u64 >= users {
            rig.jailed = true;
            rig.misses.clear();
            self.jailed.insert(prover);
        }
    }

    /// How many of the last events are of transactions, and of the end of the block.
    fn of_transactions(&self, body: &Body, world: &World) -> usize {
        let tested = |id: WorkloadId| {
            world.events.iter().any(|event| matches!(event, ChainEvent::Queued { workload, .. } if *workload == id))
        };
        let count = |call: &Transaction| match &call.call {
            Call::Run(_) | Call::Cancel { .. } | Call::Deploy(_) | Call::Evidence(_) => 1,
            Call::Register(_) | Call::Update(_) if tested(call.id().into()) => 2,
            _ => 0,
        };
        let own: usize = body.transactions.iter().map(|signed| count(&signed.value)).sum();
        own + usize::from(world.events.last() == Some(&ChainEvent::BeaconWanted))
    }

    fn fee(&self, bytes: usize) -> u64 {
        self.params.transaction_fee.0 + self.params.transaction_fee_byte.0 * bytes as u64
    }

    /// All parts of a bond whose time has come are paid back together.
    fn release(&mut self, account: AccountId, paid: u64) {
        let now = self.time;
        let stake = self.stakes.get_mut(&account).expect("a bond");
        let due: u64 = stake.parts.iter().filter(|(_, release)| *release <= now).map(|(amount, _)| amount).sum();
        assert_eq!(due, paid, "what is paid back is what is due");
        stake.parts.retain(|(_, release)| *release > now);
        self.get(account, paid);
        self.add("bond paid back");
    }

    fn tell(&mut self, event: &ChainEvent, body: &Body, world: &World) {
        match *event {
            ChainEvent::Epoch { epoch, set, compute_price } => self.turn(epoch, set, compute_price.0, world),
            ChainEvent::Allocated { workload, attempt, prover } => self.allocated(workload, attempt, prover, world),
            ChainEvent::Accepted { workload, prover, .. } => self.accepted(workload, prover),
            ChainEvent::Proved { workload, .. } => self.proved(workload),
            ChainEvent::Renewed { workload, set, .. } => self.job(workload).set = set,
            ChainEvent::AttemptEnded { workload, attempt, prover, end } => {
                self.decide(workload, attempt, body);
                self.attempt_ended(workload, prover, end);
            }
            ChainEvent::Slashed { prover, workload, offence, amount } => {
                self.slashed(prover, workload, offence, amount.0)
            }
            ChainEvent::Ended { workload, state, reason } => self.ended(workload, state, reason, body),
            ChainEvent::Tested { prover } => {
                let rig = self.rig(prover);
                rig.cores = rig.declared.expect("it declared something");
            }
            ChainEvent::Drawn { .. } | ChainEvent::BeaconWanted | ChainEvent::Jailed { .. } => {}
            ChainEvent::Deployed { .. } | ChainEvent::Queued { .. } => panic!("{TORN}"),
        }
    }

    /// Votes count, then the price moves, by the parameters that hold from now on.
    fn turn(&mut self, epoch: u64, set: u64, price: u64, world: &World) {
        assert_eq!((epoch, set), (self.epoch + 1, self.set + 1));
        let absent = |member: &AccountId| self.settled >= self.params.verdicts_expected && !self.spoke.contains(member);
        let members = self.sets[&self.set].clone();
        for member in members.into_iter().map(|(member, _)| member).filter(absent).collect::<Vec<_>>() {
            self.miss(member, AccountId([0; 32]), false);
        }
        (self.settled, self.spoke) = (0, BTreeSet::new());
        let signing: BTreeSet<AccountId> = world.signing(self.epoch).into_iter().collect();
        assert_eq!(signing.len() as u64, self.seats);
        let mut backing: BTreeMap<&Changes, u64> = BTreeMap::new();
        for (account, changes) in &self.ballots {
            *backing.entry(changes).or_default() += u64::from(signing.contains(account));
        }
        let winner =
            backing.into_iter().find(|(_, seats)| seats * 3 > self.seats * 2).map(|(changes, _)| changes.clone());
        for change in winner.iter().flat_map(|changes| changes.iter()) {
            assert!(self.params.set(&change.parameter, change.value));
        }
        if winner.is_some() {
            self.add("vote won");
        }
        self.ballots.clear();
        self.price = self.next_price();
        assert_eq!(price, self.price);
        (self.used, self.offered, self.epoch, self.set) = (0, 0, epoch, set);
        self.seats = world.signing(epoch).len() as u64;
        self.seat(world);
    }

    /// The set in force, each member with its bond.
    fn seat(&mut self, world: &World) {
        let bonded = |member| (member, self.stakes[&member].bond);
        self.sets.insert(self.set, world.members().into_iter().map(bonded).collect());
    }

    /// Towards half of what was offered, by at most a step.
    fn next_price(&self) -> u64 {
        if self.offered == 0 {
            return self.price;
        }
        let share = (self.used.min(self.offered) * 1000 / self.offered) as i128;
        let step = i128::from(self.price) * i128::from(self.params.price_step) * (share - 500) / 500_000;
        let least = i128::from(share == 1000 && self.params.price_step > 0);
        let moved = i128::from(self.price) + if share >= 500 { step.max(least) } else { step };
        moved.max(self.params.compute_price_min.0.into()) as u64
    }
}
