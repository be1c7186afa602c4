//! Where the node stands, shared between those who change it and those who ask.

use commonware_utils::sync::Mutex;
use ports::{Header, Status};
use std::sync::Arc;

/// The node's standing.
#[derive(Clone, Default)]
pub(crate) struct Standing(Arc<Mutex<Status>>);

impl Standing {
    pub(crate) fn get(&self) -> Status {
        self.0.lock().clone()
    }

    pub(crate) fn height(&self) -> u64 {
        self.0.lock().height
    }

    /// A block was applied.
    pub(crate) fn applied(&self, header: &Header) {
        let mut status = self.0.lock();
        status.height = header.height;
        status.hash = header.hash();
        status.state_root = header.state_root;
        status.time_ms = header.time_ms;
    }

    pub(crate) fn entered(&self, epoch: u64) {
        self.0.lock().epoch = epoch;
    }

    pub(crate) fn connected(&self, peers: usize) {
        self.0.lock().peers = u32::try_from(peers).unwrap_or(u32::MAX);
    }
}
