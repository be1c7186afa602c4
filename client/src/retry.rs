//! When to ask again: with growing pauses of random length, so that many clients do not come back at once.

use crate::ClientError;
use std::{future::Future, time::Duration};

/// How often something is tried, the first time counted.
const TRIES: u32 = 5;
/// The longest first pause.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(2);

/// Tries something until it succeeds, fails for good, or was tried often enough. Only for what may safely happen twice.
pub(crate) async fn retrying<T, F: Future<Output = Result<T, ClientError>>>(
    attempt: impl FnMut() -> F,
) -> Result<T, ClientError> {
    retrying_after(|tried| pause(tried, random()), attempt).await
}

async fn retrying_after<T, F: Future<Output = Result<T, ClientError>>>(
    pause: impl Fn(u32) -> Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T, ClientError> {
    let mut tried = 1;
    loop {
        match attempt().await {
            Err(error) if error.is_passing() && tried < TRIES => tokio::time::sleep(pause(tried)).await,
            result => return result,
        }
        tried += 1;
    }
}

/// The pause after the `tried`-th try: a part of a ceiling that doubles each time, by a random number.
fn pause(tried: u32, random: u64) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(LONGEST);
    let half = ceiling / 2;
    let span = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_nanos(random % span)
}

/// Without a source of randomness pauses are only less spread.
fn random() -> u64 {
    getrandom::u64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn unreachable() -> ClientError {
        ClientError::Unreachable { node: "here".to_owned(), why: "gone".to_owned() }
    }

    /// What comes of trying something that goes wrong so often, and how often it was tried.
    async fn tried(wrong: u32, error: fn() -> ClientError) -> (bool, u32) {
        let count = Cell::new(0);
        let attempt = || async {
            count.set(count.get() + 1);
            if count.get() <= wrong { Err(error()) } else { Ok(()) }
        };
        let result = retrying_after(|_| Duration::ZERO, attempt).await;
        (result.is_ok(), count.get())
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_and_what_does_not_is_not() {
        assert_eq!(tried(2, unreachable).await, (true, 3));
        assert_eq!(tried(TRIES, unreachable).await, (false, TRIES));
        assert_eq!(tried(1, || ClientError::Overflow).await, (false, 1));
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        assert!(pause(1, 0) >= FIRST / 2 && pause(1, u64::MAX) <= FIRST);
        assert!(pause(3, 0) >= FIRST * 2);
        assert!(pause(40, u64::MAX) <= LONGEST);
    }
}
