//! Which blobs the store must keep: what live workloads need, what ended ones needed a while ago, and programs (rule 14).
//!
//! The host is told of every workload as this node sees it, and drops nothing before it was told of all that live.

use crate::{Replica, out::Out};
use std::collections::BTreeSet;
use types::{AttemptEnd, BlobId, InputSource, List, Program, Workload, WorkloadId, host::HostRequest, message::Fail};

/// How far the host knows what is needed.
#[derive(Default)]
pub(crate) struct Holds {
    /// Workloads that lived at the start and were not read yet.
    unread: BTreeSet<WorkloadId>,
    /// Whether the pages that name them were all read.
    is_listed: bool,
    epoch: Option<u64>,
    told: Option<u64>,
}

impl Holds {
    /// A workload lived at the start.
    pub fn list(&mut self, id: WorkloadId) {
        self.unread.insert(id);
    }

    /// There are no more of them.
    pub fn listed(&mut self, out: &mut Out<'_>) {
        self.is_listed = true;
        self.tell(out);
    }

    /// An epoch is under way.
    pub fn epoch(&mut self, epoch: u64, out: &mut Out<'_>) {
        self.epoch = Some(epoch);
        self.tell(out);
    }

    fn read(&mut self, id: WorkloadId, out: &mut Out<'_>) {
        if self.unread.remove(&id) {
            self.tell(out);
        }
    }

    /// Tells the host of an epoch once it knows of everything that lives.
    fn tell(&mut self, out: &mut Out<'_>) {
        if self.is_listed && self.unread.is_empty() && self.told != self.epoch {
            self.told = self.epoch;
            out.host(&HostRequest::Epoch { epoch: self.epoch.unwrap_or_default() });
        }
    }
}

impl Replica {
    /// Tells the host what a workload needs, as it is now.
    pub(crate) fn hold(&mut self, record: &Workload, out: &mut Out<'_>) {
        let params = &self.genesis.params;
        let epoch = |height: u64| height.checked_div(params.epoch_blocks).unwrap_or(0);
        let until = record.end.map(|end| epoch(end.at.height.0).saturating_add(params.retention_epochs));
        out.host(&HostRequest::Hold { workload: record.id, blobs: List::truncated(blobs(record)), until });
        self.holds.read(record.id, out);
    }

    /// Tells the host that a program was deployed.
    pub(crate) fn keep(program: &Program, out: &mut Out<'_>) {
        out.host(&HostRequest::Keep { blobs: [program.prover.blob, program.verifier.blob] });
    }
}

/// Inputs, proofs and logs. Artifacts are kept in any case.
fn blobs(record: &Workload) -> Vec<BlobId> {
    let inputs = record.run.inputs.iter().filter_map(|input| match input.source {
        InputSource::Blob { blob, .. } => Some(blob),
        InputSource::Inline(_) => None,
    });
    let proofs = record.attempts.iter().filter_map(|attempt| Some(attempt.announced.as_ref()?.proof));
    let logs = record.attempts.iter().filter_map(|attempt| match &attempt.end {
        Some((_, AttemptEnd::Failed(Fail { log: Some((log, _)), .. }))) => Some(*log),
        _ => None,
    });
    inputs.chain(proofs).chain(logs).collect()
}
