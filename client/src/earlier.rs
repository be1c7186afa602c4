//! The proof of an earlier workload, as an input of a run.

use crate::{Client, ClientError};
use types::{InputSource, WorkloadId, beacon::GroupKey};

impl Client {
    /// The verified proof of a workload, as an input: the bundle that its receipt names, both checked here. It is stored at the
    /// node anew, so that it stays until the run that needs it is in a block, however long ago it was made.
    ///
    /// # Errors
    /// [`ClientError::NoProof`] when the workload ended without one, [`ClientError::ProofGone`] when the node has it no more;
    /// otherwise as [`Client::checked_receipt`].
    pub async fn earlier_proof(&self, id: WorkloadId, group_key: &GroupKey) -> Result<InputSource, ClientError> {
        let (_, checked) = self.checked_receipt(id, group_key).await?;
        let state = checked.state;
        let proof = checked.proof.ok_or(ClientError::NoProof { workload: id, state })?;
        let gone = |error: ClientError| if error.is_absent() { ClientError::ProofGone(id) } else { error };
        let bundle = self.blob(proof.id).await.map_err(gone)?;
        let size = bundle.len() as u64;
        self.put_blob(bundle).await?;
        Ok(InputSource::Blob { blob: proof.id, size })
    }
}
