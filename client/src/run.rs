//! Sending with everything filled in, and a run from its submission to a receipt that was checked here.

use crate::{Client, ClientError, Draft, follow::Watch};
use api::{Submitted, TransactionState, Workload};
use bytes::Bytes;
use receipt::Checked;
use std::time::Duration;
use types::{
    Call, ChainId, Height, Params, Run, SecretKey, TxId, WorkloadId, beacon::GroupKey, limits::MEMPOOL_PER_SENDER,
    transaction::SignedTransaction,
};

/// How many blocks a transaction has to get into one.
const VALID_BLOCKS: u64 = 1_000;
/// How often to look for a transaction in a block.
const LOOK: Duration = Duration::from_millis(150);
/// How often a receipt is asked for after the end: its block may still wait for a certificate.
const RECEIPT_TRIES: u32 = 40;

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The workload's record, as the node tells it.
    pub workload: Workload,
    /// The receipt, as it is to be kept.
    pub receipt: Bytes,
    /// What the receipt shows.
    pub checked: Checked,
}

/// An account that sends several transactions, one after the other, without waiting for blocks between them.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    secret: SecretKey,
    chain: ChainId,
    params: Params,
    nonce: u64,
}

impl Sender {
    /// Asks the node for the chain, the parameters in force and the account's next nonce.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn new(client: &Client, secret: &SecretKey) -> Result<Self, ClientError> {
        let chain = client.status().await?.chain;
        let params = client.params().await?.values().map_err(ClientError::Answer)?;
        let nonce = client.account(secret.account()).await?.nonce;
        Ok(Self { client: client.clone(), secret: secret.clone(), chain, params, nonce })
    }

    /// Signs a call with the next nonce and sends it. Where somebody else sends for the account too, and the node holds another
    /// transaction under that nonce, it is the one after.
    ///
    /// # Errors
    /// The protocol's refusals as problems; then the nonce is not used up. Otherwise as every request.
    pub async fn send(&mut self, call: Call) -> Result<Submitted, ClientError> {
        let first = self.nonce;
        loop {
            let signed = self.sign(call.clone()).await?;
            let result = self.client.submit(&signed).await;
            let taken =
                |error: &ClientError| error.code() == "nonce-taken" && self.nonce - first < MEMPOOL_PER_SENDER as u64;
            match result {
                Err(error) if taken(&error) => self.nonce += 1,
                result => return result.inspect(|_| self.nonce += 1),
            }
        }
    }

    async fn sign(&self, call: Call) -> Result<SignedTransaction, ClientError> {
        let height = self.client.status().await?.height;
        let valid_until = Height(height.saturating_add(VALID_BLOCKS.min(self.params.validity_max)));
        let draft = Draft { chain: self.chain, nonce: self.nonce, valid_until, fee_limit: None, call };
        draft.sign(&self.params, &self.secret)
    }
}

impl Client {
    /// Signs a call with everything filled in and sends it.
    ///
    /// # Errors
    /// The protocol's refusals as problems; otherwise as every request.
    pub async fn send_call(&self, secret: &SecretKey, call: Call) -> Result<Submitted, ClientError> {
        Sender::new(self, secret).await?.send(call).await
    }

    /// Waits until a transaction is in a final block, and returns its height.
    ///
    /// # Errors
    /// The refusal, if it was dropped; otherwise as every request.
    pub async fn included(&self, id: TxId) -> Result<u64, ClientError> {
        loop {
            let status = self.transaction(id).await?;
            match (status.state, status.height, status.refusal) {
                (TransactionState::Included, Some(height), _) => return Ok(height),
                (TransactionState::Dropped, _, Some(refusal)) => return Err(ClientError::Problem(Box::new(refusal))),
                (TransactionState::Dropped, _, None) => {
                    return Err(ClientError::Answer(format!("transaction {id} was dropped without a reason")));
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Submits a run, follows it to its end, fetches the receipt and checks it under `group_key`.
    ///
    /// # Errors
    /// The protocol's refusals as problems; [`ClientError::Receipt`] when the receipt does not hold; otherwise as every request.
    pub async fn run(
        &self,
        secret: &SecretKey,
        run: Run,
        group_key: &GroupKey,
        watch: Watch<'_>,
    ) -> Result<Finished, ClientError> {
        let submitted = self.send_call(secret, Call::Run(run)).await?;
        self.finish(submitted.transaction.into(), group_key, watch).await
    }

    /// Follows a workload to its end, fetches the receipt and checks it under `group_key`.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub async fn finish(
        &self,
        id: WorkloadId,
        group_key: &GroupKey,
        watch: Watch<'_>,
    ) -> Result<Finished, ClientError> {
        let workload = self.follow(id, watch).await?;
        let (receipt, checked) = self.checked_receipt(id, group_key).await?;
        Ok(Finished { workload, receipt, checked })
    }

    /// Fetches the receipt of a workload that has ended, and checks it under `group_key`.
    ///
    /// # Errors
    /// [`ClientError::Receipt`], [`ClientError::OtherReceipt`] when it does not hold; otherwise as every request.
    pub async fn checked_receipt(&self, id: WorkloadId, group_key: &GroupKey) -> Result<(Bytes, Checked), ClientError> {
        let bytes = self.patient_receipt(id).await?;
        let checked = receipt::check(&bytes, group_key)?;
        if checked.workload != id {
            return Err(ClientError::OtherReceipt { expected: id, got: checked.workload });
        }
        Ok((bytes, checked))
    }

    /// The receipt of a workload that has ended, as soon as the node can make it.
    async fn patient_receipt(&self, id: WorkloadId) -> Result<Bytes, ClientError> {
        for _ in 1..RECEIPT_TRIES {
            match self.receipt(id).await {
                Err(error) if error.code() == api::problem::NOT_ENDED.code => tokio::time::sleep(LOOK).await,
                result => return result,
            }
        }
        self.receipt(id).await
    }
}
