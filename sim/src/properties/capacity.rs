use super::{Held, hold};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use types::{AccountId, Resources, State, workload::Kind};

/// What provers have in use is what attempts under way take, and the sums over provers are those of their records (rules 3
/// and 6).
pub struct Capacity;

impl Capacity {
    /// Adds up.
    ///
    /// # Errors
    /// When a sum is wrong.
    pub fn check(&self, state: &Snapshot) -> Held {
        let mut attempts: BTreeMap<AccountId, (u64, Resources)> = BTreeMap::new();
        for workload in state.workloads.values() {
            let Some((_, attempt)) = workload.current() else { continue };
            let (live, used) = attempts.entry(attempt.prover).or_default();
            *live += 1;
            // A test takes of what is not counted yet, and after the announcement computing is over.
            if workload.kind == Kind::Run && workload.state != State::Proved {
                *used = used.plus(&workload.run.resources).ok_or("capacity in use cannot be said")?;
            }
        }
        for prover in &state.provers {
            let (live, used) = attempts.remove(&prover.account).unwrap_or_default();
            let wrong = || format!("prover {} has {live} attempts, not {}", prover.account, prover.live);
            hold(prover.live == live, wrong)?;
            let wrong = || format!("prover {} uses {used:?}, not {:?}", prover.account, prover.in_use);
            hold(prover.in_use == used, wrong)?;
        }
        hold(attempts.is_empty(), || "there are attempts of no prover".into())?;
        units(state)
    }
}

fn units(state: &Snapshot) -> Held {
    let (meta, bond_per_unit) = (&state.meta, state.meta.params.bond_per_unit);
    let used: u64 = state.provers.iter().map(|prover| u64::from(prover.in_use.cpus)).sum();
    hold(meta.units_used == used, || format!("{used} cores are in use, not {}", meta.units_used))?;
    let members = state.provers.iter().filter(|prover| prover.member);
    let offered: u64 = members.map(|prover| u64::from(prover.active(bond_per_unit).cpus)).sum();
    hold(meta.units_offered == offered, || format!("{offered} cores are offered, not {}", meta.units_offered))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;

    fn broken(change: impl FnOnce(&mut Snapshot)) -> Held {
        let mut state = samples::queued();
        change(&mut state);
        Capacity.check(&state)
    }

    #[test]
    fn what_does_not_add_up_is_found() {
        assert_eq!(broken(|_| {}), Ok(()));
        assert!(broken(|state| state.meta.units_used = 1).is_err());
        assert!(broken(|state| state.meta.units_offered += 1).is_err());
        assert!(broken(|state| state.provers[0].live = 1).is_err());
        assert!(broken(|state| state.provers[0].in_use.cpus = 1).is_err());
        assert!(broken(|state| state.provers[0].member = false).is_err());
        assert!(broken(|state| state.provers[0].draining = true).is_err());
    }
}
