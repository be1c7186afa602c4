//! An audit of all books: what must be true of the state after every block.

use super::Memory;
use crate::pages::place;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Amount, Height, Resources, State, Workload, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{Account, Cursor, DueHead, HeightPage, Live, Meta, Page, PendingDraws, Prover, VerdictSet},
    state_key,
};

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
    live: Vec<Workload>,
    queued: Vec<WorkloadId>,
    pending: Vec<(WorkloadId, Height)>,
}

impl Memory {
    /// Checks that money is conserved, that capacity in use is that of live attempts, and that every workload is in exactly
    /// one place and has a next step.
    ///
    /// # Errors
    /// Says the first thing that does not add up.
    pub fn audit(&self, seen: &Seen) -> Result<(), Fault> {
        let meta: Meta = read(self, state_key::meta())?;
        let mut books = Books { memory: self, meta, live: Vec::new(), queued: Vec::new(), pending: Vec::new() };
        books.open()?;
        books.money(seen)?;
        books.capacity()?;
        books.live.iter().try_for_each(|workload| books.next_step(workload))?;
        seen.workloads.iter().try_for_each(|id| books.listed(*id))
    }
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
    fn money(&self, seen: &Seen) -> Checked {
        let (genesis, totals) = (self.memory.ledger().genesis(), self.meta.totals);
        ensure!(totals.sum() == genesis.supply(), "money came or went: {totals:?}");
        let mut accounts = seen.accounts.clone();
        accounts.extend(genesis.accounts.iter().map(|entry| entry.account));
        accounts.extend(genesis.provers.iter().map(|prover| prover.account));
        accounts.extend(genesis.validators.iter().map(|validator| validator.account));
        let mut balances = Vec::new();
        for account in accounts {
            balances.extend(find::<Account>(self.memory, state_key::account(account))?.map(|account| account.balance));
        }
        ensure!(sum(balances)? == totals.balances, "balances are not {}", totals.balances);
        let locked = self.live.iter().map(|workload| workload.fee.total().unwrap_or_default());
        ensure!(sum(locked)? == totals.escrow, "escrow is not {}", totals.escrow);
        let mut bonds = Vec::new();
        for prover in &genesis.provers {
            bonds.push(read::<Prover>(self.memory, state_key::prover(prover.account))?.bond);
        }
        ensure!(sum(bonds)? == totals.bonds, "bonds are not {}", totals.bonds);
        Ok(())
    }

    /// What is in use of each prover is what its attempts under way take.
    fn capacity(&self) -> Checked {
        let mut used: BTreeMap<AccountId, Resources> = BTreeMap::new();
        for workload in &self.live {
            if !matches!(workload.state, State::Allocated | State::Proving) {
                continue;
            }
            let (_, attempt) = workload.current().ok_or_else(|| Fault(format!("{} has no attempt", workload.id)))?;
            let entry = used.entry(attempt.prover).or_default();
            *entry = entry.plus(&workload.run.resources).ok_or_else(|| Fault("capacity overflows".to_owned()))?;
        }
        let set: VerdictSet = read(self.memory, state_key::verdict_set(self.meta.set))?;
        for member in &set.members {
            let prover: Prover = read(self.memory, state_key::prover(member.account))?;
            let used = used.get(&member.account).copied().unwrap_or_default();
            ensure!(prover.in_use == used, "{} uses {:?}, not {used:?}", member.account, prover.in_use);
            ensure!(prover.capacity.fits(&used), "{} is used beyond its capacity", member.account);
        }
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
        ensure!(self.falls_due(id, bucket)?, "{id} does not fall due at {time}");
        Ok(())
    }

    fn falls_due(&self, id: WorkloadId, bucket: u64) -> Checked<bool> {
        let head: DueHead = find(self.memory, state_key::due(bucket, 0))?.unwrap_or_default();
        if head.entries.contains(&id) {
            return Ok(true);
        }
        let first = if bucket == self.meta.due_bucket { self.meta.due_page.max(1) } else { 1 };
        for page in first..=head.full {
            if read::<Page>(self.memory, state_key::due(bucket, page))?.entries.contains(&id) {
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
