//! Sending in two steps, so that whoever is cut off between them charges nobody twice: what was signed is kept, then sent, and
//! sent again until it is known that it arrived. [`Sender::send_kept`](crate::Sender::send_kept) is the first step.

use crate::{Client, ClientError};
use api::{Submitted, TransactionState};
use types::{Call, WorkloadId, transaction::SignedTransaction};

/// Why a transaction that was signed before, and of which the node knows nothing, will be in no block. A nonce that another
/// waiting transaction took is no such reason: elsewhere in the network it may be this one that waits.
const NEVER: [&str; 3] = ["nonce-used", "past", "wrong-chain"];

impl Client {
    /// Sends what was signed before, unless it arrived then. None when it arrived nowhere and never will: only then is signing
    /// anew no second charge.
    ///
    /// # Errors
    /// The protocol's other refusals as problems; otherwise as every request.
    pub async fn resend(&self, signed: &SignedTransaction) -> Result<Option<Submitted>, ClientError> {
        let (id, is_run) = (signed.value.id(), matches!(signed.value.call, Call::Run(_)));
        let workload = is_run.then(|| WorkloadId::from(id));
        let arrived = Some(Submitted { transaction: id, workload });
        match self.transaction(id).await?.state {
            TransactionState::Pending | TransactionState::Included => return Ok(arrived),
            TransactionState::Dropped => return Ok(None),
            TransactionState::Unknown => {}
        }
        // A node forgets transactions before the workloads that they became.
        if let Some(workload) = workload
            && self.is_known(workload).await?
        {
            return Ok(arrived);
        }
        match self.submit(signed).await {
            Ok(submitted) => Ok(Some(submitted)),
            Err(error) if NEVER.contains(&error.code()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn is_known(&self, id: WorkloadId) -> Result<bool, ClientError> {
        match self.workload(id).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_absent() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
