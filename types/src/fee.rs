//! What a run costs (rule 3). All integers; every rounding is up, so that no part is ever free.

use crate::{Amount, Millis, Params, Resources, Run};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The fee of a run, part by part. The transaction's own fee comes on top and is not locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Quote {
    /// For computing: goes to the prover.
    pub compute: Amount,
    /// For verdicts: goes to the verdict set.
    pub verification: Amount,
}

impl Quote {
    /// All of it: what is locked.
    #[must_use]
    pub const fn total(&self) -> Option<Amount> {
        self.compute.plus(self.verification)
    }
}

/// The fee of a transaction of `bytes` encoded bytes, whatever it asks for.
#[must_use]
pub fn transaction_fee(params: &Params, bytes: usize) -> Option<Amount> {
    params.transaction_fee.plus(params.transaction_fee_byte.times(u64::try_from(bytes).ok()?)?)
}

/// Units of capacity that a run takes: its cores, at least one.
#[must_use]
pub const fn units(resources: &Resources) -> u64 {
    if resources.cpus == 0 { 1 } else { resources.cpus as u64 }
}

/// Computing time plus the allowance for moving the inputs, both artifacts counted.
#[must_use]
pub fn billed(params: &Params, run: &Run, artifact_bytes: u64) -> Option<Millis> {
    let bytes = run.blob_bytes().checked_add(artifact_bytes)?;
    let moving = bytes.checked_div(params.transfer_bytes_per_ms.max(1))?;
    let allowance = params.transfer_base.0.checked_add(moving)?;
    run.compute_max.0.checked_add(allowance).map(Millis)
}

/// What a run costs: price × billed time × units, and fuel × verdict set × price.
#[must_use]
pub fn quote(params: &Params, run: &Run, billed: Millis, fuel_limit: u64, set: u64) -> Option<Quote> {
    let milliseconds = billed.0.checked_mul(units(&run.resources))?;
    let compute = params.compute_price.times(milliseconds)?.0.div_ceil(1000);
    let fuel = fuel_limit.div_ceil(1_000_000);
    let verification = params.verification_price.times(fuel)?.times(set)?;
    Some(Quote { compute: Amount(compute), verification })
}
