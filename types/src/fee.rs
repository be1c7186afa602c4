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
/// offered was from one half, rounded towards where it was; up by at least one where all was used. Where nothing was offered it stays.
#[must_use]
pub fn next_price(params: &Params, price: Amount, used: u128, offered: u128) -> Amount {
    const HALF: u128 = 500;
    if offered == 0 {
        return price;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(price: u64, used: u128, offered: u128) -> u64 {
        next_price(&Params::default(), Amount(price), used, offered).0
    }

    #[test]
    fn the_price_moves_towards_half_of_what_is_offered() {
        assert_eq!(next(10_000_000, 50, 100), 10_000_000, "half is used: it stays");
        assert_eq!(next(10_000_000, 100, 100), 11_250_000, "all is used: up by an eighth");
        assert_eq!(next(10_000_000, 0, 100), 8_750_000, "nothing is used: down by an eighth");
        assert_eq!(next(10_000_000, 75, 100), 10_625_000, "half way up");
        assert_eq!(next(10_000_000, 25, 100), 9_375_000, "half way down");
        assert_eq!(next(10_000_000, 200, 100), 11_250_000, "more than all is all");
    }

    #[test]
    fn the_price_has_a_floor_and_a_ceiling_and_never_sticks_below_demand() {
        let least = Params::default().compute_price_min.0;
        assert_eq!(next(least, 0, 100), least);
        assert_eq!(next(PRICE_MAX.0, 100, 100), PRICE_MAX.0);
        let params = Params { compute_price_min: Amount(1), ..Params::default() };
        assert_eq!(next_price(&params, Amount(1), 100, 100), Amount(2), "an eighth of one is rounded up to one");
        let still = Params { price_step: 0, ..params };
        assert_eq!(next_price(&still, Amount(1), 100, 100), Amount(1));
    }

    proptest! {
        #[test]
        fn the_price_moves_by_at_most_a_step_in_the_right_direction(
            price in 80_000..PRICE_MAX.0,
            used in any::<u64>(),
            offered in any::<u64>(),
        ) {
            let (price, next) = (u128::from(price), u128::from(next(price, used.into(), offered.into())));
            prop_assert!(next * 1000 <= price * 1125 && next * 1000 >= price * 875, "{price} and then {next}");
            let busy = u128::from(used) * 2 >= u128::from(offered) && offered > 0;
            prop_assert!(if busy { next + 1 >= price } else { next <= price }, "{price} and then {next}");
        }
    }

    #[test]
    fn what_a_run_costs_is_rounded_up_part_by_part() {
        let params = Params::default();
        let one = Resources { cpus: 1, memory_mib: 1, disk_mib: 1, gpus: 0, gpu_class: 0, ..Resources::default() };
        assert_eq!(multiplier(&params, &one), Some(1002));
        assert_eq!(multiplier(&params, &Resources { gpus: 2, gpu_class: 80, ..one }), Some(17_002));
        assert_eq!(units(&Resources::default()), 1);
        assert_eq!(verification(&params, 1, 4), Some(Amount(4_000)));
        assert_eq!(verification(&params, 1_000_001, 4), Some(Amount(8_000)));
        assert_eq!(verification(&params, u64::MAX, u64::MAX), None);
    }
}
