//! Proposals that wait for the member: each one has a token, and an answer with any other token is dropped.
//!
//! Consensus may give up a proposal at any moment by dropping its future; the token goes with it.

use crate::{block::Block, events::Events};
use bytes::Bytes;
use commonware_consensus::{Heightable as _, marshal::ancestry::Ancestry};
use commonware_utils::{channel::oneshot, sync::Mutex};
use futures::StreamExt as _;
use ports::Event;
use std::{collections::HashMap, sync::Arc};

/// The most ancestors whose bodies a member is shown.
const ANCESTORS_MAX: usize = 16;

/// The proposals that wait for an answer.
#[derive(Clone, Default)]
pub(crate) struct Proposals(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    last: u64,
    answers: HashMap<u64, oneshot::Sender<Bytes>>,
}

/// Takes the token back when the proposal is given up.
struct Ticket {
    token: u64,
    proposals: Proposals,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.proposals.0.lock().answers.remove(&self.token);
    }
}

impl Proposals {
    /// Asks the member for a body to build upon `ancestry`, whose first block is the parent, and waits for it. Gives nothing
    /// if the member is so far behind that it cannot be asked.
    pub(crate) async fn ask(&self, events: &Events, ancestry: impl Ancestry<Block>, applied: u64) -> Option<Bytes> {
        let parent = ancestry.peek()?.inner().header().clone();
        let ancestors = bodies(ancestry, applied).await;
        let (ticket, answer) = self.enter();
        let event = Event::Propose {
            token: ticket.token,
            height: parent.height.checked_add(1)?,
            parent_time_ms: parent.time_ms,
            ancestors,
        };
        events.offer(event).then_some(())?;
        answer.await.ok()
    }

    /// Gives the member's answer to whoever waits for it.
    pub(crate) fn answer(&self, token: u64, body: Bytes) {
        if let Some(answer) = self.0.lock().answers.remove(&token) {
            let _ = answer.send(body);
        }
    }

    fn enter(&self) -> (Ticket, oneshot::Receiver<Bytes>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.lock();
        waiting.last += 1;
        let token = waiting.last;
        waiting.answers.insert(token, sender);
        (Ticket { token, proposals: self.clone() }, receiver)
    }
}

/// The bodies of the blocks above `applied`, newest first.
async fn bodies(mut ancestry: impl Ancestry<Block>, applied: u64) -> Vec<Bytes> {
    let mut bodies = Vec::new();
    while bodies.len() < ANCESTORS_MAX
        && ancestry.peek().is_none_or(|block| block.height().get() > applied)
        && let Some(block) = ancestry.next().await
    {
        if block.height().get() <= applied {
            break;
        }
        bodies.push(block.inner().body().clone());
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn only_the_token_that_waits_is_answered_and_only_once() {
        let proposals = Proposals::default();
        let (first, first_answer) = proposals.enter();
        let (second, second_answer) = proposals.enter();
        proposals.answer(second.token + 1, Bytes::from_static(b"stray"));
        proposals.answer(second.token, Bytes::from_static(b"two"));
        proposals.answer(second.token, Bytes::from_static(b"again"));
        assert_eq!(second_answer.now_or_never(), Some(Ok(Bytes::from_static(b"two"))));
        drop(first);
        proposals.answer(1, Bytes::from_static(b"late"));
        assert!(first_answer.now_or_never().is_some_and(|answer| answer.is_err()));
    }
}
