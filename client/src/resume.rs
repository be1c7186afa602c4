//! Sending in two steps, so that whoever is cut off between them charges nobody twice: what was signed is kept, then sent, and
//! sent again until it is known that it arrived.

use crate::{Client, ClientError, Sender};
use api::{Submitted, TransactionState};
use types::{Call, SecretKey, WorkloadId, transaction::SignedTransaction};

/// Why a transaction that was signed before can be in no block any more.
const NEVER: [&str; 3] = ["nonce-used", "past", "wrong-chain"];

impl Client {
    /// Signs a call with everything filled in, and does not send it. Keep it, then send it with [`Client::submit`] or
    /// [`Client::resend`].
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn prepare(&self, secret: &SecretKey, call: Call) -> Result<SignedTransaction, ClientError> {
        Sender::new(self, secret).await?.sign(call).await
    }

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
