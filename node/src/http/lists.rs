//! Which part of a list is asked for, and what is said of how to go on.

use super::{extract::bad, failure::Answer};
use crate::index::Range;
use api::Place;

/// Entries of a list unless told, and at most.
const LIMIT: usize = 20;
const LIMIT_MAX: usize = 100;

/// The range that a query asks for.
pub(super) fn range(limit: Option<usize>, cursor: Option<&str>, from: Option<u64>, to: Option<u64>) -> Answer<Range> {
    let wrong = |_| bad(&"the cursor is none that a page named as next");
    let before = cursor.map(|text| text.parse().map_err(wrong)).transpose()?;
    Ok(Range { before, from, to, limit: entries(limit) })
}

/// How many entries a page has at most.
pub(super) fn entries(limit: Option<usize>) -> usize {
    limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX)
}

/// What a page names as next.
pub(super) fn next(place: Option<Place>) -> Option<String> {
    place.map(|place| place.to_string())
}
