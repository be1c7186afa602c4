use super::{Held, hold};
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;
use types::WorkloadId;

/// Every workload that has not ended is in exactly one place of the live pages, and knows it; nothing else is there.
pub struct LivePages;

impl LivePages {
    /// Compares pages and workloads.
    ///
    /// # Errors
    /// When one is missing, there twice, or there without need.
    pub fn check(&self, state: &Snapshot) -> Held {
        let pages: BTreeSet<WorkloadId> = state.live.iter().copied().collect();
        hold(pages.len() == state.live.len(), || "a workload is twice among the live ones".into())?;
        let listed = state.live.len() as u64;
        hold(listed == state.meta.live, || format!("{} workloads are live and {listed} are listed", state.meta.live))?;
        let live = state.workloads.values().filter(|workload| !workload.state.is_end());
        let live: BTreeSet<WorkloadId> = live.map(|workload| workload.id).collect();
        hold(live == pages, || format!("the live workloads are {live:?}, and the pages hold {pages:?}"))?;
        let entries: BTreeSet<WorkloadId> = state.entries.keys().copied().collect();
        hold(live == entries, || format!("the live workloads are {live:?}, and entries are kept of {entries:?}"))?;
        let at = |index: u64| usize::try_from(index).ok().and_then(|index| state.live.get(index));
        let lost = state.entries.iter().find(|(id, entry)| at(entry.index) != Some(id));
        hold(lost.is_none(), || format!("workload {:?} is not where it should be", lost.map(|(id, _)| id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;

    fn broken(change: impl FnOnce(&mut Snapshot)) -> Held {
        let mut state = samples::queued();
        change(&mut state);
        LivePages.check(&state)
    }

    #[test]
    fn what_is_missing_twice_or_misplaced_is_found() {
        assert_eq!(broken(|_| {}), Ok(()));
        assert!(broken(|state| state.live.clear()).is_err());
        assert!(broken(|state| state.live.push(samples::ID)).is_err());
        assert!(broken(|state| state.meta.live = 2).is_err());
        assert!(broken(|state| state.entries.clear()).is_err());
        assert!(broken(|state| state.workloads.clear()).is_err());
        assert!(broken(|state| state.entries.values_mut().for_each(|entry| entry.index = 1)).is_err());
    }
}
