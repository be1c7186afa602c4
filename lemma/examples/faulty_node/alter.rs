//! The host of the faulty node: an ordinary one, around which proofs are altered after they were made and checked.

use crate::{flip::Flip, net::say};
use anyhow::Context as _;
use bytes::Bytes;
use node::Store;
use ports::{Host, Inbox};
use std::sync::Arc;
use types::{
    BlobId, codec,
    host::{ExecuteOutcome, HostEvent},
};

/// Hands everything on to an ordinary host.
pub struct Altering {
    host: Arc<node::Host>,
    flip: Flip,
}

/// Where that host puts its answers: on their way proofs are altered.
struct Way {
    inbox: Arc<dyn Inbox>,
    store: Arc<Store>,
    flip: Flip,
}

impl Altering {
    /// Around an ordinary host.
    pub fn around(host: Arc<node::Host>, flip: Flip) -> Arc<dyn Host> {
        Arc::new(Self { host, flip })
    }
}

impl Host for Altering {
    fn attach(&self, inbox: Arc<dyn Inbox>) {
        self.host.attach(Arc::new(Way { inbox, store: self.host.store().clone(), flip: self.flip }));
    }

    fn perform(&self, request: Bytes) {
        self.host.perform(request);
    }
}

impl Inbox for Way {
    fn deliver(&self, bytes: Bytes, delay_ms: u64) -> bool {
        let altered = codec::decode(&bytes, bytes.len()).ok().and_then(|event| self.event(event));
        self.inbox.deliver(altered.map_or(bytes, |event| codec::encode(&event).into()), delay_ms)
    }
}

impl Way {
    /// What is told in place of an event; none if it is left as it is.
    fn event(&self, event: HostEvent) -> Option<HostEvent> {
        let HostEvent::Executed { workload, attempt, outcome: ExecuteOutcome::Proved { proof, size } } = event else {
            return None;
        };
        match self.altered(proof, size) {
            Ok(outcome) => {
                say(&format!("a proof is altered: workload={workload} attempt={attempt} made={proof}"));
                Some(HostEvent::Executed { workload, attempt, outcome })
            }
            Err(error) => {
                say(&format!("a proof stays as it is: workload={workload} attempt={attempt} for {error:#}"));
                None
            }
        }
    }

    /// A proof that is in the store, altered and in the store.
    fn altered(&self, proof: BlobId, size: u64) -> anyhow::Result<ExecuteOutcome> {
        let bytes = self.store.read(proof, size)?.context("it is not in the store")?;
        let altered = self.flip.of(codec::decode(&bytes, bytes.len())?).context("it has no such byte to alter")?;
        let kept = self.store.put(&codec::encode(&altered))?;
        Ok(ExecuteOutcome::Proved { proof: kept.blob, size: kept.size })
    }
}
