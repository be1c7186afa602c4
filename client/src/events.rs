//! The event streams of a node: what happens, and what an attempt logs.

use crate::{
    Client, ClientError, EventFilter,
    resuming::Resuming,
    retry::retrying,
    sse::{Message, Parser},
};
use api::{Event, LogEvent, paths};
use futures::{Stream, StreamExt as _, stream};
use reqwest::{Response, Url};
use serde::de::DeserializeOwned;
use std::{collections::VecDeque, pin::Pin};
use types::WorkloadId;

/// What happens, as it happens: each event with the id to go on after, which is that of the last event of the chain, and empty
/// before the first. A connection that breaks is made again and goes on where it was. Where not all that was missed is known,
/// the next event is named [`api::GAP`]: ask for what matters. Ends after an error, when the node cannot be reached any more.
pub type Events = Pin<Box<dyn Stream<Item = Result<(Event, String), ClientError>> + Send>>;

/// A log as it grows: each piece with the id to go on after. Ends after an event named `end`, or when the connection does.
pub type LogEvents = Pin<Box<dyn Stream<Item = Result<(LogEvent, String), ClientError>> + Send>>;

impl Client {
    /// Listens to what happens, from now on or after the event with the id `after`, which may come from another node. The stream
    /// has begun when this returns.
    ///
    /// # Errors
    /// `too-many-requests` as a problem; otherwise as every request.
    pub async fn events(&self, filter: EventFilter, after: Option<&str>) -> Result<Events, ClientError> {
        let query = filter.query();
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = self.at(paths::EVENTS, &query)?;
        Ok(Resuming::begin(self.clone(), url, after.unwrap_or_default().to_owned()).await?.stream())
    }

    /// Listens to what an attempt, counted from 1, logs; the last one unless told. Goes on after the piece with the id `after`, or
    /// begins with all that the node still has. Only the node of the attempt's prover has it: see [`Client::follow_log`].
    ///
    /// # Errors
    /// `log-elsewhere`, `no-log` and `too-many-requests` as problems; otherwise as every request.
    pub async fn log_events(
        &self,
        id: WorkloadId,
        attempt: Option<u16>,
        after: Option<&str>,
    ) -> Result<LogEvents, ClientError> {
        let attempt = attempt.map(|attempt| attempt.to_string());
        let query: Vec<_> = attempt.iter().map(|attempt| ("attempt", attempt.as_str())).collect();
        let url = self.at(&paths::fill(paths::LOG_EVENTS, &id), &query)?;
        let messages = self.messages(&url, after.unwrap_or_default()).await?;
        Ok(Box::pin(messages.map(|message| message.and_then(with_id))))
    }

    /// The messages of a stream after the one with the id `after`, until the first error or its end.
    pub(crate) async fn messages(&self, url: &Url, after: &str) -> Result<Messages, ClientError> {
        let open = || async {
            let request = self.http().get(url.clone());
            let request = if after.is_empty() { request } else { request.header("last-event-id", after) };
            let response = request.send().await.map_err(|error| self.unreachable(&error))?;
            self.success(response).await
        };
        let (client, response) = (self.clone(), retrying(open).await?);
        let listener = Listener { client, response, parser: Parser::default(), ready: VecDeque::new(), over: false };
        Ok(Box::pin(stream::unfold(listener, Listener::next)))
    }
}

/// The messages of one connection.
pub(crate) type Messages = Pin<Box<dyn Stream<Item = Result<Message, ClientError>> + Send>>;

struct Listener {
    client: Client,
    response: Response,
    parser: Parser,
    ready: VecDeque<Message>,
    over: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Message, ClientError>, Self)> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some((Ok(message), self));
            }
            if self.over {
                return None;
            }
            match self.more().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.over = true;
                    return Some((Err(error), self));
                }
            }
        }
    }

    /// Reads on; false at the end of the stream.
    async fn more(&mut self) -> Result<bool, ClientError> {
        let part = self.response.chunk().await.map_err(|error| self.client.unreachable(&error))?;
        let Some(part) = part else { return Ok(false) };
        let messages = self.parser.feed(&part).map_err(|error| ClientError::Answer(error.to_string()))?;
        self.ready.extend(messages);
        Ok(true)
    }
}

fn with_id(message: Message) -> Result<(LogEvent, String), ClientError> {
    Ok((read(&message)?, message.id))
}

pub(crate) fn read<T: DeserializeOwned>(message: &Message) -> Result<T, ClientError> {
    serde_json::from_str(&message.data).map_err(|error| ClientError::Answer(format!("an event: {error}")))
}
