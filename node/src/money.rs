//! How final blocks move money: read out of the state, where it is kept for the latest blocks, into the index.

use crate::{
    feed::{Filter, Listener},
    host::{Desk, Host},
    state::State,
};
use api::{Event, LAGGED, Problem, problem};
use ports::{Engine, Header};
use std::{sync::Arc, time::Duration};
use types::{
    Height,
    record::{Movement, Movements},
    state_key::{self, OUTCOMES_KEPT},
};

/// Blocks before the present one that are read at a start: as many as the state keeps, but for those that it forgets meanwhile.
const READ_BACK: u64 = OUTCOMES_KEPT - 32;
/// How long to wait when the engine had no time.
const AGAIN: Duration = Duration::from_millis(500);

/// Follows the blocks of an engine until the event stream of its host ends, and tells the index how they move money.
pub async fn follow_money(engine: Arc<dyn Engine>, host: &Host) {
    let (state, desk) = (State(engine), host.0.clone());
    let last = state.0.status().height;
    let mut reader = Reader { state, desk, next: last.saturating_sub(READ_BACK).max(1) };
    // The listener first: no block can come between the last that is read now and the first that is heard of.
    while let Some(mut listener) = reader.desk.feed.listen(Filter::default()) {
        let present = reader.state.0.status().height;
        reader.up_to(present, None).await;
        reader.hear(&mut listener).await;
    }
}

fn is_passing(problem: &Problem) -> bool {
    [problem::BUSY, problem::TIMEOUT].iter().any(|kind| kind.code == problem.code)
}

struct Reader {
    state: State,
    desk: Arc<Desk>,
    /// The next block.
    next: u64,
}

impl Reader {
    /// Listens until the stream ends or was too fast.
    async fn hear(&mut self, listener: &mut Listener) {
        while let Some(told) = listener.next().await {
            match &told.event {
                Event { event, .. } if event == LAGGED => return,
                Event { event, height: Some(height), time_ms, .. } if event == "block" => {
                    self.up_to(*height, time_ms.map(|time| (*height, time))).await;
                }
                _ => {}
            }
        }
    }

    /// Reads every block up to a height. Of one block the time may be known.
    async fn up_to(&mut self, height: u64, known: Option<(u64, u64)>) {
        while self.next <= height {
            let known = known.filter(|(of, _)| *of == self.next).map(|(_, time)| time);
            match self.read(self.next, known).await {
                Ok(Some((time, movements))) => self.desk.index().move_money(self.next, time, &movements),
                // The state does not say any more: what follows begins anew.
                Ok(None) => {}
                Err(problem) if is_passing(&problem) => {
                    tracing::debug!(%problem, height = self.next, "movements are read again");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
                Err(problem) if problem.code == problem::STOPPED.code => return,
                Err(problem) => tracing::error!(%problem, height = self.next, "movements cannot be read"),
            }
            self.next += 1;
        }
    }

    /// When a block was and how it moved money; none if the state has forgotten.
    async fn read(&self, height: u64, known: Option<u64>) -> Result<Option<(u64, Vec<Movement>)>, Problem> {
        let mut all = Vec::new();
        for number in 0.. {
            let key = state_key::movements(Height(height), number);
            let (at, page) = self.state.get::<Movements>(key).await?;
            if at >= height.saturating_add(OUTCOMES_KEPT) {
                return Ok(None);
            }
            // A block that moved nothing leaves what another one left there.
            let Some(page) = page.filter(|page| page.height == Height(height)) else { break };
            all.extend(page.entries.iter().copied());
            if !page.more {
                break;
            }
        }
        let time = match known {
            Some(time) => Some(time),
            None if all.is_empty() => Some(0),
            None => self.time(height).await?,
        };
        Ok(time.map(|time| (time, all)))
    }

    /// The chain time of a block, if the engine has it.
    async fn time(&self, height: u64) -> Result<Option<u64>, Problem> {
        match self.state.block(height).await {
            Ok(block) => Ok(Header::decode(&block.header).ok().map(|header| header.time_ms)),
            Err(problem) if problem.code == problem::NOT_FOUND.code => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
