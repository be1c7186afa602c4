use super::{Held, hold};
use crate::snapshot::Snapshot;
use types::Amount;

/// Balances, bonds, escrow and what was burned are together what there was at genesis, and each is the sum of its parts
/// (rule 12).
pub struct Conservation {
    /// All money there is.
    pub supply: Amount,
}

impl Conservation {
    /// Adds up.
    ///
    /// # Errors
    /// When a sum is wrong.
    pub fn check(&self, state: &Snapshot) -> Held {
        let totals = &state.meta.totals;
        let sum = totals.sum();
        hold(sum == Some(self.supply), || format!("all money is {sum:?}, where the supply is {}", self.supply))?;
        part("balances", totals.balances, state.accounts.values().map(|account| account.balance))?;
        let provers = state.provers.iter().map(|prover| prover.bond);
        let validators = state.validators.validators.iter().map(|validator| validator.bond);
        let unbonding = state.unbondings().into_iter().map(|(_, _, part)| part.amount);
        part("bonds", totals.bonds, provers.chain(validators).chain(unbonding))?;
        let live = state.workloads.values().filter(|workload| !workload.state.is_end());
        part("escrow", totals.escrow, live.map(|workload| workload.fee.total().unwrap_or_default()))?;
        state.workloads.values().try_for_each(payouts)
    }
}

/// What a workload locked is paid out, paid back or burned at its end, to the last unit (rule 3).
fn payouts(workload: &types::Workload) -> Held {
    let Some(end) = workload.end else { return Ok(()) };
    let parts = [end.to_prover, end.to_verdicts, end.refunded, end.burned];
    let sum = parts.into_iter().try_fold(Amount::ZERO, Amount::plus);
    hold(sum == workload.fee.total(), || format!("workload {} locked {:?} and paid {sum:?}", workload.id, workload.fee))
}

fn part(what: &str, total: Amount, mut parts: impl Iterator<Item = Amount>) -> Held {
    let sum = parts.try_fold(Amount::ZERO, Amount::plus);
    hold(sum == Some(total), || format!("{what} are {total} in all, and {sum:?} one by one"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;
    use types::List;

    fn broken(change: impl FnOnce(&mut Snapshot)) -> Held {
        let mut state = samples::queued();
        change(&mut state);
        Conservation { supply: samples::SUPPLY }.check(&state)
    }

    #[test]
    fn money_that_comes_or_goes_is_found() {
        assert_eq!(broken(|_| {}), Ok(()));
        assert!(broken(|state| state.meta.totals.burned = Amount(1)).is_err());
        assert!(broken(|state| state.accounts.clear()).is_err());
        assert!(broken(|state| state.provers[0].bond = Amount(1)).is_err());
        assert!(broken(|state| state.provers[0].unbonding = List::default()).is_err());
        assert!(broken(|state| state.validators = Default::default()).is_err());
        assert!(broken(|state| state.workloads.clear()).is_err());
        assert!(
            broken(|state| {
                state.meta.totals.balances = Amount(99);
                state.meta.totals.burned = Amount(1);
            })
            .is_err()
        );
    }

    #[test]
    fn an_end_that_pays_too_much_is_found() {
        let mut workload = samples::ended();
        assert_eq!(payouts(&workload), Ok(()));
        workload.end.as_mut().expect("an end").to_prover = Amount(11);
        assert!(payouts(&workload).is_err());
    }
}
