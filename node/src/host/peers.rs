//! How much of one kind of work each peer has waiting.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use types::genesis::PeerId;

/// The peers for which work waits. There are no more of them than there is work.
pub(super) struct Peers {
    waiting: Arc<Mutex<BTreeMap<PeerId, usize>>>,
    each_max: usize,
}

/// Work for a peer. Dropping it makes room for other work for it.
pub(super) struct OfPeer {
    waiting: Arc<Mutex<BTreeMap<PeerId, usize>>>,
    peer: PeerId,
}

impl Peers {
    pub(super) fn new(each_max: usize) -> Self {
        Self { waiting: Arc::default(), each_max }
    }

    /// Takes on work for a peer; none if too much waits for it.
    pub(super) fn enter(&self, peer: PeerId) -> Option<OfPeer> {
        let mut waiting = super::lock(&self.waiting);
        let count = waiting.entry(peer).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        Some(OfPeer { waiting: self.waiting.clone(), peer })
    }
}

impl Drop for OfPeer {
    fn drop(&mut self) {
        let mut waiting = super::lock(&self.waiting);
        if let Some(count) = waiting.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_has_room_of_its_own_and_what_is_over_is_forgotten() {
        let peers = Peers::new(2);
        let [one, other] = [1, 2].map(|byte| PeerId([byte; 32]));
        let both = [peers.enter(one), peers.enter(one)];
        assert!(both.iter().all(Option::is_some) && peers.enter(one).is_none());
        assert!(peers.enter(other).is_some());
        drop(both);
        assert!(peers.waiting.lock().expect("lock").is_empty());
        assert!(peers.enter(one).is_some());
    }
}
