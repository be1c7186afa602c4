//! Bonds (rules 4 and 13): what validators and provers stand to lose. A part that is taken back counts for nothing any more,
//! and is paid back once it can no longer have to answer for anything.

use crate::{
    check, due, epoch, life,
    money::Why,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, ChainTime, List, Millis, Refusal, TxId,
    limits::UNBONDINGS_MAX,
    record::{Cause, Due, Prover, Registry, Unbonding, Validator, Validators},
    registry::Role,
    state_key,
};

const UNCOUNTABLE: Stop = Stop::Broken("a bond is above all money there is");
/// Until a part that is kept is looked at again.
const LOOK_AGAIN: Millis = Millis(60_000);

/// Rule 13: adds to a bond.
pub(crate) fn bond(work: &mut Work, sender: AccountId, role: Role, amount: Amount, id: TxId) -> Outcomes {
    check::something(amount)?;
    work.bond(sender, amount, Why(Cause::Bond, Some(id.0)))?;
    match role {
        Role::Validator => change_validator(work, sender, |validator| {
            validator.bond = validator.bond.plus(amount).ok_or(Refusal::Overflow)?;
            Ok(())
        }),
        Role::Prover => {
            let bonded = registered(work, sender)?.bond.plus(amount).ok_or(Refusal::Overflow)?;
            check::bond(&work.meta.params, bonded)?;
            life::change_prover(work, sender, |prover| {
                prover.bond = bonded;
                Some(())
            })?;
            list(work, sender)
        }
    }
}

/// Rule 13: takes back of a bond. It no longer counts for seats and tickets, but still answers for what was done.
pub(crate) fn unbond(work: &mut Work, sender: AccountId, role: Role, amount: Amount) -> Outcomes {
    check::something(amount)?;
    let release = work.now().time.after(work.meta.params.unbond_delay);
    let part = Unbonding { amount, release, epoch: work.meta.epoch };
    match role {
        Role::Validator => change_validator(work, sender, |validator| {
            validator.bond = less(validator.bond, amount)?;
            set_aside(&mut validator.unbonding, part)
        })?,
        Role::Prover => {
            let prover = registered(work, sender)?;
            let bond = less(prover.bond, amount)?;
            check::bond(&work.meta.params, bond)?;
            let mut unbonding = prover.unbonding;
            set_aside(&mut unbonding, part)?;
            life::change_prover(work, sender, |prover| {
                (prover.bond, prover.unbonding) = (bond, unbonding);
                Some(())
            })?;
        }
    }
    due::add(work, Due::Unbonding(role, sender), release)
}

pub(crate) fn less(bond: Amount, amount: Amount) -> Result<Amount, Refusal> {
    bond.minus(amount).ok_or(Refusal::Funds { balance: bond, needed: amount })
}

pub(crate) fn set_aside(unbonding: &mut List<Unbonding, UNBONDINGS_MAX>, part: Unbonding) -> Result<(), Refusal> {
    unbonding
        .push(part)
        .map_err(|_| Refusal::NotWhile(format!("{UNBONDINGS_MAX} parts of the bond wait to be paid back")))
}

/// The prover of an account.
pub(crate) fn registered(work: &mut Work, account: AccountId) -> Outcomes<Prover> {
    let prover: Option<Prover> = work.find(state_key::prover(account))?;
    Ok(prover.ok_or_else(|| Refusal::NoRole("prover".to_owned()))?)
}

/// Puts a prover on the list of those that may become active.
pub(crate) fn list(work: &mut Work, account: AccountId) -> Outcomes {
    let registry: Registry = work.read(state_key::registry())?;
    if let Some(registry) = listed(registry, account)? {
        work.write(state_key::registry(), &registry);
    }
    Ok(())
}

/// The list with an account; none if it is there already.
pub(crate) fn listed(registry: Registry, account: AccountId) -> Result<Option<Registry>, Refusal> {
    let Err(place) = registry.provers.binary_search(&account) else { return Ok(None) };
    let mut provers = registry.provers.into_vec();
    provers.insert(place, account);
    let full = |_| Refusal::Full(types::limits::REGISTERED_MAX as u64);
    Ok(Some(Registry { provers: List::new(provers).map_err(full)? }))
}

fn change_validator(
    work: &mut Work,
    account: AccountId,
    change: impl FnOnce(&mut Validator) -> Result<(), Refusal>,
) -> Outcomes {
    let mut all: Validators = work.read(state_key::validators())?;
    let own = all.validators.iter_mut().find(|validator| validator.account == account);
    change(own.ok_or_else(|| Refusal::NoRole("validator".to_owned()))?)?;
    work.write(state_key::validators(), &all);
    Ok(())
}

/// A part of a bond falls due. It is kept for as long as an attempt of the prover is not over or its verdicts still
/// weigh it, or the validator is seated.
pub(crate) fn release(work: &mut Work, role: Role, account: AccountId) -> Outcomes {
    let now = work.now().time;
    let paid = match role {
        Role::Validator => release_validator(work, account, now)?,
        Role::Prover => release_prover(work, account, now)?,
    };
    match paid {
        Some(amount) => work.unbond(account, amount, Why(Cause::Unbond, None)),
        None => due::add(work, Due::Unbonding(role, account), now.after(LOOK_AGAIN)),
    }
}

fn release_prover(work: &mut Work, account: AccountId, now: ChainTime) -> Outcomes<Option<Amount>> {
    let prover: Prover = work.read(state_key::prover(account))?;
    let weighed = |part: &Unbonding| part.release <= now && part.epoch >= work.meta.epoch;
    if prover.live > 0 || (prover.member && prover.unbonding.iter().any(weighed)) {
        return Ok(None);
    }
    let (paid, left) = split(prover.unbonding, now)?;
    life::change_prover(work, account, |prover| {
        prover.unbonding = left;
        Some(())
    })?;
    Ok(Some(paid))
}

fn release_validator(work: &mut Work, account: AccountId, now: ChainTime) -> Outcomes<Option<Amount>> {
    let mut all: Validators = work.read(state_key::validators())?;
    let Some(validator) = all.validators.iter_mut().find(|validator| validator.account == account) else {
        return Err(Stop::Broken("a bond without its validator"));
    };
    if epoch::is_named(work, validator.peer)? {
        return Ok(None);
    }
    let (paid, left) = split(std::mem::take(&mut validator.unbonding), now)?;
    validator.unbonding = left;
    work.write(state_key::validators(), &all);
    Ok(Some(paid))
}

/// What is due of the parts, and the others.
fn split(
    parts: List<Unbonding, UNBONDINGS_MAX>,
    now: ChainTime,
) -> Outcomes<(Amount, List<Unbonding, UNBONDINGS_MAX>)> {
    let (due, left): (Vec<_>, Vec<_>) = parts.into_vec().into_iter().partition(|part| part.release <= now);
    let paid = due.iter().try_fold(Amount::ZERO, |sum, part| sum.plus(part.amount)).ok_or(UNCOUNTABLE)?;
    Ok((paid, List::truncated(left)))
}
