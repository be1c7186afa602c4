//! The state that one block works on, with types: values by their keys, the chain's totals, and what happened so far.

use crate::overlay::{Mark, Missing, Overlay};
use borsh::{BorshDeserialize, BorshSerialize};
use ports::{BlockContext, Key};
use std::sync::Arc;
use types::{
    ChainEvent, ChainId, ChainTime, Genesis, Height, List, Refusal, codec,
    event::Outcome,
    limits::{EVENTS_PER_BLOCK, VALUE_MAX},
    record::{Meta, Movement, Totals},
    state_key,
    workload::Moment,
};

/// Why a part of a block stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// Values have to be loaded first; then it is done again from its start.
    #[error("values are missing")]
    Need,
    /// The block breaks a rule as a whole.
    #[error("{0}")]
    Invalid(&'static str),
    /// Whoever sent it did something that the rules do not allow.
    #[error("{code}: {0}", code = .0.code())]
    Refused(Refusal),
    /// The state contradicts itself, which no block can bring about: a fault of this program or of its storage.
    #[error("the state is broken: {0}")]
    Broken(&'static str),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Missing> for Stop {
    fn from(_: Missing) -> Self {
        Self::Need
    }
}

/// What became of a part of a block.
pub(crate) type Outcomes<T = ()> = Result<T, Stop>;

/// The state that one block works on.
pub(crate) struct Work {
    /// What was agreed on before the first block.
    pub(crate) genesis: Arc<Genesis>,
    /// The block.
    pub(crate) context: BlockContext,
    /// What is true of the chain as a whole.
    pub(crate) meta: Meta,
    /// What the block did so far.
    pub(crate) events: List<ChainEvent, EVENTS_PER_BLOCK>,
    /// How it moved money so far.
    pub(crate) movements: Vec<Movement>,
    /// How many pieces of evidence it took so far.
    pub(crate) evidence: usize,
    /// Whether entries are only gone through to learn which values they need: nothing of it stays, and nothing is checked that
    /// costs time or depends on entries that were left out.
    pub(crate) scouting: bool,
    /// Whether the signature of the entry under way was found right, or need not be looked at.
    pub(crate) proven: bool,
    overlay: Overlay,
}

/// A point to which [`Work::undo`] goes back.
pub(crate) struct Point {
    mark: Mark,
    meta: Meta,
    events: usize,
    movements: usize,
    evidence: usize,
}

impl Work {
    /// Nothing loaded, nothing done.
    pub(crate) fn new(genesis: Arc<Genesis>, context: BlockContext, meta: Meta) -> Self {
        let overlay = Overlay::default();
        Self {
            genesis,
            context,
            meta,
            events: List::default(),
            movements: Vec::new(),
            evidence: 0,
            scouting: false,
            proven: false,
            overlay,
        }
    }

    /// The values below.
    pub(crate) fn overlay(&mut self) -> &mut Overlay {
        &mut self.overlay
    }

    /// This block and its chain time.
    pub(crate) fn now(&self) -> Moment {
        Moment { height: Height(self.context.height), time: ChainTime(self.context.time_ms) }
    }

    /// The value under a key.
    pub(crate) fn find<T: BorshDeserialize>(&mut self, key: Key) -> Outcomes<Option<T>> {
        let Some(bytes) = self.overlay.get(key)? else { return Ok(None) };
        codec::decode(bytes, VALUE_MAX).map(Some).map_err(|_| Stop::Broken("a value is malformed"))
    }

    /// The value under a key that must have one.
    pub(crate) fn read<T: BorshDeserialize>(&mut self, key: Key) -> Outcomes<T> {
        self.find(key)?.ok_or(Stop::Broken("a value is not there"))
    }

    /// Puts a value under a key.
    pub(crate) fn write<T: BorshSerialize>(&mut self, key: Key, value: &T) {
        self.overlay.put(key, Some(codec::encode(value).into()));
    }

    /// Puts a value under a key that was never used, or whose value was removed: it need not be loaded.
    pub(crate) fn create<T: BorshSerialize>(&mut self, key: Key, value: &T) {
        self.overlay.create(key, codec::encode(value).into());
    }

    /// Leaves nothing under a key.
    pub(crate) fn remove(&mut self, key: Key) {
        self.overlay.put(key, None);
    }

    /// Stops unless all of these values are known: asks for many at once what would otherwise be asked one by one.
    pub(crate) fn require(&mut self, keys: impl IntoIterator<Item = Key>) -> Outcomes {
        let mut known = Ok(());
        for key in keys {
            known = self.overlay.get(key).map(|_| ()).and(known);
        }
        Ok(known?)
    }

    /// Checks the signature of the entry under way, unless that was done: an entry may be gone through more than once.
    pub(crate) fn prove(&mut self, check: impl FnOnce(&Genesis, ChainId) -> Result<(), Refusal>) -> Outcomes {
        if !self.scouting && !self.proven {
            check(&self.genesis, self.meta.chain)?;
            self.proven = true;
        }
        Ok(())
    }

    /// Notes what happened.
    pub(crate) fn tell(&mut self, event: ChainEvent) -> Outcomes {
        self.events.push(event).map_err(|_| Stop::Broken("more events than a block can have"))
    }

    /// Where things are now.
    pub(crate) fn point(&self) -> Point {
        Point {
            mark: self.overlay.mark(),
            meta: self.meta.clone(),
            events: self.events.len(),
            movements: self.movements.len(),
            evidence: self.evidence,
        }
    }

    /// Makes everything as it was at the point.
    pub(crate) fn undo(&mut self, point: Point) {
        self.overlay.undo(point.mark);
        self.meta = point.meta;
        let mut events = std::mem::take(&mut self.events).into_vec();
        events.truncate(point.events);
        self.events = List::truncated(events);
        self.movements.truncate(point.movements);
        self.evidence = point.evidence;
    }

    /// Does something wholly or not at all.
    pub(crate) fn wholly<T>(&mut self, part: impl FnOnce(&mut Self) -> Outcomes<T>) -> Outcomes<T> {
        let point = self.point();
        let done = part(self);
        if done.is_err() {
            self.undo(point);
        }
        done
    }

    /// Does something for each item. An item that needs values does not keep the others from saying what they need.
    pub(crate) fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut part: impl FnMut(&mut Self, T) -> Outcomes,
    ) -> Outcomes {
        let mut all = Ok(());
        for item in items {
            match self.wholly(|work| part(work, item)) {
                Err(Stop::Need) => all = Err(Stop::Need),
                done => done?,
            }
        }
        all
    }

    /// Leaves totals and events under their keys: the last thing a block does.
    pub(crate) fn close(&mut self) -> Outcomes {
        if self.meta.totals.sum() != self.genesis.supply() {
            return Err(Stop::Broken("money came or went"));
        }
        let (height, meta) = (self.now().height, self.meta.clone());
        let outcome = Outcome { height, events: self.events.clone() };
        self.keep_movements();
        self.write(state_key::outcome(height), &outcome);
        self.write(state_key::meta(), &meta);
        Ok(())
    }
}

/// What is true of the chain before its first block.
pub(crate) fn nothing(genesis: &Genesis, chain: ChainId) -> Meta {
    Meta {
        chain,
        height: Height(0),
        time: genesis.time,
        totals: Totals::default(),
        epoch: 0,
        params: genesis.params.clone(),
        compute_price: genesis.params.compute_price,
        used: 0,
        offered: 0,
        units_used: 0,
        units_offered: 0,
        settled: 0,
        seats: 0,
        led: List::default(),
        set: 0,
        set_size: 0,
        queue: Default::default(),
        live: 0,
        wanted: Default::default(),
        due_bucket: state_key::due_bucket(genesis.time),
        due_page: 0,
        workloads: 0,
        verified: 0,
        programs: 0,
    }
}
