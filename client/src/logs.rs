//! The logs of attempts, wherever they are: on the node that is asked, or on that of the attempt's prover.

use crate::{Client, ClientError, events::LogEvents};
use api::{LogEvent, Problem, Workload, WorkloadState, problem};
use bytes::Bytes;
use futures::StreamExt as _;
use std::time::Duration;
use types::WorkloadId;

/// How long to wait before asking again for a log that has not begun, or that broke off.
const PAUSE: Duration = Duration::from_millis(500);
/// Connections in a row that may break without a piece of the log.
const BREAKS_MAX: u32 = 10;

/// Something that is told while a log is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPart<'a> {
    /// A piece of it, missed bytes, or the end of an attempt.
    Event(&'a LogEvent),
    /// Another node than the one that was asked has it: the address that its prover declares.
    At(&'a str),
}

/// Takes what is told. False when it wants no more.
pub type Tell<'a> = &'a mut (dyn FnMut(LogPart<'_>) -> bool + Send);

/// Where one stands in the log of an attempt.
struct Place {
    attempt: u16,
    /// The id of the last piece.
    after: Option<String>,
    /// Where it is, if not at the node that was asked.
    node: Option<Client>,
    breaks: u32,
}

/// How reading for a while went.
#[derive(PartialEq, Eq)]
enum Went {
    /// To the end of the attempt's log.
    Ended,
    /// It may go on later.
    Waits,
    /// Nobody wants more.
    Left,
}

impl Client {
    /// What an attempt, counted from 1, has logged; the last one unless told. Where this node does not have it, the node of the
    /// attempt's prover is asked, at the address that it declares on the chain.
    ///
    /// # Errors
    /// `no-log` as a problem; otherwise as every request.
    pub async fn log_of_prover(&self, id: WorkloadId, attempt: Option<u16>) -> Result<Bytes, ClientError> {
        match self.log(id, attempt).await {
            Err(error) if error.code() == problem::LOG_ELSEWHERE.code => {
                let workload = self.workload(id).await?;
                let attempt = attempt.unwrap_or_else(|| last(&workload));
                self.node_of(&workload, attempt).await?.log(id, Some(attempt)).await
            }
            result => result,
        }
    }

    /// Follows what a workload's attempts log until there is a proof or the workload ends; of one attempt alone if it is named.
    /// Connections that break are made again, and go on where they were. The node of an attempt's prover is asked where this
    /// node is another.
    ///
    /// # Errors
    /// As every request; also where the prover's node cannot be reached.
    pub async fn follow_log(&self, id: WorkloadId, attempt: Option<u16>, tell: Tell<'_>) -> Result<(), ClientError> {
        let mut done = 0;
        let mut place: Option<Place> = None;
        loop {
            let workload = self.look(id).await?;
            let wanted = attempt.or_else(|| workload.as_ref().map(last)).filter(|wanted| *wanted > done);
            if let (Some(workload), Some(wanted)) = (&workload, wanted) {
                let current = place.take().filter(|place| place.attempt == wanted);
                let mut current = current.unwrap_or_else(|| Place::new(wanted));
                match self.read_on(workload, &mut current, tell).await? {
                    Went::Left => return Ok(()),
                    Went::Ended => done = wanted,
                    Went::Waits => place = Some(current),
                }
            }
            let caught_up =
                place.is_none() && workload.as_ref().is_some_and(|it| last(it) <= done || attempt.is_some());
            if caught_up && (attempt.is_some() || workload.is_some_and(|it| has_come_to_rest(it.state))) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Tells what there is of an attempt's log, for as long as it comes.
    async fn read_on(&self, workload: &Workload, place: &mut Place, tell: Tell<'_>) -> Result<Went, ClientError> {
        let node = place.node.clone().unwrap_or_else(|| self.clone());
        match node.log_events(workload.workload, Some(place.attempt), place.after.as_deref()).await {
            Ok(pieces) => place.hear(pieces, is_over(workload, place.attempt), tell).await,
            Err(error) if error.code() == problem::LOG_ELSEWHERE.code && place.node.is_none() => {
                let node = self.node_of(workload, place.attempt).await?;
                let heard = tell(LogPart::At(node.node()));
                place.node = Some(node);
                Ok(if heard { Went::Waits } else { Went::Left })
            }
            Err(error) if error.is_absent() => self.kept(workload, place, tell).await,
            Err(error) if error.is_passing() => place.broke(error),
            Err(error) => Err(error),
        }
    }

    /// The log that was kept of an attempt that is over; while it is not, the log may still begin.
    async fn kept(&self, workload: &Workload, place: &Place, tell: Tell<'_>) -> Result<Went, ClientError> {
        let (id, attempt) = (workload.workload, place.attempt);
        if !is_over(workload, attempt) {
            return Ok(Went::Waits);
        }
        let event = |event: &str, text| LogEvent { event: event.to_owned(), attempt, text, missed_bytes: None };
        let log = match &place.node {
            // Told already, as far as it was there to be told.
            _ if place.after.is_some() => None,
            Some(node) => absent(node.log(id, Some(attempt)).await)?,
            None => absent(self.log_of_prover(id, Some(attempt)).await)?,
        };
        let text = log.map(|bytes| event("text", Some(String::from_utf8_lossy(&bytes).into_owned())));
        let mut events = text.into_iter().chain([event("end", None)]);
        Ok(if events.all(|event| tell(LogPart::Event(&event))) { Went::Ended } else { Went::Left })
    }

    /// The node of an attempt's prover.
    async fn node_of(&self, workload: &Workload, attempt: u16) -> Result<Client, ClientError> {
        let made = workload.attempts.iter().find(|made| made.attempt == attempt);
        let none = |detail: String| ClientError::Problem(Box::new(Problem::new(problem::NO_LOG, detail)));
        let made = made.ok_or_else(|| none(format!("attempt {attempt} was not made")))?;
        let address = self.prover(made.prover).await?.address;
        if address.is_empty() {
            return Err(none(format!("prover {} declares no address to ask", made.prover)));
        }
        Client::new(&address)
    }
}

impl Place {
    const fn new(attempt: u16) -> Self {
        Self { attempt, after: None, node: None, breaks: 0 }
    }

    /// Tells piece after piece. The end counts once the chain knows of it: until then the attempt may be started again.
    async fn hear(&mut self, mut pieces: LogEvents, is_over: bool, tell: Tell<'_>) -> Result<Went, ClientError> {
        while let Some(piece) = pieces.next().await {
            let (event, after) = match piece {
                Ok(piece) => piece,
                Err(error) if error.is_passing() => return self.broke(error),
                Err(error) => return Err(error),
            };
            (self.after, self.breaks) = (Some(after), 0);
            if event.event == "end" && !is_over {
                return Ok(Went::Waits);
            }
            if !tell(LogPart::Event(&event)) {
                return Ok(Went::Left);
            }
            if event.event == "end" {
                return Ok(Went::Ended);
            }
        }
        self.broke(ClientError::Answer("the node ends the stream of the log again and again".to_owned()))
    }

    /// A connection broke off: it is made again, but not for ever in vain.
    fn broke(&mut self, error: ClientError) -> Result<Went, ClientError> {
        self.breaks += 1;
        if self.breaks <= BREAKS_MAX { Ok(Went::Waits) } else { Err(error) }
    }
}

/// Nothing, where the node says that there is nothing.
fn absent<T>(result: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

fn last(workload: &Workload) -> u16 {
    workload.attempts.last().map_or(0, |made| made.attempt)
}

/// Whether the chain shows that an attempt's program does not run any more.
fn is_over(workload: &Workload, attempt: u16) -> bool {
    let made = workload.attempts.iter().find(|made| made.attempt == attempt);
    workload.state.is_end() || made.is_some_and(|made| made.end.is_some() || made.announced.is_some())
}

/// Whether no further attempt begins, for all that is known.
const fn has_come_to_rest(state: WorkloadState) -> bool {
    state.is_end() || matches!(state, WorkloadState::Proved)
}
