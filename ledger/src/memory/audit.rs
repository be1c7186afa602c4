//! An audit of all books: what must be true of the state after every block.

use super::Memory;
use crate::pages::place;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Amount, ChainTime, Height, Resources, State, Workload, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{
        Account, Cursor, Due, DueHead, DuePage, HeightPage, Live, Meta, Movements, Page, PendingDraws, Prover,
        Unbonding, Validators, VerdictSet,
    },
    registry::Role,
    state_key,
    workload::Kind,
};

/// How long after its release a part of a bond may lie until it is looked at again, in milliseconds.
const KEPT_MS: u64 = 60_000;

/// What is wrong with the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// What the auditor cannot find by itself, since the state's keys are hashes.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Accounts that ever took part, besides those of genesis.
    pub accounts: BTreeSet<AccountId>,
    /// Workloads that ever were.
    pub workloads: BTreeSet<WorkloadId>,
}

type Checked<T = ()> = Result<T, Fault>;

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err(Fault(format!($($message)*)));
        }
    };
}

/// Everything that is alive, as the pages tell it.
struct Books<'a> {
    memory: &'a Memory,
    meta: Meta,
    accounts: BTreeSet<AccountId>,
    provers: Vec<Prover>,
    validators: Validators,
    live: Vec<Workload>,
    queued: Vec<WorkloadId>,
    pending: Vec<(WorkloadId, Height)>,
}

impl Memory {
    /// Checks that money is conserved and each change of a balance explained, that capacity in use is that of live attempts,
    /// that every workload is in exactly one place and has a next step, and that every part of a bond that was taken back
    /// falls due.
    ///
    /// # Errors
    /// Says the first thing that does not add up.
    pub fn audit(&self, seen: &Seen) -> Result<(), Fault> {
        let mut books = Books {
            memory: self,
            meta: read(self, state_key::meta())?,
            accounts: accounts(self, seen),
            provers: Vec::new(),
            validators: read(self, state_key::validators())?,
            live: Vec::new(),
            queued: Vec::new(),
            pending: Vec::new(),
        };
        books.open()?;
        books.money()?;
        books.bonds()?;
        books.movements()?;
        books.capacity()?;
        books.members()?;
        books.live.iter().try_for_each(|workload| books.next_step(workload))?;
        seen.workloads.iter().try_for_each(|id| books.listed(*id))
    }
}

/// All accounts that genesis names, or that took part.
fn accounts(memory: &Memory, seen: &Seen) -> BTreeSet<AccountId> {
    let (genesis, mut accounts) = (memory.ledger().genesis(), seen.accounts.clone());
    accounts.extend(genesis.accounts.iter().map(|entry| entry.account));
    accounts.extend(genesis.provers.iter().map(|prover| prover.account));
    accounts.extend(genesis.validators.iter().map(|validator| validator.account));
    accounts
}

fn find<T: borsh::BorshDeserialize>(memory: &Memory, key: ports::Key) -> Checked<Option<T>> {
    memory.find(key).map_err(|error| Fault(error.to_string()))
}

fn read<T: borsh::BorshDeserialize>(memory: &Memory, key: ports::Key) -> Checked<T> {
    find(memory, key)?.ok_or_else(|| Fault(format!("there is no {}", std::any::type_name::<T>())))
}

fn sum(amounts: impl IntoIterator<Item = Amount>) -> Checked<Amount> {
    let total = amounts.into_iter().try_fold(Amount::ZERO, Amount::plus);
    total.ok_or_else(|| Fault("a sum cannot be said".to_owned()))
}

impl Books<'_> {
    /// Reads the pages.
    fn open(&mut self) -> Checked {
        for account in &self.accounts {
            self.provers.extend(find::<Prover>(self.memory, state_key::prover(*account))?);
        }
        for index in 0..self.meta.live {
            let (page, place) = place(index);
            let page: Page = read(self.memory, state_key::live(page))?;
            let id = *page.entries.get(place).ok_or_else(|| Fault("a live page is too short".to_owned()))?;
            let entry: Live = read(self.memory, state_key::live_entry(id))?;
            ensure!(entry.index == index, "{id} is at {index} and says {}", entry.index);
            self.live.push(read(self.memory, state_key::workload(id))?);
        }
        let beyond = place(self.meta.live.saturating_add(PAGE_ENTRIES as u64).saturating_sub(1)).0;
        ensure!(find::<Page>(self.memory, state_key::live(beyond))?.is_none(), "a live page is left behind");
        self.queued =
            entries(self.meta.queue, |page| Ok(read::<Page>(self.memory, state_key::queue(page))?.entries.into_vec()))?;
        let wanted: Vec<Height> = entries(self.meta.wanted, |page| {
            Ok(read::<HeightPage>(self.memory, state_key::wanted(page))?.entries.into_vec())
        })?;
        ensure!(wanted.is_sorted(), "heights are wanted out of order");
        self.left_behind(self.meta.queue, state_key::queue)?;
        self.left_behind(self.meta.wanted, state_key::wanted)?;
        for height in wanted {
            let pending: PendingDraws = read(self.memory, state_key::pending_draws(height))?;
            self.pending.extend(pending.workloads.iter().map(|id| (*id, height)));
        }
        Ok(())
    }

    /// A queue keeps no page whose entries are all gone.
    fn left_behind(&self, cursor: Cursor, key: fn(u64) -> ports::Key) -> Checked {
        let (page, _) = place(cursor.head);
        let gone = if cursor.head == cursor.tail { Some(page) } else { page.checked_sub(1) };
        let left = gone.filter(|page| self.memory.values().contains_key(&key(*page)));
        ensure!(left.is_none(), "page {left:?} of a queue is left behind");
        Ok(())
    }

    /// Rule 12: balances + bonds + escrow + burned = genesis supply, and each part is what its owners hold.
    fn money(&self) -> Checked {
        let (genesis, totals) = (self.memory.ledger().genesis(), self.meta.totals);
        ensure!(totals.sum() == genesis.supply(), "money came or went: {totals:?}");
        let mut balances = Vec::new();
        for account in &self.accounts {
            balances.extend(find::<Account>(self.memory, state_key::account(*account))?.map(|account| account.balance));
        }
        ensure!(sum(balances)? == totals.balances, "balances are not {}", totals.balances);
        let locked = self.live.iter().map(|workload| workload.fee.total().unwrap_or_default());
        ensure!(sum(locked)? == totals.escrow, "escrow is not {}", totals.escrow);
        let parts = |parts: &[Unbonding]| sum(parts.iter().map(|part| part.amount));
        let mut bonds = Vec::new();
        for prover in &self.provers {
            bonds.extend([prover.bond, parts(&prover.unbonding)?]);
        }
        for validator in &self.validators.validators {
            bonds.extend([validator.bond, parts(&validator.unbonding)?]);
        }
        ensure!(sum(bonds)? == totals.bonds, "bonds are not {}", totals.bonds);
        Ok(())
    }

    /// What was taken back of a bond falls due.
    fn bonds(&self) -> Checked {
        for prover in &self.provers {
            prover.unbonding.iter().try_for_each(|part| self.released(Role::Prover, prover.account, part))?;
        }
        for validator in &self.validators.validators {
            validator.unbonding.iter().try_for_each(|part| self.released(Role::Validator, validator.account, part))?;
        }
        Ok(())
    }

    /// A part is looked at when its time comes, and again and again where something keeps it.
    fn released(&self, role: Role, account: AccountId, part: &Unbonding) -> Checked {
        let due = Due::Unbonding(role, account);
        let bucket = state_key::due_bucket(part.release);
        if bucket >= self.meta.due_bucket {
            let falls = self.falls_due(due, bucket)?;
            ensure!(falls, "a part of the bond of {account} does not fall due at {}", part.release);
            return Ok(());
        }
        let last = state_key::due_bucket(ChainTime(self.meta.time.0.saturating_add(KEPT_MS)));
        for bucket in self.meta.due_bucket..=last {
            if self.falls_due(due, bucket)? {
                return Ok(());
            }
        }
        Err(Fault(format!("a part of the bond of {account} was due at {} and lies for ever", part.release)))
    }

    /// What an account got in the last block, less what it gave, is how its balance changed.
    fn movements(&self) -> Checked {
        let mut moved: BTreeMap<AccountId, i128> = BTreeMap::new();
        for page in 0.. {
            let movements: Option<Movements> = find(self.memory, state_key::movements(self.meta.height, page))?;
            let Some(movements) = movements.filter(|movements| movements.height == self.meta.height) else { break };
            for movement in &movements.entries {
                let amount = i128::from(movement.amount.0);
                let sum = moved.entry(movement.account).or_default();
                *sum = sum.saturating_add(if movement.got { amount } else { amount.saturating_neg() });
            }
            if !movements.more {
                break;
            }
        }
        for account in &self.accounts {
            let after: Option<Account> = find(self.memory, state_key::account(*account))?;
            let after = i128::from(after.unwrap_or_default().balance.0);
            let moved = moved.remove(account).unwrap_or_default();
            let before = self.balance_before(*account)?;
            ensure!(after == before.saturating_add(moved), "{account} had {before}, has {after} and moved {moved}");
        }
        ensure!(moved.is_empty(), "money of unknown accounts moved: {moved:?}");
        Ok(())
    }

    /// What an account held before the last block: before the first, what genesis gave it.
    fn balance_before(&self, account: AccountId) -> Checked<i128> {
        if self.meta.height == Height(1) {
            let mut entries = self.memory.ledger().genesis().accounts.iter();
            let own = entries.find(|entry| entry.account == account).map(|entry| entry.balance);
            return Ok(own.unwrap_or_default().0.into());
        }
        let before = self.memory.find_before::<Account>(state_key::account(account));
        before.map(|account| account.unwrap_or_default().balance.0.into()).map_err(|error| Fault(error.to_string()))
    }

    /// What is in use of each prover is what its attempts under way take, and it has as many attempts as it says.
    fn capacity(&self) -> Checked {
        let mut attempts: BTreeMap<AccountId, (u64, Resources)> = BTreeMap::new();
        for workload in &self.live {
            let Some((_, attempt)) = workload.current() else { continue };
            let (live, used) = attempts.entry(attempt.prover).or_default();
            *live = live.saturating_add(1);
            if workload.kind == Kind::Run && workload.state != State::Proved {
                let sum = used.plus(&workload.run.resources);
                *used = sum.ok_or_else(|| Fault("capacity overflows".to_owned()))?;
            }
        }
        for prover in &self.provers {
            let (live, used) = attempts.remove(&prover.account).unwrap_or_default();
            ensure!(prover.live == live, "{} has {live} attempts, not {}", prover.account, prover.live);
            ensure!(prover.in_use == used, "{} uses {used:?}, not {:?}", prover.account, prover.in_use);
        }
        ensure!(attempts.is_empty(), "there are attempts of no prover");
        self.provers.iter().try_for_each(|prover| self.tested(prover))
    }

    /// A prover says that it is tested while there is a test, and has declared something then.
    fn tested(&self, prover: &Prover) -> Checked {
        let own = |workload: &&Workload| workload.kind == Kind::Test && workload.sender == prover.account;
        let tests: Vec<WorkloadId> = self.live.iter().filter(own).map(|workload| workload.id).collect();
        ensure!(tests == prover.test.as_slice(), "{} is tested by {tests:?}", prover.account);
        let declared = prover.declared.is_some();
        ensure!(declared == prover.test.is_some(), "{} declared without a test", prover.account);
        Ok(())
    }

    /// The verdict set holds the members, and the sums over provers are those of their records.
    fn members(&self) -> Checked {
        let set: VerdictSet = read(self.memory, state_key::verdict_set(self.meta.set))?;
        let members: Vec<AccountId> = set.members.iter().map(|member| member.account).collect();
        let own: Vec<&Prover> = self.provers.iter().filter(|prover| prover.member).collect();
        ensure!(own.iter().map(|prover| &prover.account).eq(&members), "the members are not those of the set");
        ensure!(members.len() as u64 == self.meta.set_size, "the set has not {} members", self.meta.set_size);
        let bond_per_unit = self.meta.params.bond_per_unit;
        let offered: u64 = own.iter().map(|prover| u64::from(prover.active(bond_per_unit).cpus)).sum();
        let used: u64 = self.provers.iter().map(|prover| u64::from(prover.in_use.cpus)).sum();
        ensure!(self.meta.units_offered == offered, "{offered} units are offered, not {}", self.meta.units_offered);
        ensure!(self.meta.units_used == used, "{used} units are used, not {}", self.meta.units_used);
        Ok(())
    }

    /// A live workload is in one place, and something will move it on.
    fn next_step(&self, workload: &Workload) -> Checked {
        let (id, state) = (workload.id, workload.state);
        ensure!(!state.is_end() && workload.end.is_none(), "{id} has ended and lives");
        let time = workload.moves_on.ok_or_else(|| Fault(format!("{id} is {} for ever", state.word())))?;
        let entry: Live = read(self.memory, state_key::live_entry(id))?;
        let queued = self.queued.iter().filter(|other| **other == id).count();
        let pending: Vec<Height> = self.pending.iter().filter(|(other, _)| *other == id).map(|(_, h)| *h).collect();
        ensure!(entry.draw.as_slice() == pending, "{id} is drawn for by {pending:?}, not {:?}", entry.draw);
        let places = queued.saturating_add(pending.len());
        let (least, most) = if state == State::Queued { (usize::from(time > self.meta.time), 1) } else { (0, 0) };
        ensure!((least..=most).contains(&places), "{id} is {} and waits in {places} places", state.word());
        let under_way = workload.current().is_some();
        ensure!(under_way == (state != State::Queued), "{id} is {} with an attempt: {under_way}", state.word());
        let bucket = state_key::due_bucket(time);
        ensure!(bucket >= self.meta.due_bucket, "{id} should have moved on at {time}");
        ensure!(self.falls_due(Due::Workload(id), bucket)?, "{id} does not fall due at {time}");
        Ok(())
    }

    fn falls_due(&self, due: Due, bucket: u64) -> Checked<bool> {
        let head: DueHead = find(self.memory, state_key::due(bucket, 0))?.unwrap_or_default();
        if head.entries.contains(&due) {
            return Ok(true);
        }
        let first = if bucket == self.meta.due_bucket { self.meta.due_page.max(1) } else { 1 };
        for page in first..=head.full {
            if read::<DuePage>(self.memory, state_key::due(bucket, page))?.entries.contains(&due) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A workload that ever was lives and is listed, or has ended, is not listed, and paid out what it held.
    fn listed(&self, id: WorkloadId) -> Checked {
        let workload: Workload = read(self.memory, state_key::workload(id))?;
        let listed = self.live.iter().filter(|other| other.id == id).count();
        ensure!(listed == usize::from(!workload.state.is_end()), "{id} is listed {listed} times");
        let Some(end) = workload.end else { return Ok(()) };
        ensure!(find::<Live>(self.memory, state_key::live_entry(id))?.is_none(), "{id} has ended and is kept as live");
        ensure!(workload.moves_on.is_none(), "{id} has ended and moves on");
        let paid = sum([end.to_prover, end.to_verdicts, end.refunded, end.burned])?;
        ensure!(Some(paid) == workload.fee.total(), "{id} paid out {paid} of {:?}", workload.fee);
        Ok(())
    }
}

/// The entries of a queue.
fn entries<T: Copy>(cursor: Cursor, page: impl Fn(u64) -> Checked<Vec<T>>) -> Checked<Vec<T>> {
    let mut all = Vec::new();
    for number in cursor.head..cursor.tail {
        let (number, place) = place(number);
        all.push(*page(number)?.get(place).ok_or_else(|| Fault("a queue's page is too short".to_owned()))?);
    }
    Ok(all)
}
