//! The first thing a block does: the chain's totals and its time; block 1 also writes what genesis sets.

use crate::work::{Outcomes, Stop, Work};
use types::{
    Amount, ChainTime, Height, Resources,
    record::{Account, Meta, Prover, Tally, VerdictSet},
    state_key,
    verdict::Member,
};

/// The first version of the verdict set.
const FIRST_SET: u64 = 1;

/// Takes over what the parent left, and sets the clock.
pub(crate) fn open(work: &mut Work) -> Outcomes {
    let meta: Option<Meta> = work.find(state_key::meta())?;
    match (work.context.height, meta) {
        (1, None) => write(work)?,
        (1, Some(_)) => return Err(Stop::Broken("there is something before block 1")),
        (_, Some(meta)) => work.meta = meta,
        (_, None) => return Err(Stop::Broken("there is nothing before this block")),
    }
    follows_parent(work)?;
    let now = work.now();
    (work.meta.height, work.meta.time) = (now.height, now.time);
    Ok(())
}

/// Chain time never goes back, and one block adds at most `step_max` to it.
fn follows_parent(work: &Work) -> Outcomes {
    let (context, parent) = (&work.context, &work.meta);
    if parent.height.next() != Height(context.height) {
        return Err(Stop::Invalid("its height is not the next"));
    }
    if parent.time != ChainTime(context.parent_time_ms) {
        return Err(Stop::Invalid("its parent has another chain time"));
    }
    let latest = parent.time.after(work.genesis.params.step_max);
    if context.time_ms < context.parent_time_ms || ChainTime(context.time_ms) > latest {
        return Err(Stop::Invalid("its chain time is outside of the step that is allowed"));
    }
    if !work.genesis.validators.iter().any(|validator| validator.peer.0 == context.leader) {
        return Err(Stop::Invalid("its leader is no validator"));
    }
    Ok(())
}

/// Writes what genesis sets: balances, provers with their bonds, and the first verdict set.
fn write(work: &mut Work) -> Outcomes {
    let genesis = work.genesis.clone();
    for entry in &genesis.accounts {
        work.keep_account(entry.account, &Account { balance: entry.balance, nonce: 0 });
        add(&mut work.meta.totals.balances, entry.balance)?;
    }
    let mut members = VerdictSet::default();
    for prover in &genesis.provers {
        let bond = genesis.bond(prover).ok_or(Stop::Broken("a bond cannot be counted"))?;
        add(&mut work.meta.totals.bonds, bond)?;
        let (account, key, capacity) = (prover.account, prover.key, prover.capacity);
        let (in_use, tally) = (Resources::default(), Tally::default());
        work.write(state_key::prover(account), &Prover { account, key, bond, capacity, in_use, tally });
        members.members.push(Member { account, key }).map_err(|_| Stop::Broken("genesis has too many provers"))?;
    }
    work.meta.set = FIRST_SET;
    work.meta.set_size = members.members.len() as u64;
    work.write(state_key::verdict_set(FIRST_SET), &members);
    Ok(())
}

fn add(sum: &mut Amount, amount: Amount) -> Outcomes {
    *sum = sum.plus(amount).ok_or(Stop::Broken("genesis has more money than can be counted"))?;
    Ok(())
}
