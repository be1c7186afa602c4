//! The event stream: Server-Sent Events.

use super::{
    Asked, Gateway,
    extract::{Asking, bad},
    failure::{Answer, Failure},
};
use crate::feed::{Filter, Listener, Told, Unknown};
use api::{Place, problem};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use types::{AccountId, WorkloadId};

/// How often a stream without events shows that it lives.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How many blocks ahead of this node's last a listener may have heard of elsewhere.
const AHEAD_MAX: u64 = 1024;
/// How many older events a listener that comes back is told.
const MISSED_MAX: usize = 8 * 1024;

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
    let listener = listener(&gateway, Filter { workload, account, prover }, heard).await.ok_or_else(stopping)?;
    let events = futures::stream::unfold((listener, permit), |(mut listener, permit)| async move {
        let told = listener.next().await?;
        Some((Ok(event(&told)), (listener, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What the listener heard last.
fn heard(headers: &HeaderMap) -> Answer<Option<Place>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let place = value.to_str().ok().and_then(|text| text.parse().ok());
    place.map(Some).ok_or_else(|| bad(&"Last-Event-ID is none of this stream: a height and a number, as in 71-0"))
}

/// A listener that first hears what it missed.
async fn listener(gateway: &Gateway, filter: Filter, heard: Option<Place>) -> Option<Listener> {
    let feed = &gateway.desk.feed;
    let Some(heard) = heard else { return feed.listen(filter) };
    if heard.height > gateway.state.0.status().height.saturating_add(AHEAD_MAX) {
        return Some(feed.listen(filter)?.catch_up(None));
    }
    let (listener, unknown) = feed.resume(filter, heard)?;
    let Some(Unknown { after, until }) = unknown else { return Some(listener) };
    let missed = gateway.desk.index.told(after, until, filter, MISSED_MAX).await;
    Some(listener.catch_up(missed.unwrap_or_else(|problem| {
        tracing::warn!(%problem, "what a listener missed cannot be read");
        None
    })))
}

fn event(told: &Told) -> Event {
    // Plain values: they cannot fail to be written, and hold no line breaks outside of strings.
    let data = serde_json::to_string(&told.event).unwrap_or_default();
    let event = Event::default().event(&told.event.event).data(data);
    // Without an id a listener keeps that of the last event that it heard.
    told.place.iter().fold(event, |event, place| event.id(place.to_string()))
}
