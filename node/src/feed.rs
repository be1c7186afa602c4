//! The event stream: one sender, many listeners, each with a bounded queue. A listener that is too slow is told and dropped.

use api::Event;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::broadcast::{self, error::RecvError};
use types::{WorkloadId, limits::EVENTS_PER_BLOCK};

/// Events that a listener may be behind: more than one block can cause.
const QUEUE_MAX: usize = 16 * 1024;

const _: () = assert!(QUEUE_MAX > EVENTS_PER_BLOCK + 1);

/// An event with its number: they rise by one as long as the node runs, and begin anew with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The number.
    pub number: u64,
    /// What happened.
    pub event: Event,
}

/// Where events are told.
#[derive(Debug)]
pub struct Feed {
    /// None once the feed has ended.
    sender: Mutex<Option<broadcast::Sender<Arc<Told>>>>,
    next: AtomicU64,
}

impl Default for Feed {
    fn default() -> Self {
        Self { sender: Mutex::new(Some(broadcast::Sender::new(QUEUE_MAX))), next: AtomicU64::new(0) }
    }
}

impl Feed {
    /// Tells all listeners. Never waits for them.
    pub fn tell(&self, events: Vec<Event>) {
        let sender = self.sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for event in events {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if let Some(sender) = sender.as_ref() {
                // Fails only where nobody listens.
                let _ = sender.send(Arc::new(Told { number, event }));
            }
        }
    }

    /// A listener to everything that is told from now on, or only to what concerns a workload. None once the feed has ended.
    #[must_use]
    pub fn listen(&self, workload: Option<WorkloadId>) -> Option<Listener> {
        let sender = self.sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sender.as_ref().map(|sender| Listener { receiver: Some(sender.subscribe()), workload })
    }

    /// Ends the feed: listeners get what is left, then their end.
    pub fn end(&self) {
        self.sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    }
}

/// One listener.
#[derive(Debug)]
pub struct Listener {
    receiver: Option<broadcast::Receiver<Arc<Told>>>,
    workload: Option<WorkloadId>,
}

impl Listener {
    /// The next event; none at the end. A listener that was too slow gets `lagged` as its last.
    pub async fn next(&mut self) -> Option<Arc<Told>> {
        loop {
            match self.receiver.as_mut()?.recv().await {
                Ok(told) if self.concerns(&told.event) => return Some(told),
                Ok(_) => {}
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => {
                    self.receiver = None;
                    return Some(Arc::new(Told { number: 0, event: Event::lagged() }));
                }
            }
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        self.workload.is_none() || self.workload == event.workload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{TxId, host::Notice};

    fn progress(workload: u8, permille: u32) -> Event {
        let workload = WorkloadId([workload; 32]);
        Event::of(&Notice::Progress { workload, attempt: 1, permille }).remove(0)
    }

    #[tokio::test]
    async fn a_listener_hears_what_concerns_it_in_order_until_the_end() {
        let feed = Feed::default();
        let mut all = feed.listen(None).expect("open");
        let mut one = feed.listen(Some(WorkloadId([2; 32]))).expect("open");
        feed.tell(vec![progress(1, 10), progress(2, 20), progress(2, 30)]);
        feed.end();
        let mut heard = Vec::new();
        while let Some(told) = one.next().await {
            heard.push((told.number, told.event.permille));
        }
        assert_eq!(heard, [(1, Some(20)), (2, Some(30))]);
        assert_eq!(all.next().await.map(|told| told.number), Some(0));
        assert!(feed.listen(None).is_none());
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_and_dropped() {
        let feed = Feed::default();
        let mut slow = feed.listen(None).expect("open");
        let dropped = Notice::Dropped { transaction: TxId([0; 32]), refusal: types::Refusal::Busy };
        for _ in 0..=QUEUE_MAX {
            feed.tell(Event::of(&dropped));
        }
        assert_eq!(slow.next().await.map(|told| told.event.event.clone()).as_deref(), Some(api::LAGGED));
        assert!(slow.next().await.is_none());
    }
}
