//! Votes on parameters: what more than two thirds of the seats want holds from the next epoch on.

use crate::{
    epoch,
    work::{Outcomes, Work},
};
use std::collections::BTreeMap;
use types::{
    AccountId, List, Params, Refusal,
    genesis::PeerId,
    params::PARAMETERS,
    record::{Ballot, Ballots},
    registry::Changes,
    state_key,
};

/// Takes the vote of a validator, in place of what it wanted before. An empty one takes that back. It counts for the seats that
/// the validator has.
pub(crate) fn take(work: &mut Work, sender: AccountId, changes: &Changes) -> Outcomes {
    let changed = changed(&work.meta.params, changes)?;
    changed.check().map_err(|error| Refusal::Parameter(error.to_string()))?;
    if !work.genesis.validators.iter().any(|validator| validator.account == sender) {
        return Err(Refusal::NoRole("validator".to_owned()).into());
    }
    let mut ballots: Ballots = work.find(state_key::ballots())?.unwrap_or_default();
    ballots.epoch = work.meta.epoch;
    let mut entries = ballots.ballots.into_vec();
    entries.retain(|ballot| ballot.account != sender);
    if !changes.is_empty() {
        entries.push(Ballot { account: sender, changes: changes.clone() });
    }
    // No more entries than validators: each is of another account.
    ballots.ballots = List::truncated(entries);
    work.write(state_key::ballots(), &ballots);
    Ok(())
}

/// The parameters with these changes: ascending by name, each of one that may be changed.
pub(crate) fn changed(params: &Params, changes: &Changes) -> Result<Params, Refusal> {
    let mut changed = params.clone();
    if !changes.iter().zip(changes.iter().skip(1)).all(|(one, next)| one.parameter < next.parameter) {
        return Err(Refusal::Parameter("names must be ascending, each once".to_owned()));
    }
    for change in changes {
        let known = PARAMETERS.iter().find(|parameter| parameter.name == &*change.parameter);
        let parameter = known.ok_or_else(|| Refusal::Parameter(format!("{} is not known", &*change.parameter)))?;
        if !parameter.votable {
            return Err(Refusal::Parameter(format!("{} stays for the life of the chain", parameter.name)));
        }
        changed.set(parameter.name, change.value);
    }
    Ok(changed)
}

/// Seats of an account among those that sign.
fn seats_among(work: &Work, signing: &[PeerId], account: AccountId) -> u64 {
    let own = work.genesis.validators.iter().filter(|validator| validator.account == account);
    own.filter(|validator| signing.contains(&validator.peer)).count() as u64
}

/// The epoch ends: changes that more than two thirds of its seats want take effect, as long as they still hold together.
pub(crate) fn count(work: &mut Work) -> Outcomes {
    let Some(ballots) = work.find::<Ballots>(state_key::ballots())? else { return Ok(()) };
    let epoch = work.meta.epoch;
    let signing = epoch::signing(work, epoch)?;
    let mut backing: BTreeMap<&Changes, u64> = BTreeMap::new();
    for ballot in &ballots.ballots {
        let seats = seats_among(work, &signing, ballot.account);
        let sum = backing.entry(&ballot.changes).or_default();
        *sum = sum.saturating_add(seats);
    }
    let enough = |seats: u64| seats.saturating_mul(3) > work.meta.seats.saturating_mul(2);
    let winner = backing.into_iter().find(|(_, seats)| enough(*seats)).map(|(changes, _)| changes);
    if let Some(params) =
        winner.and_then(|changes| changed(&work.meta.params, changes).ok()).filter(|params| params.check().is_ok())
    {
        work.meta.params = params;
    }
    work.remove(state_key::ballots());
    Ok(())
}
