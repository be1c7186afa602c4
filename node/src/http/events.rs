//! The event stream: Server-Sent Events.

use super::{
    Asked,
    extract::Asking,
    failure::{Answer, Failure},
};
use crate::feed::Told;
use api::problem;
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use types::WorkloadId;

/// How often a stream without events shows that it lives.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    workload: Option<WorkloadId>,
}

pub(super) async fn stream(
    State(gateway): Asked,
    Asking(which): Asking<Which>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let busy = |_| Failure::new(problem::TOO_MANY, "this node has as many listeners as it may");
    let permit = gateway.streams.clone().try_acquire_owned().map_err(busy)?;
    let stopping = || Failure::new(problem::STOPPED, "the node is stopping");
    let listener = gateway.desk.feed.listen(which.workload).ok_or_else(stopping)?;
    let events = futures::stream::unfold((listener, permit), |(mut listener, permit)| async move {
        let told = listener.next().await?;
        Some((Ok(event(&told)), (listener, permit)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(told: &Told) -> Event {
    // Plain values: they cannot fail to be written, and hold no line breaks outside of strings.
    let data = serde_json::to_string(&told.event).unwrap_or_default();
    Event::default().event(&told.event.event).id(told.number.to_string()).data(data)
}
