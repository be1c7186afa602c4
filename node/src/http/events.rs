//! The event stream: Server-Sent Events.

use super::{
    Asked, Gateway,
    extract::{Asking, bad},
    failure::{Answer, Failure},
};
use crate::{
    feed::{Filter, Listener, Told, Unknown},
    index::Index,
};
use api::{Place, problem};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use types::{AccountId, WorkloadId};

/// How often a stream without events shows that it lives.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How many blocks ahead of this node's last a listener may have heard of elsewhere.
const AHEAD_MAX: u64 = 1024;
/// How many older events are read at once for a listener that comes back: what a slow reader holds.
const PAGE: usize = 128;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    workload: Option<WorkloadId>,
    account: Option<AccountId>,
    prover: Option<AccountId>,
}

pub(super) async fn stream(
    State(gateway): Asked,
    Asking(which): Asking<Which>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let Which { workload, account, prover } = which;
    let heard = heard(&headers)?;
    let busy = |_| Failure::new(problem::TOO_MANY, "this node has as many listeners as it may");
    let permit = gateway.streams.clone().try_acquire_owned().map_err(busy)?;
    let stopping = || Failure::new(problem::STOPPED, "the node is stopping");
    let listening = Listening::begin(&gateway, Filter { workload, account, prover }, heard).ok_or_else(stopping)?;
    let events = futures::stream::unfold((listening, permit), |(mut listening, permit)| async move {
        let told = listening.next().await?;
        Some((Ok(event(&told)), (listening, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What the listener heard last.
fn heard(headers: &HeaderMap) -> Answer<Option<Place>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let place = value.to_str().ok().and_then(|text| text.parse().ok());
    place.map(Some).ok_or_else(|| bad(&"Last-Event-ID is none of this stream: a height and a number, as in 71-0"))
}

/// A listener that first hears what it missed: what the feed no longer knows, the index does.
struct Listening {
    index: Arc<Index>,
    filter: Filter,
    listener: Listener,
    /// What was read and not told yet.
    page: VecDeque<Arc<Told>>,
    /// What is to be read.
    missed: Option<Unknown>,
}

impl Listening {
    /// None once the node is stopping.
    fn begin(gateway: &Gateway, filter: Filter, heard: Option<Place>) -> Option<Self> {
        let (feed, index) = (&gateway.desk.feed, gateway.desk.index.clone());
        let ahead = gateway.state.0.status().height.saturating_add(AHEAD_MAX);
        let mut page = VecDeque::new();
        let (listener, missed) = match heard {
            None => (feed.listen(filter)?, None),
            Some(heard) if heard.height > ahead => {
                page.push_back(gap());
                (feed.listen(filter)?, None)
            }
            Some(heard) => feed.resume(filter, heard)?,
        };
        Some(Self { index, filter, listener, page, missed })
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Arc<Told>> {
        loop {
            if let Some(told) = self.page.pop_front() {
                told.place.into_iter().for_each(|place| self.listener.heard(place));
                return Some(told);
            }
            let Some(missed) = self.missed.take() else { return self.listener.next().await };
            self.read(missed).await;
        }
    }

    async fn read(&mut self, Unknown { after, until }: Unknown) {
        let read = self.index.told(after, until, self.filter, PAGE).await.unwrap_or_else(|problem| {
            tracing::warn!(%problem, "what a listener missed cannot be read");
            None
        });
        let Some(read) = read else { return self.page.push_back(gap()) };
        if read.len() == PAGE {
            let last = read.last().and_then(|told| told.place);
            self.missed = last.map(|after| Unknown { after, until });
        }
        self.page.extend(read.into_iter().map(Arc::new));
    }
}

/// Not all that was missed is known.
fn gap() -> Arc<Told> {
    Told::aside(api::Event::gap())
}

fn event(told: &Told) -> Event {
    // Plain values: they cannot fail to be written, and hold no line breaks outside of strings.
    let data = serde_json::to_string(&told.event).unwrap_or_default();
    let event = Event::default().event(&told.event.event).data(data);
    // Without an id a listener keeps that of the last event that it heard.
    told.place.iter().fold(event, |event, place| event.id(place.to_string()))
}
