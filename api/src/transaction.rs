//! Transactions.

use crate::{Moment, ParamChange, Problem, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, Call, ProgramId, Resources, TxId, WorkloadId, transaction::SignedTransaction};
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
    /// `transfer`, `deploy`, `run`, `cancel`, `bond`, `unbond`, `register`, `update`, `return`, `vote` or `evidence`.
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
    /// Of a transfer, a bond, an unbond or a register: how much.
    #[schema(value_type = Option<schema::Lem>)]
    pub amount: Option<Amount>,
    /// Of a run or a deploy: the program.
    #[schema(value_type = Option<schema::Id>)]
    pub program: Option<ProgramId>,
    /// Of a run, a cancel or evidence: the workload.
    #[schema(value_type = Option<schema::Id>)]
    pub workload: Option<WorkloadId>,
    /// Of a bond or an unbond: `validator` or `prover`.
    pub role: Option<String>,
    /// Of a register or an update: what the prover declares.
    #[schema(value_type = Option<schema::Resources>)]
    pub capacity: Option<Resources>,
    /// Of an update: whether the prover takes no new workloads.
    pub drain: Option<bool>,
    /// Of a register or an update: where users reach the prover's API.
    pub address: Option<String>,
    /// Of a vote: what is voted for.
    pub changes: Option<Vec<ParamChange>>,
    /// Of evidence: the offence.
    pub offence: Option<String>,
    /// Of evidence: the offender.
    #[schema(value_type = Option<schema::Id>)]
    pub prover: Option<AccountId>,
}

/// A transaction in a block, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionSummary {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub transaction: TxId,
    /// Who signed it and paid its fee.
    #[schema(value_type = schema::Id)]
    pub sender: AccountId,
    /// What it does: `run`, `transfer` and so on.
    pub kind: String,
    /// The block that it is in.
    pub included: Moment,
}

/// Transactions in blocks, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transactions {
    /// The transactions.
    pub transactions: Vec<TransactionSummary>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

impl From<&SignedTransaction> for Transaction {
    fn from(signed: &SignedTransaction) -> Self {
        let value = &signed.value;
        let mut view = Self {
            transaction: value.id(),
            kind: value.call.kind().to_owned(),
            sender: value.sender,
            nonce: value.nonce,
            fee_limit: value.fee_limit,
            valid_until: value.valid_until.0,
            to: None,
            amount: None,
            program: None,
            workload: None,
            role: None,
            capacity: None,
            drain: None,
            address: None,
            changes: None,
            offence: None,
            prover: None,
        };
        view.call(&value.call);
        view
    }
}

impl Transaction {
    /// Shows what belongs to the kind.
    fn call(&mut self, call: &Call) {
        match call {
            Call::Transfer { to, amount } => (self.to, self.amount) = (Some(*to), Some(*amount)),
            Call::Deploy(program) => self.program = Some(program.id()),
            Call::Run(run) => (self.program, self.workload) = (Some(run.program), Some(self.transaction.into())),
            Call::Cancel { workload } => self.workload = Some(*workload),
            Call::Bond { role, amount } | Call::Unbond { role, amount } => {
                (self.role, self.amount) = (Some(role.word().to_owned()), Some(*amount));
            }
            Call::Register(registration) => {
                (self.capacity, self.amount) = (Some(registration.capacity), Some(registration.bond));
                self.address = Some(registration.address.to_string());
            }
            Call::Update(update) => {
                (self.capacity, self.drain) = (update.capacity, update.drain);
                self.address = update.address.as_ref().map(ToString::to_string);
            }
            Call::Return => {}
            Call::Vote(changes) => self.changes = Some(changes.iter().map(ParamChange::from).collect()),
            Call::Evidence(evidence) => {
                self.workload = Some(evidence.attempt().0);
                (self.offence, self.prover) = (Some(evidence.offence().word().to_owned()), Some(evidence.prover()));
            }
        }
    }
}
