//! Writes the records of accounts and open workloads as the ledger would have left them: executing a million transactions would
//! take minutes.

use crate::{
    network::{BANK, Network, bytes},
    open::{Open, SMALL, Wait, bundle, members},
    store::Store,
};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use types::{
    AccountId, Amount, Attempt, BlobId, ChainTime, List, Millis, Quote, Resources, Run, State, Workload, WorkloadId,
    limits::PAGE_ENTRIES,
    record::{Account, Cursor, Due, DueHead, DuePage, Live, Meta, Offers, Page, Prover, VerdictSet},
    state_key,
    workload::{Announced, Kind, Moment},
};

/// What each account has.
const FUNDS: Amount = Amount(100_000_000_000);
/// Workloads that must wait for a draw besides those that blocks are about: the blocks before and the measured one fix these.
const DRAWS: usize = 64;
/// When what expires first does, after block 1: later than a block of the usual step, sooner than one of the longest.
const EXPIRY_MS: u64 = 2_000;
/// When the first of the others would expire.
const QUEUE_MS: u64 = 5_000;

/// Writes so many accounts and open workloads, those of `open` spread among them.
///
/// # Errors
/// When so many cannot hold what blocks will be about, or block 1 left something else than expected.
pub fn fill(store: &mut Store, network: &Network, open: &[Open], size: usize) -> Result<()> {
    ensure!(size >= open.len() + DRAWS, "a chain must have {} accounts and workloads at least", open.len() + DRAWS);
    store.reserve(size * 3 + size / 20);
    let mut filling = Filling::new(store, network)?;
    filling.workloads(open, size)?;
    filling.accounts(size)?;
    filling.pages();
    filling.provers(open)?;
    filling.meta.workloads = size as u64;
    filling.store.put(state_key::meta(), &filling.meta);
    Ok(())
}

struct Filling<'a> {
    store: &'a mut Store,
    network: &'a Network,
    meta: Meta,
    run: Run,
    fee: Quote,
    billed: Millis,
    live: Vec<WorkloadId>,
    queue: Vec<WorkloadId>,
    due: BTreeMap<u64, Vec<Due>>,
}

impl<'a> Filling<'a> {
    fn new(store: &'a mut Store, network: &'a Network) -> Result<Self> {
        let meta: Meta = store.read(state_key::meta())?;
        let offers: Offers = store.read(state_key::offers())?;
        let run = network.run();
        let (fee, billed) = ledger::quote(&meta, &offers, &run, network.program())?;
        let (live, queue, due) = (Vec::new(), Vec::new(), BTreeMap::new());
        Ok(Self { store, network, meta, run, fee, billed, live, queue, due })
    }

    fn now(&self) -> Moment {
        Moment { height: self.meta.height, time: self.meta.time }
    }

    /// Those that blocks will be about are spread evenly among the others, but in the queue stand behind them.
    fn workloads(&mut self, open: &[Open], size: usize) -> Result<()> {
        let stride = size / open.len();
        let mut last = Vec::new();
        for index in 0..size {
            let of = open.get(index / stride).filter(|_| index % stride == 0);
            let id = of.map_or_else(|| WorkloadId(bytes("workload", index as u64)), |open| open.id);
            let wait = of.map_or(Wait::Draw, |open| open.wait);
            match wait {
                Wait::Draw => self.queue.push(id),
                Wait::Expiry => last.push(id),
                _ => {}
            }
            let mut workload = self.queued(id, index, size);
            if let Some(open) = of {
                self.advance(&mut workload, open);
            }
            self.keep(&workload)?;
        }
        self.queue.extend(last);
        Ok(())
    }

    /// A workload that waits for a draw. They were queued one after the other, over as long as one may wait.
    fn queued(&self, id: WorkloadId, index: usize, size: usize) -> Workload {
        let window = self.meta.params.queue_window.0;
        let left = QUEUE_MS + (window - QUEUE_MS) * index as u64 / size as u64;
        let created = Moment { height: self.meta.height, time: ChainTime(self.meta.time.0 + left - window) };
        Workload {
            id,
            kind: Kind::Run,
            sender: self.network.account(index),
            run: self.run.clone(),
            state: State::Queued,
            created,
            since: created,
            moves_on: Some(ChainTime(self.meta.time.0 + left)),
            overtime: None,
            renewals: 0,
            fee: self.fee,
            runtime: types::Runtime::Wasm,
            billed: self.billed,
            attempts: List::default(),
            end: None,
        }
    }

    /// Brings a workload as far as blocks will find it.
    fn advance(&self, workload: &mut Workload, open: &Open) {
        let (now, params) = (self.now(), &self.meta.params);
        let prover = self.network.provers[open.prover].account;
        let mut attempt =
            Attempt { prover, drawn_by: now.height, drawn: now, accepted: None, announced: None, end: None };
        let (state, window) = match open.wait {
            Wait::Draw => return,
            Wait::Expiry => {
                workload.moves_on = Some(now.time.after(Millis(EXPIRY_MS)));
                return;
            }
            Wait::Accept => (State::Allocated, params.accept_window),
            Wait::Announcement => (State::Proving, workload.billed),
            Wait::Verdicts(_) => (State::Proved, params.verdict_window),
        };
        attempt.accepted = (state != State::Allocated).then_some(now);
        if let Wait::Verdicts(set) = open.wait {
            let bundle = bundle(open.id);
            let (proof, size) = (BlobId::of(&bundle), bundle.len() as u64);
            attempt.announced = Some(Announced { proof, size, at: now, set });
        }
        (workload.state, workload.since) = (state, now);
        workload.moves_on = Some(now.time.after(window));
        workload.attempts = List::truncated(vec![attempt]);
    }

    fn keep(&mut self, workload: &Workload) -> Result<()> {
        let id = workload.id;
        let bucket = state_key::due_bucket(workload.moves_on.context("a workload that never moves on")?);
        self.store.put(state_key::workload(id), workload);
        self.store.put(state_key::live_entry(id), &Live { index: self.live.len() as u64, draw: None });
        self.live.push(id);
        self.due.entry(bucket).or_default().push(Due::Workload(id));
        Ok(())
    }

    /// All money comes from the bank: what accounts have, and what is locked for workloads.
    fn accounts(&mut self, size: usize) -> Result<()> {
        for index in 0..size {
            let key = state_key::account(self.network.account(index));
            self.store.put(key, &Account { balance: FUNDS, nonce: 0 });
        }
        let locked = self.fee.total().and_then(|fee| fee.times(size as u64)).context("too much is locked")?;
        let given = FUNDS.times(size as u64).context("too much is given")?;
        let key = state_key::account(BANK);
        let mut bank: Account = self.store.read(key)?;
        bank.balance = bank.balance.minus(given).and_then(|left| left.minus(locked)).context("the bank is poor")?;
        self.store.put(key, &bank);
        let totals = &mut self.meta.totals;
        totals.balances = totals.balances.minus(locked).context("more is locked than there is")?;
        totals.escrow = locked;
        Ok(())
    }

    fn pages(&mut self) {
        pages(self.store, &self.live, state_key::live);
        pages(self.store, &self.queue, state_key::queue);
        self.meta.live = self.live.len() as u64;
        self.meta.queue = Cursor { head: 0, tail: self.queue.len() as u64 };
        for (bucket, entries) in &self.due {
            let mut full = 0;
            let mut rest = entries.as_slice();
            while rest.len() > PAGE_ENTRIES {
                full += 1;
                let (page, more) = rest.split_at(PAGE_ENTRIES);
                self.store.put(state_key::due(*bucket, full), &DuePage { entries: List::truncated(page.to_vec()) });
                rest = more;
            }
            self.store.put(state_key::due(*bucket, 0), &DueHead { full, entries: List::truncated(rest.to_vec()) });
        }
    }

    /// Counts attempts under way at their provers, and writes the small verdict set.
    fn provers(&mut self, open: &[Open]) -> Result<()> {
        for (index, prover) in self.network.provers.iter().enumerate() {
            let own = |open: &&Open| open.prover == index && !matches!(open.wait, Wait::Draw | Wait::Expiry);
            let computing = |open: &&Open| matches!(open.wait, Wait::Accept | Wait::Announcement);
            let live = open.iter().filter(own).count() as u64;
            let used = open.iter().filter(own).filter(computing).count();
            self.attempts(prover.account, live, used)?;
        }
        let members = List::new(members(self.network, SMALL))?;
        self.store.put(state_key::verdict_set(SMALL), &VerdictSet { members });
        Ok(())
    }

    fn attempts(&mut self, account: AccountId, live: u64, computing: usize) -> Result<()> {
        let key = state_key::prover(account);
        let mut prover: Prover = self.store.read(key)?;
        let used = |sum: Resources, _| sum.plus(&self.run.resources);
        prover.in_use = (0..computing).try_fold(Resources::default(), used).context("too much is in use")?;
        prover.live = live;
        self.meta.units_used += u64::from(prover.in_use.cpus);
        self.store.put(key, &prover);
        Ok(())
    }
}

fn pages(store: &mut Store, entries: &[WorkloadId], key: fn(u64) -> ports::Key) {
    for (page, entries) in (0..).zip(entries.chunks(PAGE_ENTRIES)) {
        store.put(key(page), &Page { entries: List::truncated(entries.to_vec()) });
    }
}
