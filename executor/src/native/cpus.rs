//! Which processors a job gets: those with the fewest jobs on them.

use std::sync::{Mutex, PoisonError};

use rustix::thread::CpuSet;

/// The processors that this process may use, with the number of jobs on each.
pub(super) struct Cpus(Mutex<Vec<(usize, usize)>>);

impl Cpus {
    /// Those of this process's affinity.
    pub(super) fn of_this_process() -> std::io::Result<Self> {
        let set = rustix::thread::sched_getaffinity(None)?;
        let all = (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).map(|cpu| (0, cpu)).collect();
        Ok(Self(Mutex::new(all)))
    }

    /// The least used `count` of them, at least one and at most all; given back when dropped.
    pub(super) fn take(&self, count: usize) -> Share<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.sort_unstable();
        let count = count.clamp(1, all.len().max(1));
        let taken = all.iter_mut().take(count);
        let cpus = taken
            .map(|(jobs, cpu)| {
                *jobs += 1;
                *cpu
            })
            .collect();
        Share { of: self, cpus }
    }
}

/// The processors of one job.
pub(super) struct Share<'a> {
    of: &'a Cpus,
    pub(super) cpus: Vec<usize>,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut all = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (jobs, _) in all.iter_mut().filter(|(_, cpu)| self.cpus.contains(cpu)) {
            *jobs = jobs.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_get_different_processors_while_there_are_any() {
        let cpus = Cpus(Mutex::new(vec![(0, 2), (0, 5), (0, 7)]));
        let first = cpus.take(2);
        let second = cpus.take(2);
        assert_eq!((first.cpus.as_slice(), second.cpus.as_slice()), ([2, 5].as_slice(), [7, 2].as_slice()));
        drop(first);
        assert_eq!(cpus.take(9).cpus.len(), 3);
        assert_eq!(cpus.take(0).cpus, [5]);
    }
}
