//! The logs of attempts. A log is as public as the proof: whoever can ask this node may read it, while it runs and afterwards.

use super::{
    Asked, Gateway,
    blobs::{absent as blob_absent, bytes, whole},
    extract::{Asking, Named, bad},
    failure::{Answer, Failure},
    results::workload,
};
use crate::logs::{Piece, Reader};
use api::{LogEvent, Problem, paths, problem};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::Stream;
use serde::Deserialize;
use std::convert::Infallible;
use types::{AttemptEnd, BlobId, Workload, WorkloadId, record, state_key, workload::Attempt};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    attempt: Option<u16>,
}

/// The log of an attempt: as it was kept at its end, or as far as it has come.
pub(super) async fn log(
    State(gateway): Asked,
    Named(id): Named<WorkloadId>,
    Asking(which): Asking<Which>,
) -> Answer<Response> {
    let workload = workload(&gateway, id).await?;
    let attempt = which.attempt.unwrap_or_else(|| last(&workload));
    let of_chain = made(&workload, attempt).and_then(|made| match made.end.as_ref() {
        Some((_, AttemptEnd::Failed(fail))) => fail.log.map(|(blob, _)| blob),
        _ => None,
    });
    let own = gateway.desk.mempool().log(id, attempt);
    if let Some(blob) = of_chain.or(own)
        && let Some(response) = whole(&gateway.desk.store, blob).await?
    {
        return Ok(marked(response, false));
    }
    if let Some((now, runs)) = gateway.desk.logs.now(id, attempt) {
        let blob = BlobId::of(&now);
        return Ok(marked(bytes(Body::from(now), blob), runs));
    }
    let problem = elsewhere(&gateway, &workload, attempt).await?;
    Err(Failure(of_chain.filter(|_| problem.code == problem::NO_LOG.code).map_or(problem, blob_absent)))
}

/// Which log is an attempt's can still change.
fn marked(mut response: Response, runs: bool) -> Response {
    let word = if runs { "running" } else { "ended" };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static(paths::LOG_HEADER), HeaderValue::from_static(word));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The log of an attempt as it grows.
pub(super) async fn follow(
    State(gateway): Asked,
    Named(id): Named<WorkloadId>,
    Asking(which): Asking<Which>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let heard = heard(&headers)?;
    let attempt = which.attempt.or(heard.map(|(attempt, _)| attempt));
    let place = heard.filter(|(of, _)| Some(*of) == attempt).map_or(0, |(_, place)| place);
    let busy = |_| Failure::new(problem::TOO_MANY, "this node has as many listeners as it may");
    let permit = gateway.streams.clone().try_acquire_owned().map_err(busy)?;
    let Some((attempt, reader)) = gateway.desk.logs.read(id, attempt, place) else {
        let workload = workload(&gateway, id).await?;
        let attempt = attempt.unwrap_or_else(|| last(&workload));
        return Err(Failure(elsewhere(&gateway, &workload, attempt).await?));
    };
    let pieces = futures::stream::unfold((Some(reader), permit), move |(reader, permit)| async move {
        let (piece, reader) = next(reader?).await?;
        Some((Ok(event(attempt, piece)), (reader, permit)))
    });
    Ok(Sse::new(pieces).keep_alive(KeepAlive::new().interval(super::events::KEEP_ALIVE)))
}

/// The next piece, and the reader unless it was the last.
async fn next(mut reader: Reader) -> Option<(Piece, Option<Reader>)> {
    let piece = reader.next().await?;
    let over = matches!(piece, Piece::End(_));
    Some((piece, (!over).then_some(reader)))
}

/// What the listener heard last: an attempt and a place in its log.
fn heard(headers: &HeaderMap) -> Answer<Option<(u16, u64)>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let both = value.to_str().ok().and_then(|text| text.split_once('-'));
    let parsed = both.and_then(|(attempt, place)| Some((attempt.parse().ok()?, place.parse().ok()?)));
    parsed.map(Some).ok_or_else(|| bad(&"Last-Event-ID is none of this stream"))
}

fn event(attempt: u16, piece: Piece) -> Event {
    let id = format!("{attempt}-{}", piece.place());
    let (name, text, missed_bytes) = match piece {
        Piece::Text(text, _) => ("text", Some(text), None),
        Piece::Missed(bytes, _) => ("missed", None, Some(bytes)),
        Piece::End(_) => ("end", None, None),
    };
    let said = LogEvent { event: name.to_owned(), attempt, text, missed_bytes };
    // Plain values: they cannot fail to be written, and hold no line breaks outside of strings.
    Event::default().event(name).id(id).data(serde_json::to_string(&said).unwrap_or_default())
}

fn last(workload: &Workload) -> u16 {
    u16::try_from(workload.attempts.len()).unwrap_or(u16::MAX)
}

fn made(workload: &Workload, attempt: u16) -> Option<&Attempt> {
    usize::from(attempt).checked_sub(1).and_then(|index| workload.attempts.get(index))
}

/// Why there is no log here, and who has it.
async fn elsewhere(gateway: &Gateway, workload: &Workload, attempt: u16) -> Result<Problem, Problem> {
    let which = format!("attempt {attempt} at workload {}", workload.id);
    let Some(made) = made(workload, attempt) else {
        let none = Problem::new(problem::NO_LOG, format!("{which} was not made"));
        return Ok(none.hinting("see the workload's timeline for its attempts"));
    };
    if gateway.prover == Some(made.prover) {
        let hint = "it begins once the inputs are here and there is room; an empty log is not kept, and old ones go";
        return Ok(Problem::new(problem::NO_LOG, format!("{which} has left no log here")).hinting(hint));
    }
    let (_, prover) = gateway.state.get::<record::Prover>(state_key::prover(made.prover)).await?;
    let address = prover.map(|prover| prover.address.to_string()).filter(|address| !address.is_empty());
    let detail = format!("{which} is that of prover {}", made.prover);
    Ok(match address {
        Some(address) => {
            Problem::new(problem::LOG_ELSEWHERE, detail).hinting(format!("ask its node, which is at {address}"))
        }
        None => Problem::new(problem::NO_LOG, detail).hinting("that prover declares no address to ask"),
    })
}
