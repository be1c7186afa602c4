//! The event stream of a node.

use crate::{
    Client, ClientError,
    client::Content,
    retry::retrying,
    sse::{Message, Parser},
};
use api::{Event, paths};
use futures::{Stream, stream};
use reqwest::{Method, Response};
use std::{collections::VecDeque, pin::Pin};
use types::WorkloadId;

/// What happens, as it happens. Ends when the connection does, or after an event named [`api::LAGGED`]: what was missed must be
/// asked for.
pub type Events = Pin<Box<dyn Stream<Item = Result<Event, ClientError>> + Send>>;

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
        let listener =
            Listener { client: self.clone(), response, parser: Parser::default(), ready: VecDeque::new(), over: false };
        Ok(Box::pin(stream::unfold(listener, Listener::next)))
    }
}

struct Listener {
    client: Client,
    response: Response,
    parser: Parser,
    ready: VecDeque<Message>,
    over: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Event, ClientError>, Self)> {
        loop {
            if self.over {
                return None;
            }
            if let Some(message) = self.ready.pop_front() {
                let event = read(&message);
                self.over = event.is_err();
                return Some((event, self));
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

fn read(message: &Message) -> Result<Event, ClientError> {
    serde_json::from_str(&message.data).map_err(|error| ClientError::Answer(format!("an event: {error}")))
}
