//! The state of one node at one height, as far as properties look at it: read through the engine, all at the same height.

use borsh::BorshDeserialize;
use bytes::Bytes;
use ports::{Engine, Key};
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, ChainTime, Genesis, Height, State, Workload, WorkloadId, codec,
    genesis::PeerId,
    limits::{PAGE_ENTRIES, VALUE_MAX},
    record::{
        Account, Cursor, Due, DueHead, DuePage, HeightPage, Live, Meta, Page, PendingDraws, Prover, Registry, Seats,
        Unbonding, Validators, VerdictSet,
    },
    registry::Role,
    state_key,
};

/// How often a read is repeated because the state moved on between its two halves.
const TRIES: usize = 4;

/// What a world knows to be in the state.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Every account that can hold money.
    pub accounts: Vec<AccountId>,
    /// Every prover.
    pub provers: Vec<AccountId>,
    /// Every run that was submitted.
    pub runs: Vec<WorkloadId>,
    /// Every test of capacity that there may be.
    pub tests: Vec<WorkloadId>,
}

/// The state of one node at one height.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The chain as a whole.
    pub meta: Meta,
    /// Accounts; one that is not in the state has nothing.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Provers.
    pub provers: Vec<Prover>,
    /// Validators.
    pub validators: Validators,
    /// The provers that may become active.
    pub registry: Registry,
    /// The verdict set in force.
    pub set: VerdictSet,
    /// Who signs in this epoch, unless genesis says it.
    pub seats: Option<Seats>,
    /// Workloads, live and ended: those of runs, and tests.
    pub workloads: BTreeMap<WorkloadId, Workload>,
    /// The live workloads, in the order of their pages.
    pub live: Vec<WorkloadId>,
    /// What is kept of live workloads.
    pub entries: BTreeMap<WorkloadId, Live>,
    /// The queue, first in first.
    pub queue: Vec<WorkloadId>,
    /// Heights whose beacons are wanted, in order.
    pub wanted: Vec<Height>,
    /// What blocks fixed for their draws.
    pub draws: BTreeMap<Height, PendingDraws>,
    /// What falls due, by bucket, as far as somebody waits for it.
    pub due: BTreeMap<u64, BTreeSet<Due>>,
    /// A hash of everything that was read.
    pub digest: [u8; 32],
}

/// Values of the state at one height.
struct Values {
    height: u64,
    values: BTreeMap<Key, Bytes>,
}

impl Values {
    async fn read(engine: &dyn Engine, keys: Vec<Key>) -> Result<Self, String> {
        let (height, values) = engine.read(keys.clone()).await.map_err(|error| error.to_string())?;
        let present = keys.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?)));
        Ok(Self { height, values: present.collect() })
    }

    fn get<T: BorshDeserialize>(&self, key: Key) -> Result<Option<T>, String> {
        let value = self.values.get(&key).map(|bytes| codec::decode(bytes, VALUE_MAX));
        value.transpose().map_err(|error| format!("a value of the state cannot be read: {error}"))
    }

    /// The entries of a queue.
    fn queue<T>(&self, ends: Cursor, page: impl Fn(u64) -> Result<Vec<T>, String>) -> Result<Vec<T>, String> {
        let mut entries = Vec::new();
        for number in pages(ends) {
            let first = number * PAGE_ENTRIES as u64;
            let of_page = (first..).zip(page(number)?);
            entries.extend(of_page.filter(|(at, _)| (ends.head..ends.tail).contains(at)).map(|(_, entry)| entry));
        }
        Ok(entries)
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for (key, value) in &self.values {
            hasher.update(key).update(blake3::hash(value).as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// The pages that hold the entries of a queue.
fn pages(Cursor { head, tail }: Cursor) -> std::ops::Range<u64> {
    let page = PAGE_ENTRIES as u64;
    if head < tail { head / page..(tail - 1) / page + 1 } else { 0..0 }
}

impl Snapshot {
    /// Reads the state of a node. None before the first block, or if blocks follow each other too fast to read in between.
    ///
    /// # Errors
    /// When the engine does not answer, or a value is malformed.
    pub async fn read(engine: &dyn Engine, known: &Known) -> Result<Option<Self>, String> {
        for _ in 0..TRIES {
            let first = Values::read(engine, known.keys()).await?;
            let Some(meta) = first.get::<Meta>(state_key::meta())? else { return Ok(None) };
            let keys = known.keys().into_iter().chain(more_keys(&meta, &first, known)?).collect();
            let all = Values::read(engine, keys).await?;
            if all.height == first.height {
                return Self::of(meta, &all, known).map(Some);
            }
        }
        Ok(None)
    }

    fn of(meta: Meta, values: &Values, known: &Known) -> Result<Self, String> {
        if meta.height.0 != values.height {
            return Err(format!("the state at height {} calls itself {}", values.height, meta.height));
        }
        let mut snapshot = Self { digest: values.digest(), ..Self::empty(meta) };
        for id in &known.accounts {
            snapshot.accounts.insert(*id, values.get(state_key::account(*id))?.unwrap_or_default());
        }
        for id in &known.provers {
            snapshot.provers.extend(values.get::<Prover>(state_key::prover(*id))?);
        }
        for id in known.workloads() {
            let workload = values.get::<Workload>(state_key::workload(*id))?;
            snapshot.workloads.extend(workload.map(|workload| (*id, workload)));
            let entry = values.get::<Live>(state_key::live_entry(*id))?;
            snapshot.entries.extend(entry.map(|entry| (*id, entry)));
        }
        snapshot.validators = values.get(state_key::validators())?.unwrap_or_default();
        snapshot.registry = values.get(state_key::registry())?.unwrap_or_default();
        snapshot.set = values.get(state_key::verdict_set(snapshot.meta.set))?.unwrap_or_default();
        snapshot.seats = values.get(state_key::seats(snapshot.meta.epoch.saturating_sub(1)))?;
        snapshot.read_pages(values)?;
        snapshot.read_due(values)?;
        Ok(snapshot)
    }

    /// A state that holds nothing but its meta record.
    pub(crate) fn empty(meta: Meta) -> Self {
        Self {
            meta,
            accounts: BTreeMap::new(),
            provers: Vec::new(),
            validators: Validators::default(),
            registry: Registry::default(),
            set: VerdictSet::default(),
            seats: None,
            workloads: BTreeMap::new(),
            live: Vec::new(),
            entries: BTreeMap::new(),
            queue: Vec::new(),
            wanted: Vec::new(),
            draws: BTreeMap::new(),
            due: BTreeMap::new(),
            digest: [0; 32],
        }
    }

    fn read_pages(&mut self, values: &Values) -> Result<(), String> {
        let meta = self.meta.clone();
        let page = |key| Ok(values.get::<Page>(key)?.map(|page| page.entries.into_vec()).unwrap_or_default());
        self.live = values.queue(Cursor { head: 0, tail: meta.live }, |number| page(state_key::live(number)))?;
        self.queue = values.queue(meta.queue, |number| page(state_key::queue(number)))?;
        self.wanted = values.queue(meta.wanted, |number| {
            let page = values.get::<HeightPage>(state_key::wanted(number))?;
            Ok(page.map(|page| page.entries.into_vec()).unwrap_or_default())
        })?;
        for height in self.entries.values().filter_map(|entry| entry.draw) {
            let draws = values.get(state_key::pending_draws(height))?;
            self.draws.extend(draws.map(|draws| (height, draws)));
        }
        Ok(())
    }

    fn read_due(&mut self, values: &Values) -> Result<(), String> {
        let times = self.workloads.values().filter_map(|workload| workload.moves_on);
        let parts = self.unbondings().into_iter().map(|(_, _, part)| part.release);
        let buckets: BTreeSet<u64> = times.chain(parts).map(state_key::due_bucket).collect();
        for bucket in buckets {
            let head = values.get::<DueHead>(state_key::due(bucket, 0))?.unwrap_or_default();
            let mut due: BTreeSet<Due> = head.entries.iter().copied().collect();
            for number in 1..=head.full {
                let page = values.get::<DuePage>(state_key::due(bucket, number))?;
                due.extend(page.into_iter().flat_map(|page| page.entries.into_vec()));
            }
            self.due.insert(bucket, due);
        }
        Ok(())
    }

    /// Every part of a bond that was taken back and is not paid back yet.
    #[must_use]
    pub fn unbondings(&self) -> Vec<(Role, AccountId, Unbonding)> {
        let of_provers = self.provers.iter().map(|prover| (Role::Prover, prover.account, &prover.unbonding));
        let of_validators = self.validators.validators.iter();
        let of_validators = of_validators.map(|validator| (Role::Validator, validator.account, &validator.unbonding));
        let all = of_provers.chain(of_validators);
        all.flat_map(|(role, account, parts)| parts.iter().map(move |part| (role, account, *part))).collect()
    }

    /// Who signs in this epoch: those that were named for the one before.
    #[must_use]
    pub fn signing(&self, genesis: &Genesis) -> Vec<PeerId> {
        self.seats.as_ref().map_or_else(|| genesis.first_seats(), |seats| seats.seats.iter().copied().collect())
    }

    /// Whether every one of these runs has ended.
    #[must_use]
    pub fn all_ended(&self, runs: &[WorkloadId]) -> bool {
        runs.iter().all(|id| self.workloads.get(id).is_some_and(|workload| workload.state.is_end()))
    }

    /// The state of a run, in a word.
    #[must_use]
    pub fn word(&self, id: &WorkloadId) -> &'static str {
        self.workloads.get(id).map_or("pending", |workload| State::word(workload.state))
    }
}

impl Known {
    /// Every workload that there may be.
    fn workloads(&self) -> impl Iterator<Item = &WorkloadId> {
        self.runs.iter().chain(&self.tests)
    }

    fn keys(&self) -> Vec<Key> {
        let accounts = self.accounts.iter().map(|id| state_key::account(*id));
        let provers = self.provers.iter().map(|id| state_key::prover(*id));
        let workloads = self.workloads().flat_map(|id| [state_key::workload(*id), state_key::live_entry(*id)]);
        let all = [state_key::meta(), state_key::validators(), state_key::registry()];
        all.into_iter().chain(accounts).chain(provers).chain(workloads).collect()
    }
}

/// The keys that can be named only once the others were read.
fn more_keys(meta: &Meta, values: &Values, known: &Known) -> Result<Vec<Key>, String> {
    let mut keys: BTreeSet<Key> = pages(Cursor { head: 0, tail: meta.live }).map(state_key::live).collect();
    keys.extend(pages(meta.queue).map(state_key::queue));
    keys.extend(pages(meta.wanted).map(state_key::wanted));
    keys.extend([state_key::verdict_set(meta.set), state_key::seats(meta.epoch.saturating_sub(1))]);
    for id in known.workloads() {
        let workload = values.get::<Workload>(state_key::workload(*id))?;
        keys.extend(workload.and_then(|workload| workload.moves_on).into_iter().flat_map(|time| due_keys(time, known)));
        let entry = values.get::<Live>(state_key::live_entry(*id))?;
        keys.extend(entry.and_then(|entry| entry.draw).map(state_key::pending_draws));
    }
    for id in &known.provers {
        let prover = values.get::<Prover>(state_key::prover(*id))?;
        let parts = prover.into_iter().flat_map(|prover| prover.unbonding.into_vec());
        keys.extend(parts.flat_map(|part| due_keys(part.release, known)));
    }
    let validators = values.get::<Validators>(state_key::validators())?.unwrap_or_default().validators;
    let parts = validators.into_vec().into_iter().flat_map(|validator| validator.unbonding.into_vec());
    keys.extend(parts.flat_map(|part| due_keys(part.release, known)));
    Ok(keys.into_iter().collect())
}

/// The pages of the bucket of a time. Full pages come first once a bucket has more entries than a page: one more is asked for
/// than there can be.
fn due_keys(time: ChainTime, known: &Known) -> impl Iterator<Item = Key> + use<> {
    let (bucket, full) = (state_key::due_bucket(time), known.workloads().count().div_ceil(PAGE_ENTRIES) as u64);
    (0..=full).map(move |page| state_key::due(bucket, page))
}
