//! An event stream that outlives its connections.

use crate::{
    Client, ClientError,
    events::{Events, Messages, read},
    sse::Message,
};
use api::{Event, GAP, LAGGED};
use futures::{StreamExt as _, stream};
use reqwest::Url;
use std::time::Duration;

/// How long to wait before a connection that ended is made again: a node that ends them all at once is not asked all the time.
const PAUSE: Duration = Duration::from_millis(200);

/// A stream, and where one stands in it.
pub(crate) struct Resuming {
    client: Client,
    url: Url,
    /// The id of the last event of the chain that was heard; empty before the first.
    after: String,
    messages: Messages,
    over: bool,
}

impl Resuming {
    /// Opens it.
    pub(crate) async fn begin(client: Client, url: Url, after: String) -> Result<Self, ClientError> {
        let messages = client.messages(&url, &after).await?;
        Ok(Self { client, url, after, messages, over: false })
    }

    /// What is heard, until the first error that does not pass.
    pub(crate) fn stream(self) -> Events {
        Box::pin(stream::unfold(self, async |mut it| Some((it.next().await?, it))))
    }

    async fn next(&mut self) -> Option<Result<(Event, String), ClientError>> {
        while !self.over {
            let heard = match self.messages.next().await {
                Some(Ok(message)) => self.take(message),
                Some(Err(error)) if !error.is_passing() => Err(error),
                None | Some(Err(_)) => self.again().await,
            };
            self.over = heard.is_err();
            if let Some(told) = heard.transpose() {
                return Some(told);
            }
        }
        None
    }

    /// The event of a message. That a listener was too slow is nothing to tell: the node ends the stream, and it is gone on with.
    fn take(&mut self, message: Message) -> Result<Option<(Event, String)>, ClientError> {
        let event: Event = read(&message)?;
        if !message.id.is_empty() {
            self.after = message.id;
        }
        Ok((event.event != LAGGED).then(|| (event, self.after.clone())))
    }

    /// Makes the connection again. Who has heard of no place of the chain cannot say where to go on: that is a gap.
    async fn again(&mut self) -> Result<Option<(Event, String)>, ClientError> {
        tokio::time::sleep(PAUSE).await;
        self.messages = self.client.messages(&self.url, &self.after).await?;
        let gap = || (Event { event: GAP.to_owned(), ..Event::default() }, String::new());
        Ok(self.after.is_empty().then(gap))
    }
}
