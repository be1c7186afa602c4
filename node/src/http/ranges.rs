//! Which bytes of a blob a request asks for, so that a download that was cut off can go on (RFC 9110, section 14).

use super::failure::{Answer, Failure};
use api::problem;
use axum::http::{HeaderMap, header};
use std::ops::Range;

/// The bytes that are asked for, within `size`; none for all of them: where no range is given, or one that we do not serve,
/// such as several at once.
pub(super) fn asked(headers: &HeaderMap, size: u64) -> Answer<Option<Range<u64>>> {
    let value = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) = value.and_then(|value| value.strip_prefix("bytes=")?.split_once('-')) else {
        return Ok(None);
    };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    let detail = format!("bytes {first}-{last} are asked for, and the blob has {size}");
    Err(Failure::new(problem::RANGE, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(range: &str) -> Result<Option<Range<u64>>, u16> {
        let headers = HeaderMap::from_iter([(header::RANGE, range.parse().expect("a header"))]);
        asked(&headers, 100).map_err(|failure| failure.0.status)
    }

    #[test]
    fn a_range_is_within_the_blob_or_refused_or_none() {
        assert_eq!(asked(&HeaderMap::new(), 100).ok().flatten(), None);
        for (text, range) in
            [("0-0", 0..1), ("10-19", 10..20), ("90-", 90..100), ("-7", 93..100), ("5-999", 5..100), ("-999", 0..100)]
        {
            assert_eq!(bytes(&format!("bytes={text}")), Ok(Some(range)), "{text}");
        }
        for text in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(bytes(text), Err(416), "{text}");
        }
        for text in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=5-1",
            "bytes=1-2,5-6",
            "bytes=+1-2",
            "lines=1-2",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(bytes(text), Ok(None), "{text}");
        }
    }
}
