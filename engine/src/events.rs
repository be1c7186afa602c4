//! The queue of what the engine itself tells the member: final blocks, epochs, peers, proposals.
//!
//! It holds [`EVENTS_MAX`] events. Final blocks, epochs and peers are never dropped: whoever announces one waits while the
//! queue is full, so that a member that is that far behind holds back its own node's blocks and nothing else. A proposal
//! that finds the queue full is dropped: the view is lost, not the node. All of them keep their order.

use commonware_utils::channel::mpsc;
use ports::Event;

/// How many events may wait.
const EVENTS_MAX: usize = 256;

/// Where the engine puts its events.
#[derive(Clone)]
pub(crate) struct Events(mpsc::Sender<Event>);

/// A new queue.
pub(crate) fn queue() -> (Events, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel(EVENTS_MAX);
    (Events(sender), receiver)
}

impl Events {
    /// Waits until the event has room; forgets it only when the member has ended.
    pub(crate) async fn announce(&self, event: Event) {
        let _ = self.0.send(event).await;
    }

    /// Puts in the event if it has room. Says whether it did.
    pub(crate) fn offer(&self, event: Event) -> bool {
        self.0.try_send(event).is_ok()
    }
}
