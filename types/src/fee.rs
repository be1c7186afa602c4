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

/// What a run's resources cost in thousandths of a core: its cores, and by their weights its memory, disk and graphics
/// processors, each rounded up.
#[must_use]
pub fn multiplier(params: &Params, resources: &Resources) -> Option<u64> {
    let share = |mib: u32, weight: u64| u64::from(mib).checked_mul(weight).map(|share| share.div_ceil(1024));
    units(resources)
        .checked_mul(1000)?
        .checked_add(share(resources.memory_mib, params.memory_weight)?)?
        .checked_add(share(resources.disk_mib, params.disk_weight)?)?
        .checked_add(u64::from(resources.gpus).checked_mul(params.gpu_weight)?)
}

/// Computing time plus the allowance for moving the inputs, both artifacts counted.
#[must_use]
pub fn billed(params: &Params, run: &Run, artifact_bytes: u64) -> Option<Millis> {
    let bytes = run.blob_bytes().checked_add(artifact_bytes)?;
    let moving = bytes.checked_div(params.transfer_bytes_per_ms.max(1))?;
    let allowance = params.transfer_base.0.checked_add(moving)?;
    run.compute_max.0.checked_add(allowance).map(Millis)
}

/// What a run costs: price × billed time × multiplier, and fuel × verdict set × price.
#[must_use]
pub fn quote(
    params: &Params,
    compute_price: Amount,
    run: &Run,
    billed: Millis,
    fuel_limit: u64,
    set: u64,
) -> Option<Quote> {
    let thousandths = u128::from(billed.0).checked_mul(multiplier(params, &run.resources)?.into())?;
    let compute = thousandths.checked_mul(compute_price.0.into())?.div_ceil(1_000_000);
    Some(Quote { compute: Amount(u64::try_from(compute).ok()?), verification: verification(params, fuel_limit, set)? })
}

/// What the verdicts of a set cost: fuel, in millions rounded up, × set × price.
#[must_use]
pub fn verification(params: &Params, fuel_limit: u64, set: u64) -> Option<Amount> {
    params.verification_price.times(fuel_limit.div_ceil(1_000_000))?.times(set)
}

/// The compute price of the next epoch: it moves by at most `price_step`, in proportion to how far the use of what was
/// offered was from one half, rounded towards where it was; up by at least one where all was used.
#[must_use]
pub fn next_price(params: &Params, price: Amount, used: u128, offered: u128) -> Amount {
    const HALF: u128 = 500;
    let share = used.min(offered).saturating_mul(1000).checked_div(offered).unwrap_or(0);
    let step = |distance: u128| {
        let part = u128::from(price.0).saturating_mul(params.price_step.into()).saturating_mul(distance);
        u64::try_from(part.checked_div(1000 * HALF).unwrap_or(0)).unwrap_or(u64::MAX)
    };
    let moved = if share >= HALF {
        let up = step(share.saturating_sub(HALF));
        let least = u64::from(share == 1000 && params.price_step > 0);
        price.0.saturating_add(up.max(least))
    } else {
        price.0.saturating_sub(step(HALF.saturating_sub(share)))
    };
    Amount(moved.max(params.compute_price_min.0).min(PRICE_MAX.0))
}

/// The compute price never rises above this: far below what could not be counted for the longest run.
pub const PRICE_MAX: Amount = Amount(1 << 50);
