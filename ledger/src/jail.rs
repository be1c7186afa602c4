//! Misses (rules 7 and 13): they cost no bond, but a prover that missed workloads of several users within a while is jailed.
//!
//! Silence is a prover's own doing. A fail where another succeeded can be arranged, by a program that fails for all but its
//! friends; so those count only as long as the prover has no proof found valid in between.

use crate::{
    life,
    work::{Outcomes, Work},
};
use types::{
    AccountId, ChainEvent, List,
    record::{Miss, Prover},
    state_key,
};

/// Whose miss it is where a whole epoch was missed.
const NOBODY: AccountId = AccountId([0; 32]);

/// Counts a miss at a workload of `user`: the latest of each user, as long as it is within the window. `fail` as in [`Miss`].
pub(crate) fn miss(work: &mut Work, account: AccountId, user: AccountId, fail: bool) -> Outcomes {
    let (now, params) = (work.now().time, work.meta.params.clone());
    let prover: Prover = work.read(state_key::prover(account))?;
    if prover.jailed.is_some() {
        return Ok(());
    }
    let counts = |miss: &&Miss| miss.user != user && miss.time.after(params.jail_window) > now;
    let mut misses: Vec<Miss> = prover.misses.iter().filter(counts).copied().collect();
    misses.push(Miss { fail, user, time: now });
    let jailed = (misses.len() as u64 >= params.jail_users).then(|| now.after(params.jail_delay));
    let left = if jailed.is_some() { Vec::new() } else { misses };
    life::change_prover(work, account, |prover| {
        prover.jailed = jailed;
        prover.misses = List::truncated(left);
        Some(())
    })?;
    jailed.map_or(Ok(()), |until| work.tell(ChainEvent::Jailed { prover: account, until }))
}

/// A proof was found valid: fails before it count no longer.
pub(crate) fn proved(prover: &mut Prover) {
    let misses = prover.misses.iter().filter(|miss| !miss.fail).copied().collect();
    prover.misses = List::truncated(misses);
}

/// Members that were silent for an epoch.
pub(crate) fn all_absent(work: &mut Work, absent: &[AccountId]) -> Outcomes {
    work.each(absent, |work, account| miss(work, *account, NOBODY, false))
}
