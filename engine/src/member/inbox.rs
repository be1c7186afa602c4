//! The way back in for the host: at most [`DELIVERIES_MAX`] deliveries wait or are delayed; one more is refused.

use bytes::Bytes;
use commonware_utils::channel::mpsc;
use ports::Inbox;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many deliveries may wait, the delayed ones included.
const DELIVERIES_MAX: usize = 4096;

/// What the host delivered.
pub(crate) struct Delivery {
    pub(crate) bytes: Bytes,
    pub(crate) delay_ms: u64,
}

/// The host's end.
struct Door {
    deliveries: mpsc::Sender<Delivery>,
    waiting: Arc<AtomicUsize>,
}

/// The member's end.
pub(crate) struct Deliveries {
    receiver: mpsc::Receiver<Delivery>,
    waiting: Arc<AtomicUsize>,
}

/// A new way in.
pub(crate) fn door() -> (Arc<dyn Inbox>, Deliveries) {
    let (deliveries, receiver) = mpsc::channel(DELIVERIES_MAX);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Arc::new(Door { deliveries, waiting: waiting.clone() }), Deliveries { receiver, waiting })
}

impl Inbox for Door {
    fn deliver(&self, bytes: Bytes, delay_ms: u64) -> bool {
        let room = |waiting| (waiting < DELIVERIES_MAX).then_some(waiting + 1);
        if self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).is_err() {
            return false;
        }
        let sent = self.deliveries.try_send(Delivery { bytes, delay_ms }).is_ok();
        if !sent {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        sent
    }
}

impl Deliveries {
    /// The next delivery; never returns once the host has let go of its end.
    pub(crate) async fn next(&mut self) -> Delivery {
        match self.receiver.recv().await {
            Some(delivery) => delivery,
            None => std::future::pending().await,
        }
    }

    /// One delivery has reached the member.
    pub(crate) fn done(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn what_is_too_much_is_refused_until_some_of_it_is_done() {
        let (inbox, mut deliveries) = door();
        for _ in 0..DELIVERIES_MAX {
            assert!(inbox.deliver(Bytes::new(), 0));
        }
        assert!(!inbox.deliver(Bytes::new(), 0));
        assert!(deliveries.next().now_or_never().is_some());
        assert!(!inbox.deliver(Bytes::new(), 0), "it may still be delayed");
        deliveries.done();
        assert!(inbox.deliver(Bytes::new(), 0));
        drop(deliveries);
        assert!(!inbox.deliver(Bytes::new(), 0));
    }
}
