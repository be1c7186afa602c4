use super::{Held, hold};
use crate::snapshot::Snapshot;
use types::{AccountId, State, Workload, record::Due, record::Unbonding, registry::Role, state_key};

/// No workload is lost: each that has not ended has a chain time at which it moves on by itself, is listed as due then, and
/// is where its state says; each that has ended has an end and nothing to come. No part of a bond that was taken back is lost
/// either.
pub struct NextStep;

impl NextStep {
    /// Looks at every workload.
    ///
    /// # Errors
    /// When one has no next step.
    pub fn check(&self, state: &Snapshot) -> Held {
        state.workloads.values().try_for_each(|workload| {
            let held = if workload.state.is_end() { ended(workload) } else { moves(state, workload) };
            held.map_err(|wrong| format!("workload {} is {} and {wrong}", workload.id, workload.state.word()))
        })?;
        state.unbondings().iter().try_for_each(|part| comes_back(state, part))
    }
}

/// A part of a bond falls due; one whose time is up may be kept, and is looked at again.
fn comes_back(state: &Snapshot, (role, account, part): &(Role, AccountId, Unbonding)) -> Held {
    let bucket = state_key::due_bucket(part.release);
    let listed = || state.due.get(&bucket).is_some_and(|due| due.contains(&Due::Unbonding(*role, *account)));
    let lost = || format!("a part of the bond of {account} is not listed as due in bucket {bucket}");
    hold(bucket < state.meta.due_bucket || listed(), lost)
}

fn ended(workload: &Workload) -> Held {
    hold(workload.end.is_some(), || "has no end".into())?;
    hold(workload.moves_on.is_none(), || "moves on".into())?;
    hold(workload.current().is_none(), || "has an attempt under way".into())
}

fn moves(state: &Snapshot, workload: &Workload) -> Held {
    let time = workload.moves_on.ok_or("never moves on")?;
    let bucket = state_key::due_bucket(time);
    let late = || format!("should have moved on at {time}, in bucket {bucket}; it is {}", state.meta.time);
    hold(bucket >= state.meta.due_bucket, late)?;
    let listed = state.due.get(&bucket).is_some_and(|due| due.contains(&Due::Workload(workload.id)));
    hold(listed, || format!("is not listed as due in bucket {bucket}"))?;
    hold(workload.end.is_none(), || "has an end".into())?;
    let current = workload.current().map(|(_, attempt)| attempt);
    let accepted = current.is_some_and(|attempt| attempt.accepted.is_some());
    let announced = current.is_some_and(|attempt| attempt.announced.is_some());
    match workload.state {
        State::Queued => waits(state, workload),
        State::Allocated => hold(current.is_some() && !accepted, || "no prover is asked".into()),
        State::Proving => hold(accepted && !announced, || "no prover is at it".into()),
        State::Proved => hold(accepted && announced, || "nothing was announced".into()),
        _ => Ok(()),
    }
}

/// A queued workload waits in the queue, or for a beacon that is wanted.
fn waits(state: &Snapshot, workload: &Workload) -> Held {
    hold(workload.current().is_none(), || "has an attempt under way".into())?;
    let places = state.queue.iter().filter(|id| **id == workload.id).count();
    let draw = state.entries.get(&workload.id).and_then(|entry| entry.draw);
    // One whose time is up is no longer drawn for: it is due, and waits for that alone.
    if workload.moves_on.is_some_and(|time| time <= state.meta.time) {
        return Ok(());
    }
    let Some(height) = draw else { return hold(places == 1, || format!("is {places} times in the queue")) };
    hold(places == 0, || format!("is in the queue, and waits for the beacon of height {height}"))?;
    let fixed = state.draws.get(&height).is_some_and(|draws| draws.workloads.contains(&workload.id));
    hold(fixed, || format!("is not among the draws of height {height}"))?;
    hold(state.wanted.contains(&height), || format!("waits for the beacon of height {height}, which nobody wants"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;
    use types::{ChainTime, Height};

    fn broken(change: impl FnOnce(&mut Snapshot)) -> Held {
        let mut state = samples::queued();
        change(&mut state);
        NextStep.check(&state)
    }

    const fn is_workload(due: &Due) -> bool {
        matches!(due, Due::Workload(_))
    }

    fn workload(state: &mut Snapshot) -> &mut Workload {
        state.workloads.get_mut(&samples::ID).expect("the sample")
    }

    #[test]
    fn a_workload_without_a_next_step_is_found() {
        assert_eq!(broken(|_| {}), Ok(()));
        assert!(broken(|state| workload(state).moves_on = None).is_err());
        assert!(broken(|state| state.due.clear()).is_err());
        assert!(broken(|state| state.due.values_mut().for_each(|due| due.retain(is_workload))).is_err());
        assert!(broken(|state| state.due.values_mut().for_each(|due| due.retain(|due| !is_workload(due)))).is_err());
        assert!(broken(|state| state.queue.clear()).is_err());
        assert!(broken(|state| state.queue.push(samples::ID)).is_err());
        assert!(broken(|state| state.meta.due_bucket = u64::MAX).is_err());
        assert!(broken(|state| workload(state).state = State::Allocated).is_err());
        assert!(broken(|state| workload(state).state = State::Proving).is_err());
        assert!(broken(|state| workload(state).state = State::Proved).is_err());
        assert!(broken(|state| workload(state).state = State::Failed).is_err());
    }

    #[test]
    fn a_workload_that_waits_for_a_beacon_must_be_in_its_draws() {
        let waiting = |state: &mut Snapshot| samples::fix_draw(state, Height(3));
        assert_eq!(broken(waiting), Ok(()));
        let also = |change: fn(&mut Snapshot)| {
            broken(|state| {
                samples::fix_draw(state, Height(3));
                change(state);
            })
        };
        assert!(also(|state| state.wanted.clear()).is_err());
        assert!(also(|state| state.draws.clear()).is_err());
        assert!(also(|state| state.queue.push(samples::ID)).is_err());
    }

    #[test]
    fn an_end_has_nothing_to_come() {
        let check = |change: fn(&mut Workload)| {
            let mut workload = samples::ended();
            change(&mut workload);
            ended(&workload)
        };
        assert_eq!(check(|_| {}), Ok(()));
        assert!(check(|workload| workload.moves_on = Some(ChainTime(1))).is_err());
        assert!(check(|workload| workload.end = None).is_err());
    }
}
