//! The execution of one block: what is due, beacons, messages of provers, settlements, transactions, new draws.
//!
//! Each entry takes effect wholly or not at all. One that needs values that are not loaded is undone; the rest of the block is
//! then gone through once, *scouting*, only to learn what else will be needed, so that a block takes as many rounds of loading
//! as its values depend on each other, not as many as it has entries.

use crate::{
    attempt, beacon, declared,
    due::{self, Progress},
    epoch, fixing, genesis, heartbeat, offence, settlement, transaction,
    work::{Outcomes, Stop, Work, nothing},
};
use bytes::Bytes;
use ports::{BlockContext, Execution, Loaded, Mode, Step};
use std::sync::Arc;
use types::{Body, ChainId, Genesis};

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Due(Progress),
    Beacon(usize),
    Message(usize),
    Settlement(usize),
    Evidence(usize),
    Heartbeat(usize),
    Transaction(usize),
    Close,
    Closed,
}

impl Stage {
    /// What follows when this is left out.
    const fn skipped(self) -> Self {
        match self {
            Self::Due(_) => Self::Beacon(0),
            Self::Beacon(index) => Self::Beacon(index.saturating_add(1)),
            Self::Message(index) => Self::Message(index.saturating_add(1)),
            Self::Settlement(index) => Self::Settlement(index.saturating_add(1)),
            Self::Evidence(index) => Self::Evidence(index.saturating_add(1)),
            Self::Heartbeat(index) => Self::Heartbeat(index.saturating_add(1)),
            Self::Transaction(index) => Self::Transaction(index.saturating_add(1)),
            Self::Open | Self::Close | Self::Closed => Self::Closed,
        }
    }

    const fn is_entry(self) -> bool {
        !matches!(self, Self::Open | Self::Due(_) | Self::Close | Self::Closed)
    }
}

/// The execution of one block.
pub(crate) struct BlockExecution {
    mode: Mode,
    /// As given.
    bytes: Bytes,
    body: Body,
    /// What is kept of it.
    kept: Body,
    work: Work,
    stage: Stage,
    malformed: Option<String>,
}

impl BlockExecution {
    /// Begins to execute a block.
    pub(crate) fn new(genesis: Arc<Genesis>, chain: ChainId, context: BlockContext, bytes: Bytes, mode: Mode) -> Self {
        let (body, malformed) = match decode(&bytes, mode) {
            Ok(body) => (body, None),
            Err(malformed) => (Body::default(), Some(malformed)),
        };
        let meta = nothing(&genesis, chain);
        let work = Work::new(genesis, context, meta);
        Self { mode, bytes, body, kept: Body::default(), work, stage: Stage::Open, malformed }
    }

    /// Goes on until values are missing or the block is done.
    fn run(&mut self) -> Outcomes {
        while self.stage != Stage::Closed {
            self.work.proven = self.mode == Mode::Final || self.work.proven;
            let (stage, body) = (self.stage, &self.body);
            match self.work.wholly(|work| perform(work, body, stage)) {
                Ok(next) => self.pass(next),
                Err(Stop::Refused(_)) if self.mode == Mode::Build && stage.is_entry() => self.stage = stage.skipped(),
                Err(stop) => return Err(stop),
            }
            self.work.proven = false;
        }
        Ok(())
    }

    /// Keeps the entry that took effect, and goes on.
    fn pass(&mut self, next: Stage) {
        if self.mode == Mode::Build {
            keep(&mut self.kept, &self.body, self.stage, next);
        }
        self.stage = next;
    }

    /// Goes through the rest of the block, of which nothing stays, to learn which values it needs.
    fn scout(&mut self) {
        let (point, body) = (self.work.point(), &self.body);
        self.work.scouting = true;
        let mut stage = self.stage;
        while stage != Stage::Closed {
            stage = self.work.wholly(|work| perform(work, body, stage)).unwrap_or(stage.skipped());
        }
        self.work.scouting = false;
        self.work.undo(point);
    }

    fn need(&mut self) -> Step {
        self.scout();
        let missing = self.work.overlay().take_missing();
        if missing.is_empty() {
            Step::Invalid("nothing is missing and yet it is".to_owned())
        } else {
            Step::Need(missing)
        }
    }

    fn done(&mut self) -> Step {
        let body = if self.mode == Mode::Build { self.kept.encode().into() } else { self.bytes.clone() };
        Step::Done { body, changes: self.work.overlay().changes() }
    }

    /// Where in the block something stopped.
    fn at(&self, stop: &Stop) -> String {
        match self.stage {
            Stage::Beacon(index) => format!("beacon {index}: {stop}"),
            Stage::Message(index) => format!("message {index}: {stop}"),
            Stage::Settlement(index) => format!("settlement {index}: {stop}"),
            Stage::Evidence(index) => format!("evidence {index}: {stop}"),
            Stage::Heartbeat(index) => format!("heartbeat {index}: {stop}"),
            Stage::Transaction(index) => format!("transaction {index}: {stop}"),
            Stage::Open | Stage::Due(_) | Stage::Close | Stage::Closed => stop.to_string(),
        }
    }
}

impl Execution for BlockExecution {
    fn step(&mut self, loaded: Loaded) -> Step {
        if let Some(malformed) = &self.malformed {
            return Step::Invalid(malformed.clone());
        }
        self.work.overlay().load(loaded);
        if self.work.overlay().lacks() {
            return Step::Invalid("values that were asked for did not come".to_owned());
        }
        match self.run() {
            Ok(()) => self.done(),
            Err(Stop::Need) => self.need(),
            Err(stop) => Step::Invalid(self.at(&stop)),
        }
    }
}

/// One line for each kind of thing in a block; returns what comes next.
fn perform(work: &mut Work, body: &Body, stage: Stage) -> Outcomes<Stage> {
    match stage {
        Stage::Open => open(work, body).map(|()| Stage::Due(Progress::default())),
        Stage::Due(progress) => Ok(due::next(work, progress)?.map_or(Stage::Beacon(0), Stage::Due)),
        Stage::Beacon(i) => entry(work, body.beacons.get(i), beacon::take, stage, Stage::Message(0)),
        Stage::Message(i) => entry(work, body.messages.get(i), attempt::take, stage, Stage::Settlement(0)),
        Stage::Settlement(i) => entry(work, body.settlements.get(i), settlement::take, stage, Stage::Evidence(0)),
        Stage::Evidence(i) => entry(work, body.evidence.get(i), offence::take, stage, Stage::Heartbeat(0)),
        Stage::Heartbeat(i) => entry(work, body.heartbeats.get(i), heartbeat::take, stage, Stage::Transaction(0)),
        Stage::Transaction(i) => entry(work, body.transactions.get(i), transaction::take, stage, Stage::Close),
        Stage::Close => close(work).map(|()| Stage::Closed),
        Stage::Closed => Ok(Stage::Closed),
    }
}

fn entry<T>(
    work: &mut Work,
    entry: Option<&T>,
    take: impl FnOnce(&mut Work, &T) -> Outcomes,
    stage: Stage,
    end: Stage,
) -> Outcomes<Stage> {
    let Some(entry) = entry else { return Ok(end) };
    take(work, entry)?;
    Ok(stage.skipped())
}

fn open(work: &mut Work, body: &Body) -> Outcomes {
    work.require(declared::keys(&work.genesis.clone(), &work.context.clone(), body))?;
    genesis::open(work)?;
    epoch::open(work)?;
    let more = declared::more(work, body);
    work.require(more)
}

fn close(work: &mut Work) -> Outcomes {
    epoch::led(work)?;
    fixing::fix_draws(work)?;
    work.close()
}

/// Decodes a body. No bytes at all are no candidates, where there are only candidates.
fn decode(bytes: &Bytes, mode: Mode) -> Result<Body, String> {
    if mode == Mode::Build && bytes.is_empty() {
        return Ok(Body::default());
    }
    let body = Body::decode(bytes).map_err(|error| format!("its body is not canonical: {error}"))?;
    if mode == Mode::Candidate && body.encode() != **bytes {
        return Err("its body is not canonical".to_owned());
    }
    Ok(body)
}

/// Puts the entry that took effect into the body that is kept. There is room: it was taken from one of the same bounds.
fn keep(kept: &mut Body, body: &Body, stage: Stage, next: Stage) {
    let fits = match (stage, next) {
        (Stage::Beacon(i), Stage::Beacon(_)) => body.beacons.get(i).map(|entry| kept.beacons.push(*entry)),
        (Stage::Message(i), Stage::Message(_)) => body.messages.get(i).map(|entry| kept.messages.push(entry.clone())),
        (Stage::Settlement(i), Stage::Settlement(_)) => {
            body.settlements.get(i).map(|entry| kept.settlements.push(entry.clone()))
        }
        (Stage::Evidence(i), Stage::Evidence(_)) => body.evidence.get(i).map(|entry| kept.evidence.push(entry.clone())),
        (Stage::Heartbeat(i), Stage::Heartbeat(_)) => {
            body.heartbeats.get(i).map(|entry| kept.heartbeats.push(entry.clone()))
        }
        (Stage::Transaction(i), Stage::Transaction(_)) => {
            body.transactions.get(i).map(|entry| kept.transactions.push(entry.clone()))
        }
        _ => None,
    };
    debug_assert!(fits.is_none_or(|fits| fits.is_ok()));
}
