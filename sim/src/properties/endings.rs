use super::{Held, hold};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use types::{Workload, WorkloadId};

/// A workload that has ended stays as it is, for everybody and for ever.
#[derive(Default)]
pub struct Endings {
    ended: BTreeMap<WorkloadId, Workload>,
}

impl Endings {
    /// Compares what has ended with what had.
    ///
    /// # Errors
    /// When an end has changed.
    pub fn check(&mut self, state: &Snapshot) -> Held {
        for workload in state.workloads.values().filter(|workload| workload.state.is_end()) {
            let first = self.ended.entry(workload.id).or_insert_with(|| workload.clone());
            hold(first == workload, || format!("workload {} has ended twice, in different ways", workload.id))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;
    use types::State;

    #[test]
    fn an_end_that_changes_is_found() {
        let mut endings = Endings::default();
        let mut state = samples::queued();
        let ended = samples::ended();
        state.workloads.insert(ended.id, ended.clone());
        assert_eq!(endings.check(&state), Ok(()));
        assert_eq!(endings.check(&state), Ok(()));
        state.workloads.insert(ended.id, Workload { state: State::Failed, ..ended });
        assert!(endings.check(&state).is_err());
    }
}
