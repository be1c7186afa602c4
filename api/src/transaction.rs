//! Transactions.

use crate::{Problem, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, Call, ProgramId, TxId, WorkloadId, transaction::SignedTransaction};
use utoipa::ToSchema;

/// A signed transaction to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// Its canonical bytes.
    #[schema(value_type = schema::Hex)]
    pub transaction: String,
}

impl Submit {
    /// The request that sends a transaction.
    #[must_use]
    pub fn new(transaction: &SignedTransaction) -> Self {
        Self { transaction: hex::encode(types::codec::encode(transaction)) }
    }
}

/// A transaction that waits in the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub transaction: TxId,
    /// The workload that it becomes, if it is a run.
    #[schema(value_type = Option<schema::Id>)]
    pub workload: Option<WorkloadId>,
}

/// Where a transaction is, as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransactionState {
    /// In this node's mempool.
    Pending,
    /// In a final block.
    Included,
    /// It left the mempool without having been in a block.
    Dropped,
    /// This node has not heard of it, or it was long ago.
    Unknown,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionStatus {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub transaction: TxId,
    /// Where it is.
    pub state: TransactionState,
    /// The block that holds it.
    pub height: Option<u64>,
    /// Why it was dropped.
    pub refusal: Option<Problem>,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub transaction: TxId,
    /// `transfer`, `deploy`, `run` or `cancel`.
    pub kind: String,
    /// Who asked and paid.
    #[schema(value_type = schema::Id)]
    pub sender: AccountId,
    /// How many of the sender's transactions came before.
    pub nonce: u64,
    /// The most the sender pays for the transaction itself.
    #[schema(value_type = schema::Lem)]
    pub fee_limit: Amount,
    /// The last block that could have held it.
    pub valid_until: u64,
    /// Of a transfer: to whom.
    #[schema(value_type = Option<schema::Id>)]
    pub to: Option<AccountId>,
    /// Of a transfer: how much.
    #[schema(value_type = Option<schema::Lem>)]
    pub amount: Option<Amount>,
    /// Of a run or a deploy: the program.
    #[schema(value_type = Option<schema::Id>)]
    pub program: Option<ProgramId>,
    /// Of a run or a cancel: the workload.
    #[schema(value_type = Option<schema::Id>)]
    pub workload: Option<WorkloadId>,
}

impl From<&SignedTransaction> for Transaction {
    fn from(signed: &SignedTransaction) -> Self {
        let value = &signed.value;
        let id = value.id();
        let mut view = Self {
            transaction: id,
            kind: value.call.kind().to_owned(),
            sender: value.sender,
            nonce: value.nonce,
            fee_limit: value.fee_limit,
            valid_until: value.valid_until.0,
            to: None,
            amount: None,
            program: None,
            workload: None,
        };
        match &value.call {
            Call::Transfer { to, amount } => (view.to, view.amount) = (Some(*to), Some(*amount)),
            Call::Deploy(program) => view.program = Some(program.id()),
            Call::Run(run) => (view.program, view.workload) = (Some(run.program), Some(id.into())),
            Call::Cancel { workload } => view.workload = Some(*workload),
        }
        view
    }
}
