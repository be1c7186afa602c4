use super::{Held, hold};
use crate::snapshot::Snapshot;
use types::{AccountId, Amount};

/// The verdict set holds just the provers that say so, and all who stand behind something are listed (rules 10 and 13).
pub struct Members;

impl Members {
    /// Compares set, list and records.
    ///
    /// # Errors
    /// When they differ.
    pub fn check(&self, state: &Snapshot) -> Held {
        let set: Vec<AccountId> = state.set.members.iter().map(|member| member.account).collect();
        hold(set.is_sorted(), || "the verdict set is not in order".into())?;
        let mut members: Vec<_> = state.provers.iter().filter(|prover| prover.member).collect();
        members.sort_by_key(|prover| prover.account);
        let same = members.iter().map(|prover| &prover.account).eq(&set);
        hold(same, || format!("verdict set {} holds others than its members", state.meta.set))?;
        let keys = members.iter().map(|prover| &prover.key).eq(state.set.members.iter().map(|member| &member.key));
        hold(keys, || format!("verdict set {} holds other keys than its members'", state.meta.set))?;
        hold(set.len() as u64 == state.meta.set_size, || format!("the verdict set has not {}", state.meta.set_size))?;
        let listed = |account: &AccountId| state.registry.provers.contains(account);
        let bonded = state.provers.iter().filter(|prover| prover.bond > Amount::ZERO);
        let lost = bonded.map(|prover| prover.account).find(|account| !listed(account));
        hold(lost.is_none(), || format!("prover {lost:?} is bonded and not listed"))?;
        let odd = state.provers.iter().find(|prover| prover.declared.is_some() != prover.test.is_some());
        hold(odd.is_none(), || format!("prover {:?} declared without a test", odd.map(|prover| prover.account)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;

    fn broken(change: impl FnOnce(&mut Snapshot)) -> Held {
        let mut state = samples::queued();
        change(&mut state);
        Members.check(&state)
    }

    #[test]
    fn a_set_of_others_is_found() {
        assert_eq!(broken(|_| {}), Ok(()));
        assert!(broken(|state| state.set = Default::default()).is_err());
        assert!(broken(|state| state.provers[0].member = false).is_err());
        assert!(broken(|state| state.provers[0].key.0[0] = 1).is_err());
        assert!(broken(|state| state.meta.set_size = 2).is_err());
        assert!(broken(|state| state.registry = Default::default()).is_err());
        assert!(broken(|state| state.provers[0].test = Some(samples::ID)).is_err());
    }
}
