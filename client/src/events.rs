//! The event streams of a node: what happens, and what an attempt logs.

use crate::{
    Client, ClientError,
    client::Content,
    retry::retrying,
    sse::{Message, Parser},
};
use api::{Event, LogEvent, paths};
use futures::{Stream, StreamExt as _, stream};
use reqwest::{Method, Response};
use serde::de::DeserializeOwned;
use std::{collections::VecDeque, pin::Pin};
use types::WorkloadId;

/// What happens, as it happens. Ends when the connection does, or after an event named [`api::LAGGED`]: what was missed must be
/// asked for.
pub type Events = Pin<Box<dyn Stream<Item = Result<Event, ClientError>> + Send>>;

/// A log as it grows: each piece with the id to go on after. Ends after an event named `end`, or when the connection does.
pub type LogEvents = Pin<Box<dyn Stream<Item = Result<(LogEvent, String), ClientError>> + Send>>;

impl Client {
    /// Listens to the node, to one workload or to everything. The stream has begun when this returns.
    ///
    /// # Errors
    /// `too-many-requests` as a problem; otherwise as every request.
    pub async fn events(&self, workload: Option<WorkloadId>) -> Result<Events, ClientError> {
        let workload = workload.map(|id| id.to_string());
        let query: Vec<_> = workload.iter().map(|id| ("workload", id.as_str())).collect();
        let nothing = Content::None;
        let response = retrying(|| self.send(&Method::GET, paths::EVENTS, &query, &nothing)).await?;
        Ok(Box::pin(messages(self.clone(), response).map(|message| message.and_then(|it| read::<Event>(&it)))))
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
        let open = || async {
            let request = self.http().get(url.clone());
            let request = after.into_iter().fold(request, |request, after| request.header("last-event-id", after));
            let response = request.send().await.map_err(|error| self.unreachable(&error))?;
            self.success(response).await
        };
        let response = retrying(open).await?;
        Ok(Box::pin(messages(self.clone(), response).map(|message| message.and_then(with_id))))
    }
}

/// The messages of an answer, until the first error.
fn messages(client: Client, response: Response) -> impl Stream<Item = Result<Message, ClientError>> + Send {
    let listener = Listener { client, response, parser: Parser::default(), ready: VecDeque::new(), over: false };
    stream::unfold(listener, Listener::next)
}

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

fn read<T: DeserializeOwned>(message: &Message) -> Result<T, ClientError> {
    serde_json::from_str(&message.data).map_err(|error| ClientError::Answer(format!("an event: {error}")))
}
