//! The circuit breaker: a prover that fails again and again by its own fault takes no new workloads, before that costs it more.
//!
//! What counts is what the prover alone is to blame for, one failure for each workload:
//!
//! - `host`: its machine failed at an attempt: disk, sandbox, a runtime that it declared and has not;
//! - `missed`: a deadline passed while the attempt ran here;
//! - `rejected`, `unavailable`: two thirds found its proof invalid, or could not fetch it;
//! - `refuted`: it said that an attempt failed, and another prover made the proof.
//!
//! A fail alone does not count, nor a proof that does not pass its own check, nor inputs that cannot be fetched: the program or
//! its user may be to blame, and strangers could open the breaker of every prover. A proof that is verified begins anew.
//!
//! [`Breaker`] decides; `keep` does what follows from it.

mod keep;

use crate::config;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use types::{
    AccountId, ChainEvent, State, WorkloadId,
    event::{AttemptEndKind, Outcome},
};

pub use keep::keep_breaker;

/// Workloads that are remembered until they end.
const HELD_MAX: usize = 4096;

/// What a prover did about a workload that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// It began with an attempt.
    Begun,
    /// Its proof is announced.
    Proved,
    /// It said that it failed.
    Failed,
    /// It counted already.
    Counted,
}

/// Something that a prover is to blame for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// `host`, `missed`, `rejected`, `unavailable` or `refuted`.
    pub(crate) what: String,
    /// Of which workload.
    pub(crate) workload: WorkloadId,
    /// When, by chain time.
    pub(crate) time_ms: u64,
}

/// Why a breaker is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    /// Since when, by chain time.
    pub(crate) since_ms: u64,
    /// The failures that opened it.
    pub(crate) failures: Vec<Failure>,
    /// Whether the chain was seen to know that the prover drains: when it does not any more, the operator has ended it.
    pub(crate) drained: bool,
}

/// A breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    limits: config::Breaker,
    me: Option<AccountId>,
    held: BTreeMap<WorkloadId, Held>,
    /// In a row, the oldest first.
    failures: VecDeque<Failure>,
    open: Option<Open>,
    now_ms: u64,
}

impl Breaker {
    /// A closed breaker of a prover; of none, one that stays closed.
    pub(crate) fn new(limits: config::Breaker, me: Option<AccountId>) -> Self {
        Self { limits, me, held: BTreeMap::new(), failures: VecDeque::new(), open: None, now_ms: 0 }
    }

    /// Why it is open.
    pub(crate) const fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Failures in a row, and how many open it.
    pub(crate) fn count(&self) -> (usize, u32) {
        (self.failures.len(), self.limits.failures)
    }

    /// An attempt of this node begins.
    pub(crate) fn begun(&mut self, workload: WorkloadId) {
        if self.held.len() < HELD_MAX {
            self.held.entry(workload).or_insert(Held::Begun);
        }
    }

    /// This machine failed at an attempt.
    pub(crate) fn faulted(&mut self, workload: WorkloadId) {
        self.fail("host", workload);
    }

    /// What a block did.
    pub(crate) fn hear(&mut self, outcome: &Outcome, time_ms: u64) {
        self.now_ms = time_ms;
        outcome.events.iter().for_each(|event| self.event(event));
    }

    fn event(&mut self, event: &ChainEvent) {
        match event {
            ChainEvent::Proved { workload, prover, .. } if Some(*prover) == self.me => {
                self.put(*workload, Held::Proved);
            }
            ChainEvent::AttemptEnded { workload, prover, end, .. } if Some(*prover) == self.me => {
                self.attempt_ended(*workload, *end);
            }
            ChainEvent::Ended { workload, state, .. } => self.ended(*workload, *state),
            _ => {}
        }
    }

    fn attempt_ended(&mut self, workload: WorkloadId, end: AttemptEndKind) {
        use AttemptEndKind as E;
        let begun = self.held.get(&workload) == Some(&Held::Begun);
        match end {
            E::Failed => self.put(workload, Held::Failed),
            E::Rejected | E::Unavailable => self.fail(end.word(), workload),
            E::Missed if begun => self.fail(end.word(), workload),
            // This node was away, or the proof was judged by nobody.
            E::Missed | E::Silent | E::HandedBack | E::Undecided => {}
        }
    }

    fn ended(&mut self, workload: WorkloadId, state: State) {
        match (self.held.get(&workload), state) {
            (Some(Held::Proved), State::Verified) => self.failures.clear(),
            (Some(Held::Failed), State::Verified) => self.fail("refuted", workload),
            _ => {}
        }
        self.held.remove(&workload);
    }

    /// Remembers what was done, but for a workload that counted.
    fn put(&mut self, workload: WorkloadId, held: Held) {
        let known = self.held.get(&workload);
        if known.is_some_and(|known| *known != Held::Counted) || known.is_none() && self.held.len() < HELD_MAX {
            self.held.insert(workload, held);
        }
    }

    fn fail(&mut self, what: &str, workload: WorkloadId) {
        let counted = self.held.get(&workload) == Some(&Held::Counted);
        if counted || self.open.is_some() || self.me.is_none() {
            return;
        }
        self.put(workload, Held::Counted);
        let from_ms = self.now_ms.saturating_sub(self.limits.window_s.saturating_mul(1000));
        self.failures.retain(|failure| failure.time_ms >= from_ms);
        self.failures.push_back(Failure { what: what.to_owned(), workload, time_ms: self.now_ms });
        self.judge();
    }

    /// Opens, when there were as many failures as it takes.
    fn judge(&mut self) {
        match self.limits.failures as usize {
            0 => self.failures.clear(),
            most if self.failures.len() >= most => {
                let failures = std::mem::take(&mut self.failures).into();
                self.open = Some(Open { since_ms: self.now_ms, failures, drained: false });
            }
            _ => {}
        }
    }

    /// As it was before a restart.
    pub(crate) fn reopen(&mut self, open: Open) {
        self.open = Some(open);
    }

    /// The chain says whether the prover drains. An open breaker closes when it did and does not any more.
    pub(crate) fn chain_says(&mut self, draining: bool) {
        match &mut self.open {
            Some(open) if draining => open.drained = true,
            Some(open) if open.drained => self.open = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{EndReason, Height, List};

    const ME: AccountId = AccountId([1; 32]);

    fn breaker() -> Breaker {
        Breaker::new(config::Breaker { failures: 3, window_s: 60 }, Some(ME))
    }

    fn hear(breaker: &mut Breaker, time_s: u64, event: ChainEvent) {
        breaker.hear(&Outcome { height: Height(1), events: List::truncated(vec![event]) }, time_s * 1000);
    }

    fn id(workload: u8) -> WorkloadId {
        WorkloadId([workload; 32])
    }

    fn end(workload: u8, prover: AccountId, end: AttemptEndKind) -> ChainEvent {
        ChainEvent::AttemptEnded { workload: id(workload), attempt: 1, prover, end }
    }

    fn verified(workload: u8) -> ChainEvent {
        ChainEvent::Ended { workload: id(workload), state: State::Verified, reason: EndReason::Proved }
    }

    fn proved(workload: u8) -> ChainEvent {
        let proof = types::BlobId([0; 32]);
        ChainEvent::Proved { workload: id(workload), attempt: 1, prover: ME, proof, size: 1 }
    }

    #[test]
    fn so_many_failures_in_a_row_open_it_and_a_verified_proof_begins_anew() {
        let mut breaker = breaker();
        hear(&mut breaker, 1, end(1, ME, AttemptEndKind::Rejected));
        breaker.faulted(id(2));
        assert_eq!((breaker.count(), breaker.open()), ((2, 3), None));
        hear(&mut breaker, 2, proved(3));
        hear(&mut breaker, 3, verified(3));
        assert_eq!(breaker.count().0, 0);
        hear(&mut breaker, 4, end(4, ME, AttemptEndKind::Unavailable));
        hear(&mut breaker, 5, end(5, ME, AttemptEndKind::Rejected));
        breaker.faulted(id(6));
        let open = breaker.open().expect("open");
        let what: Vec<&str> = open.failures.iter().map(|failure| failure.what.as_str()).collect();
        assert_eq!((what, open.since_ms), (vec!["unavailable", "rejected", "host"], 5_000));
    }

    #[test]
    fn what_strangers_can_bring_about_does_not_count() {
        use AttemptEndKind as E;
        let mut breaker = breaker();
        for number in 1..=20 {
            hear(&mut breaker, 1, end(number, ME, E::Failed));
            hear(&mut breaker, 1, end(number + 20, AccountId([2; 32]), E::Rejected));
            hear(&mut breaker, 1, end(number + 40, ME, E::Silent));
            hear(&mut breaker, 1, end(number + 60, ME, E::Missed));
            hear(&mut breaker, 1, end(number + 80, ME, E::Undecided));
            hear(&mut breaker, 1, end(number + 100, ME, E::HandedBack));
        }
        assert_eq!((breaker.count().0, breaker.open()), (0, None));
    }

    #[test]
    fn a_fail_counts_when_another_made_the_proof_and_a_miss_when_the_attempt_ran_here() {
        let mut breaker = breaker();
        hear(&mut breaker, 1, end(1, ME, AttemptEndKind::Failed));
        hear(&mut breaker, 2, verified(1));
        breaker.begun(id(2));
        hear(&mut breaker, 3, end(2, ME, AttemptEndKind::Missed));
        assert_eq!(breaker.count().0, 2);
    }

    #[test]
    fn one_workload_counts_once_and_old_failures_not_at_all() {
        let mut breaker = breaker();
        hear(&mut breaker, 1, end(9, ME, AttemptEndKind::Silent));
        (0..9).for_each(|_| breaker.faulted(id(1)));
        hear(&mut breaker, 1, end(1, ME, AttemptEndKind::Failed));
        hear(&mut breaker, 1, verified(1));
        assert_eq!(breaker.count().0, 1);
        hear(&mut breaker, 50, end(2, ME, AttemptEndKind::Rejected));
        hear(&mut breaker, 62, end(3, ME, AttemptEndKind::Rejected));
        assert_eq!((breaker.count().0, breaker.open()), (2, None), "the first was a minute ago");
    }

    #[test]
    fn it_closes_when_the_chain_drained_and_does_not_any_more() {
        let mut first = breaker();
        (1..=3).for_each(|workload| first.faulted(id(workload)));
        first.chain_says(false);
        assert!(first.open().is_some(), "the chain does not know yet");
        first.chain_says(true);
        let mut again = breaker();
        again.reopen(first.open().expect("open").clone());
        again.chain_says(false);
        assert_eq!((again.open(), again.count().0), (None, 0));
    }

    #[test]
    fn none_is_no_limit() {
        let mut breaker = Breaker::new(config::Breaker { failures: 0, window_s: 60 }, Some(ME));
        (0..200).for_each(|workload| breaker.faulted(id(workload)));
        assert_eq!((breaker.open(), breaker.count().0), (None, 0));
    }
}
