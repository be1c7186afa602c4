use super::{Held, hold};
use types::{Amount, Params};

/// The compute price moves at most by its step from one epoch to the next, and never below its least (rule 3).
pub struct Prices;

impl Prices {
    /// Looks at the prices of all epochs. `params` are those of genesis.
    ///
    /// # Errors
    /// When one moved too far.
    pub fn check(&self, params: &Params, prices: &[Amount]) -> Held {
        prices.windows(2).try_for_each(|pair| {
            let (before, after) = (pair[0], pair[1]);
            let most = before.share(params.price_step, 1_000).unwrap_or_default().0.max(1);
            let moved = before.0.abs_diff(after.0);
            hold(moved <= most, || format!("the compute price moves from {before} to {after}"))?;
            hold(after >= params.compute_price_min, || format!("the compute price falls to {after}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_jumps_is_found() {
        let check = |prices: &[u64]| {
            let prices: Vec<Amount> = prices.iter().copied().map(Amount).collect();
            Prices.check(&Params::default(), &prices)
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[8_000_000, 9_000_000, 7_875_000]), Ok(()));
        assert!(check(&[8_000_000, 9_000_001]).is_err());
        assert!(check(&[8_000_000, 6_999_999]).is_err());
        assert!(check(&[10_000, 9_999]).is_err());
    }
}
