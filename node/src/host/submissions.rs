//! Users that wait for the replica's answer to their transaction.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;
use types::{Refusal, TxId};

/// Users that may wait at once.
const WAITING_MAX: usize = 1024;
/// How long a user waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a transaction was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The replica refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many wait, or the engine is behind.
    #[error("the node has too much to do")]
    Busy,
    /// The replica did not answer in time. It may still take the transaction.
    #[error("the node did not answer in time")]
    Timeout,
}

type Answer = Result<TxId, Refusal>;

/// Who waits, by token.
#[derive(Debug, Default)]
pub(crate) struct Submissions(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    users: BTreeMap<u64, oneshot::Sender<Answer>>,
    next: u64,
}

impl Submissions {
    /// Opens a place for an answer, with its token.
    pub(super) fn open(&self) -> Result<(u64, oneshot::Receiver<Answer>), SubmitError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.users.len() >= WAITING_MAX {
            return Err(SubmitError::Busy);
        }
        let token = waiting.next;
        waiting.next += 1;
        let (sender, receiver) = oneshot::channel();
        waiting.users.insert(token, sender);
        Ok((token, receiver))
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&self, token: u64, result: Answer) {
        let user = self.0.lock().unwrap_or_else(PoisonError::into_inner).users.remove(&token);
        if let Some(user) = user {
            // Fails where the user has gone.
            let _ = user.send(result);
        }
    }

    pub(super) fn forget(&self, token: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).users.remove(&token);
    }

    /// Waits for an answer. The place is free afterwards, also when the user goes.
    pub(super) async fn wait(&self, token: u64, answer: oneshot::Receiver<Answer>) -> Result<TxId, SubmitError> {
        self.wait_at_most(ANSWER_TIMEOUT, token, answer).await
    }

    async fn wait_at_most(
        &self,
        limit: Duration,
        token: u64,
        answer: oneshot::Receiver<Answer>,
    ) -> Result<TxId, SubmitError> {
        let _place = Leaving { submissions: self, token };
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result.map_err(SubmitError::Refused),
            Ok(Err(_)) => Err(SubmitError::Busy),
            Err(_) => Err(SubmitError::Timeout),
        }
    }
}

struct Leaving<'a> {
    submissions: &'a Submissions,
    token: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.submissions.forget(self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_reaches_the_one_who_asked() {
        let submissions = Submissions::default();
        let (one, first) = submissions.open().expect("room");
        let (two, second) = submissions.open().expect("room");
        submissions.answer(two, Err(Refusal::Busy));
        submissions.answer(one, Ok(TxId([1; 32])));
        assert_eq!(submissions.wait(one, first).await, Ok(TxId([1; 32])));
        assert_eq!(submissions.wait(two, second).await, Err(SubmitError::Refused(Refusal::Busy)));
    }

    #[tokio::test]
    async fn a_user_that_goes_leaves_no_place_behind() {
        let submissions = Submissions::default();
        for _ in 0..3 * WAITING_MAX {
            let (token, answer) = submissions.open().expect("room");
            drop(Box::pin(submissions.wait(token, answer)));
            submissions.forget(token);
        }
        let places: Vec<_> = (0..WAITING_MAX).map(|_| submissions.open().expect("room")).collect();
        assert_eq!(submissions.open().map(|(token, _)| token), Err(SubmitError::Busy));
        drop(places);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let submissions = Submissions::default();
        let (token, answer) = submissions.open().expect("room");
        let waited = submissions.wait_at_most(Duration::ZERO, token, answer).await;
        assert_eq!(waited, Err(SubmitError::Timeout));
    }
}
