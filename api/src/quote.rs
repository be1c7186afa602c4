//! What a run would cost, and where its money would go (rule 3).

use crate::{Fee, WorkloadState, schema};
use serde::{Deserialize, Serialize};
use types::{Amount, ProgramId, Resources};
use utoipa::ToSchema;

/// A run whose cost is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// What would run.
    #[schema(value_type = schema::Id)]
    pub program: ProgramId,
    /// What it would need.
    #[schema(value_type = schema::Resources)]
    pub resources: Resources,
    /// The longest it may compute.
    pub compute_max_ms: u64,
    /// The bytes of all its inputs that are blobs.
    #[serde(default)]
    pub blob_bytes: u64,
}

/// What a run costs as things are at `height`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The fee, part by part. `total` is what would be locked.
    pub fee: Fee,
    /// The fee of the transaction itself, for one without inline inputs; each byte more costs `transaction_fee_byte`.
    #[schema(value_type = schema::Lem)]
    pub transaction_fee: Amount,
    /// Computing time plus the allowance for moving inputs: what the compute fee pays for.
    pub billed_ms: u64,
    /// The size of the verdict set.
    pub set: u64,
    /// Price of one core for one second in this epoch.
    #[schema(value_type = schema::Lem)]
    pub compute_price: Amount,
    /// The present epoch.
    pub epoch: u64,
    /// The most that would be locked in the next epoch, if the verdict set keeps its size: prices move with demand.
    #[schema(value_type = schema::Lem)]
    pub next_epoch_max: Amount,
    /// The accepted attempts that the workload has.
    pub attempts: u64,
    /// Where the locked money goes at each end.
    pub ends: Vec<Payout>,
    /// The height of the state that was read.
    pub height: u64,
}

/// Where the locked money goes at one end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payout {
    /// The end state.
    pub state: WorkloadState,
    /// Why it would end so: as [`crate::End::reason`].
    pub reason: String,
    /// When it ends so, and what becomes of the money, in words.
    pub when: String,
    /// To the prover.
    #[schema(value_type = schema::Lem)]
    pub to_prover: Amount,
    /// To those whose verdicts are in the certificate, if all are.
    #[schema(value_type = schema::Lem)]
    pub to_verdicts: Amount,
    /// Back to the sender.
    #[schema(value_type = schema::Lem)]
    pub refunded: Amount,
    /// Burned.
    #[schema(value_type = schema::Lem)]
    pub burned: Amount,
    /// To the sender on top, for each proof that was rejected: out of its prover's bond, and not of what was locked.
    #[schema(value_type = schema::Lem)]
    pub compensation: Amount,
}
