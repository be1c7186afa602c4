//! Misses (rules 7 and 13): they cost no bond, but a prover that missed workloads of several users within a while is jailed.

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

/// Counts a miss at a workload of `user`: the latest of each user, as long as it is within the window.
pub(crate) fn miss(work: &mut Work, account: AccountId, user: AccountId) -> Outcomes {
    let (now, params) = (work.now().time, work.meta.params.clone());
    let prover: Prover = work.read(state_key::prover(account))?;
    if prover.jailed.is_some() {
        return Ok(());
    }
    let counts = |miss: &&Miss| miss.user != user && miss.time.after(params.jail_window) > now;
    let mut misses: Vec<Miss> = prover.misses.iter().filter(counts).copied().collect();
    misses.push(Miss { user, time: now });
    let jailed = (misses.len() as u64 >= params.jail_users).then(|| now.after(params.jail_delay));
    let left = if jailed.is_some() { Vec::new() } else { misses };
    life::change_prover(work, account, |prover| {
        prover.jailed = jailed;
        prover.misses = List::truncated(left);
        Some(())
    })?;
    jailed.map_or(Ok(()), |until| work.tell(ChainEvent::Jailed { prover: account, until }))
}

/// Members that were silent for an epoch.
pub(crate) fn all_absent(work: &mut Work, absent: &[AccountId]) -> Outcomes {
    work.each(absent, |work, account| miss(work, *account, NOBODY))
}
