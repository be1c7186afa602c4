//! What running a prover and checking a proof have in common: blobs out of the store, and the verifier.

use super::{Desk, Prover};
use crate::blobs::StoreError;
use executor::{Sections, Verification, VerifierLimits, VerifyJob};
use std::path::PathBuf;
use types::{Artifact, BlobId, InputSource, Runtime, limits::ARTIFACT_MAX, message::Bundle};

/// Why this host cannot run something: nothing that a program could be blamed for.
#[derive(Debug, thiserror::Error)]
pub(super) enum HostFault {
    #[error("the blob {0} is not in the store")]
    Absent(BlobId),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("this node has no prover")]
    NoProver,
    #[error("this node runs no programs for {0}")]
    NoRuntime(Runtime),
    #[error("the inputs have more bytes than can be addressed")]
    Input,
    #[error("the statement has {size} bytes, where the verifier has {max} bytes of memory")]
    Statement { size: u64, max: u64 },
}

impl HostFault {
    /// Whether this machine is to blame, and not what it was asked for.
    pub(super) const fn is_own(&self) -> bool {
        !matches!(self, Self::Input | Self::Statement { .. })
    }

    /// Whether it may be gone later.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Absent(_) | Self::Store(StoreError::Damaged(_) | StoreError::Disk(_)) => true,
            Self::Store(_) | Self::NoProver | Self::NoRuntime(_) | Self::Input | Self::Statement { .. } => false,
        }
    }
}

impl Desk {
    pub(super) fn prover(&self) -> Result<&Prover, HostFault> {
        self.prover.as_ref().ok_or(HostFault::NoProver)
    }

    pub(super) fn blob(&self, blob: BlobId, max: u64) -> Result<Vec<u8>, HostFault> {
        self.present(blob, max)?.ok_or(HostFault::Absent(blob))
    }

    pub(super) fn artifact(&self, artifact: &Artifact) -> Result<Vec<u8>, HostFault> {
        self.blob(artifact.blob, artifact.size.min(ARTIFACT_MAX))
    }

    /// Where a blob lies in the store.
    pub(super) fn path(&self, blob: BlobId, max: u64) -> Result<PathBuf, HostFault> {
        self.store.checked_path(blob, max)?.ok_or(HostFault::Absent(blob))
    }

    /// The bytes of inputs, in order.
    pub(super) fn sources<'a>(
        &self,
        sources: impl IntoIterator<Item = &'a InputSource>,
    ) -> Result<Vec<Vec<u8>>, HostFault> {
        let read = |source: &InputSource| match source {
            InputSource::Inline(bytes) => Ok(bytes.to_vec()),
            InputSource::Blob { blob, size } => self.blob(*blob, *size),
        };
        sources.into_iter().map(read).collect()
    }

    /// Runs a program's verifier on a bundle.
    pub(super) fn check<'a>(
        &self,
        verifier: &Artifact,
        fuel: u64,
        bundle: &Bundle,
        statement: impl Iterator<Item = &'a InputSource> + Clone,
    ) -> Result<Verification, HostFault> {
        let memory_bytes = self.params.verifier_memory_max;
        // The ledger takes no such run. Nothing that large is read, whatever the replica asks.
        let size = statement.clone().fold(0_u64, |sum, source| sum.saturating_add(source.size()));
        if size > memory_bytes {
            return Err(HostFault::Statement { size, max: memory_bytes });
        }
        let statement = self.sources(statement)?;
        let artifact = self.artifact(verifier)?;
        let input = Sections::of_verifier(&bundle.proof, &bundle.public, statement.iter().map(Vec::as_slice));
        let limits = VerifierLimits { fuel, memory_bytes, ..VerifierLimits::default() };
        Ok(self.prover()?.executor.verify(&VerifyJob { artifact: &artifact, input, limits }))
    }
}
