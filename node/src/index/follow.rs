//! Keeps the index up with the chain, on a thread of its own.

use super::{Index, replay::Replay, rows::Rows};
use crate::{
    feed::{Filter, Listener},
    host::{Desk, Host},
    state::{State, decode},
};
use api::{Event, LAGGED, Problem, problem};
use bytes::Bytes;
use ledger::Ledger;
use ports::{Engine, Key};
use std::{sync::Arc, thread, time::Duration};
use tokio::runtime::Handle;
use types::{
    Height,
    event::Outcome,
    record::Movements,
    state_key::{self, OUTCOMES_KEPT},
};

/// Blocks whose effects are read out of the state: as many as it keeps, but for those that it forgets meanwhile.
const READ_BACK: u64 = OUTCOMES_KEPT - 32;
/// Blocks that are written at once.
const BATCH: usize = 64;
/// How long to wait when the engine had no time.
const AGAIN: Duration = Duration::from_millis(500);
/// How long to wait when the disk refused.
const DISK_AGAIN: Duration = Duration::from_secs(5);

/// Follows the blocks of an engine until the event stream of its host ends. Blocks: it is for a thread of its own.
pub fn follow_index(engine: Arc<dyn Engine>, host: &Host, ledger: Ledger, runtime: &Handle) {
    let desk = host.0.clone();
    let (state, index) = (State(engine), desk.index.clone());
    let follower = Follower { state, desk, index, ledger, runtime };
    // The listener first: no block can come between the last that is read now and the first that is heard of.
    while let Some(mut listener) = follower.desk.feed.listen(Filter::default()) {
        if follower.catch_up().and_then(|()| follower.hear(&mut listener)).is_err() {
            return;
        }
    }
}

/// The node is stopping.
struct Stopped;

struct Follower<'a> {
    state: State,
    desk: Arc<Desk>,
    index: Arc<Index>,
    ledger: Ledger,
    runtime: &'a Handle,
}

/// What is known of a block.
enum Found {
    All(Rows),
    /// The state keeps what it did no longer.
    Forgotten,
    /// Nothing: the engine does not have it, or it cannot be read.
    Nothing,
}

impl Follower<'_> {
    /// Listens until the stream ends or was too fast.
    fn hear(&self, listener: &mut Listener) -> Result<(), Stopped> {
        while let Some(told) = self.runtime.block_on(listener.next()) {
            match &told.event {
                Event { event, .. } if event == LAGGED => return Ok(()),
                Event { event, .. } if event == "block" => self.catch_up()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Has every block written that the engine has applied.
    fn catch_up(&self) -> Result<(), Stopped> {
        loop {
            let (next, present) = (self.index.span().height + 1, self.state.0.status().height);
            if next > present {
                return Ok(());
            }
            let mut rows = Vec::new();
            let mut found = Found::Forgotten;
            if present - next < READ_BACK {
                for height in (next..=present).take(BATCH) {
                    found = self.find(height)?;
                    let Found::All(of) = found else { break };
                    rows.push(of);
                    found = Found::Nothing;
                }
            }
            match found {
                _ if !rows.is_empty() => self.write(&rows)?,
                Found::Forgotten => self.replay(next)?,
                _ => self.skip(next)?,
            }
        }
    }

    /// Executes the chain again from its first block, for all that the state has forgotten.
    fn replay(&self, next: u64) -> Result<(), Stopped> {
        tracing::info!(from = next, "the index reads old blocks: the chain is executed again beside the node");
        let mut replay = Replay::new(&self.ledger);
        let mut rows = Vec::new();
        loop {
            let height = replay.height + 1;
            // So far that the rest is read before the state forgets it.
            if height > next && self.state.0.status().height.saturating_sub(height) < READ_BACK / 2 {
                return self.write(&rows);
            }
            let Some(block) = self.block(height)? else {
                return self.skip_forgotten(height, "the engine does not have it");
            };
            if let Err(reason) = replay.block(&block) {
                return self.skip_forgotten(height, &reason);
            }
            if height >= next {
                let values = |key: Key| Ok(replay.get(&key));
                match gather(&block, height, values) {
                    Ok(Some(of)) => rows.push(of),
                    _ => return self.skip_forgotten(height, "it left nothing"),
                }
            }
            if rows.len() == BATCH {
                self.write(&rows)?;
                rows.clear();
            }
            if height.is_multiple_of(1024) {
                tracing::info!(height, "the index reads old blocks");
            }
        }
    }

    /// Gives up what can be known by execution alone.
    fn skip_forgotten(&self, height: u64, reason: &str) -> Result<(), Stopped> {
        tracing::error!(height, reason, "a block cannot be executed again: the index begins with what the state keeps");
        self.skip(self.state.0.status().height.saturating_sub(READ_BACK / 2).max(height))
    }

    fn block(&self, height: u64) -> Result<Option<ports::Block>, Stopped> {
        self.insist(height, || self.runtime.block_on(self.state.block(height)))
    }

    /// What the engine and its state know of a block.
    fn find(&self, height: u64) -> Result<Found, Stopped> {
        let Some(block) = self.block(height)? else { return Ok(Found::Nothing) };
        let read = |key: Key| {
            let (_, values) = self.runtime.block_on(self.state.raw(vec![key]))?;
            Ok(values.into_iter().next().flatten())
        };
        let found = self.insist(height, || gather(&block, height, read))?;
        // What was read before this was asked is of that block.
        let kept = self.state.0.status().height < height.saturating_add(OUTCOMES_KEPT);
        Ok(match found.flatten() {
            Some(rows) if kept => Found::All(rows),
            None if kept => Found::Nothing,
            _ => Found::Forgotten,
        })
    }

    /// Asks the engine until it has time. None where it does not have it, or it cannot be read.
    fn insist<T>(&self, height: u64, ask: impl Fn() -> Result<T, Problem>) -> Result<Option<T>, Stopped> {
        loop {
            match ask() {
                Ok(answer) => return Ok(Some(answer)),
                Err(problem) if problem.code == problem::STOPPED.code => return Err(Stopped),
                Err(problem) if [problem::BUSY, problem::TIMEOUT].iter().any(|kind| kind.code == problem.code) => {
                    tracing::debug!(%problem, height, "a block is read again");
                    self.pause(AGAIN)?;
                }
                Err(problem) => {
                    tracing::error!(%problem, height, "a block cannot be read into the index");
                    return Ok(None);
                }
            }
        }
    }

    fn write(&self, rows: &[Rows]) -> Result<(), Stopped> {
        let last = rows.last().map_or(0, |rows| rows.height);
        let begun = rows.first().map_or(0, |rows| rows.height);
        while let Err(error) = self.index.write(rows) {
            tracing::error!(%error, height = last, "the index cannot be written");
            if self.index.span().height + 1 != begun {
                return Ok(());
            }
            self.pause(DISK_AGAIN)?;
        }
        Ok(())
    }

    fn skip(&self, height: u64) -> Result<(), Stopped> {
        while let Err(error) = self.index.skip(height) {
            tracing::error!(%error, height, "the index cannot be written");
            self.pause(DISK_AGAIN)?;
        }
        Ok(())
    }

    /// Waits, unless the node is stopping.
    fn pause(&self, time: Duration) -> Result<(), Stopped> {
        let end = std::time::Instant::now() + time;
        while std::time::Instant::now() < end {
            if self.desk.feed.listen(Filter::default()).is_none() {
                return Err(Stopped);
            }
            thread::sleep(AGAIN.min(time));
        }
        Ok(())
    }
}

/// A block with what it left under the keys of its height. None where that is another block's, or the block cannot be read.
fn gather(
    block: &ports::Block,
    height: u64,
    get: impl Fn(Key) -> Result<Option<Bytes>, Problem>,
) -> Result<Option<Rows>, Problem> {
    let Some(outcome) = get(state_key::outcome(Height(height)))? else { return Ok(None) };
    let outcome: Outcome = decode(&outcome)?;
    if outcome.height != Height(height) {
        return Ok(None);
    }
    let mut movements = Vec::new();
    for number in 0.. {
        let Some(page) = get(state_key::movements(Height(height), number))? else { break };
        let page: Movements = decode(&page)?;
        // A block that moved nothing leaves what another one left there.
        if page.height != Height(height) {
            break;
        }
        movements.extend(page.entries.iter().copied());
        if !page.more {
            break;
        }
    }
    Ok(Rows::new(block, outcome, movements))
}
