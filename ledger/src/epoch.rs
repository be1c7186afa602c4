//! What holds for an epoch and changes at its boundary: seats, active provers, prices, parameters (rules 3, 4 and 10).

use crate::{
    jail, life, vote,
    work::{Outcomes, Stop, Work},
};
use ports::Key;
use std::cmp::Reverse;
use types::{
    AccountId, Amount, ChainEvent, Genesis, List, Resources, fee,
    genesis::{PeerId, seats},
    limits::VALIDATORS_MAX,
    record::{Offers, Prover, Registry, Seats, Validators, VerdictSet},
    state_key,
    verdict::Member,
};

/// Who is named for an epoch signs in the next; who is named is decided two epochs ahead.
const AHEAD: u64 = 2;

/// Begins an epoch, if the block is its first.
pub(crate) fn open(work: &mut Work) -> Outcomes {
    let (last, epoch) = (work.meta.epoch, work.context.epoch);
    if epoch == last {
        return Ok(());
    }
    if last.checked_add(1) != Some(epoch) {
        return Err(Stop::Invalid("its epoch is not the next"));
    }
    let registry: Registry = work.read(state_key::registry())?;
    work.require(registry.provers.iter().map(|prover| state_key::prover(*prover)).chain([state_key::offers()]))?;
    // What was offered was counted by the parameters that still hold.
    let absent = absent(work)?;
    jail::all_absent(work, &absent)?;
    vote::count(work)?;
    turn_price(work);
    name_seats(work, epoch)?;
    work.meta.epoch = epoch;
    work.meta.seats = signing(work, epoch)?.len() as u64;
    turn_set(work, &registry, last)?;
    (work.meta.used, work.meta.offered, work.meta.settled) = (0, 0, 0);
    let (set, compute_price) = (work.meta.set, work.meta.compute_price);
    work.tell(ChainEvent::Epoch { epoch, set, compute_price })
}

/// Rule 3: the compute price follows the demand of the epoch that ended.
fn turn_price(work: &mut Work) {
    let meta = &mut work.meta;
    meta.compute_price = fee::next_price(&meta.params, meta.compute_price, meta.used, meta.offered);
}

/// Rule 4: names those with the largest bonds for the epoch after the next.
pub(crate) fn name_seats(work: &mut Work, epoch: u64) -> Outcomes {
    let all: Validators = work.read(state_key::validators())?;
    let bonds = all.validators.iter().map(|validator| (validator.bond, validator.peer));
    let seats = List::truncated(seats(&work.meta.params, bonds));
    work.create(state_key::seats(epoch.saturating_add(AHEAD)), &Seats { seats });
    Ok(())
}

/// Who is named for an epoch: by genesis for the first two.
pub(crate) fn named(work: &mut Work, epoch: u64) -> Outcomes<Vec<PeerId>> {
    if epoch < AHEAD {
        return Ok(work.genesis.first_seats());
    }
    Ok(work.read::<Seats>(state_key::seats(epoch))?.seats.into_vec())
}

/// Who signs in an epoch: those that were named for the one before.
pub(crate) fn signing(work: &mut Work, epoch: u64) -> Outcomes<Vec<PeerId>> {
    named(work, epoch.saturating_sub(1))
}

/// Whether a validator signs now, or is named to.
pub(crate) fn is_named(work: &mut Work, peer: PeerId) -> Outcomes<bool> {
    let epoch = work.meta.epoch;
    let epochs = epoch.saturating_sub(1)..=epoch.saturating_add(AHEAD);
    work.require(epochs.clone().filter(|epoch| *epoch >= AHEAD).map(state_key::seats))?;
    let mut found = false;
    for epoch in epochs {
        found |= named(work, epoch)?.contains(&peer);
    }
    Ok(found)
}

/// Members that had no verdict in a certificate in the epoch that ended, though there were many.
fn absent(work: &mut Work) -> Outcomes<Vec<AccountId>> {
    if work.meta.settled < work.meta.params.verdicts_expected {
        return Ok(Vec::new());
    }
    let set: VerdictSet = work.read(state_key::verdict_set(work.meta.set))?;
    work.require(set.members.iter().map(|member| state_key::prover(member.account)))?;
    let mut absent = Vec::new();
    for member in &set.members {
        if work.read::<Prover>(state_key::prover(member.account))?.spoke == 0 {
            absent.push(member.account);
        }
    }
    Ok(absent)
}

/// Rule 10: the active provers are those with the largest bonds that are bonded, tested, and gave a sign of life.
/// Who is jailed is drawn for nothing, and judges on: else misses could be arranged to choose the judges.
pub(crate) fn turn_set(work: &mut Work, registry: &Registry, ended: u64) -> Outcomes {
    let bond_per_unit = work.meta.params.bond_per_unit;
    let mut ranked: Vec<(Reverse<Amount>, AccountId)> = Vec::new();
    let mut kept = Vec::new();
    for account in &registry.provers {
        let prover: Prover = work.read(state_key::prover(*account))?;
        if prover.bond > Amount::ZERO {
            kept.push(*account);
        }
        if is_ready(&prover, bond_per_unit, ended) {
            ranked.push((Reverse(prover.bond), *account));
        }
    }
    ranked.sort_unstable();
    ranked.truncate(usize::try_from(work.meta.params.provers_max).unwrap_or(usize::MAX));
    let mut active: Vec<AccountId> = ranked.into_iter().map(|(_, account)| account).collect();
    active.sort_unstable();
    // The price of a unit of capacity may be another now: what is offered is counted anew.
    work.meta.units_offered = 0;
    for account in &registry.provers {
        let key = state_key::prover(*account);
        let mut prover: Prover = work.read(key)?;
        (prover.member, prover.spoke) = (active.binary_search(account).is_ok(), 0);
        let (_, offered) = life::units(&prover, bond_per_unit);
        work.meta.units_offered = work.meta.units_offered.saturating_add(offered);
        work.write(key, &prover);
    }
    if kept.len() < registry.provers.len() {
        work.write(state_key::registry(), &Registry { provers: List::truncated(kept) });
    }
    seat(work, &active)
}

fn is_ready(prover: &Prover, bond_per_unit: Amount, ended: u64) -> bool {
    let bonded = prover.capacity.cpus.min(prover.bonded_units(bond_per_unit)) > 0;
    bonded && prover.seen >= ended
}

/// Writes the next version of the verdict set, and what its members offer.
fn seat(work: &mut Work, active: &[AccountId]) -> Outcomes {
    let bond_per_unit = work.meta.params.bond_per_unit;
    let (mut members, mut capacities) = (Vec::new(), Vec::new());
    for account in active {
        let prover: Prover = work.read(state_key::prover(*account))?;
        members.push(Member { account: *account, key: prover.key, bond: prover.bond });
        capacities.push(prover.active(bond_per_unit));
    }
    let version = work.meta.set.checked_add(1).ok_or(Stop::Broken("there are too many verdict sets"))?;
    (work.meta.set, work.meta.set_size) = (version, members.len() as u64);
    work.create(state_key::verdict_set(version), &VerdictSet { members: List::truncated(members) });
    // What is offered may be what was: a value is known before it is written, so that only a change is told.
    work.require([state_key::offers()])?;
    work.write(state_key::offers(), &Offers { largest: List::truncated(largest(&capacities)) });
    Ok(())
}

/// The capacities that fit in no other one.
fn largest(capacities: &[Resources]) -> Vec<Resources> {
    let mut largest: Vec<Resources> = Vec::new();
    for capacity in capacities.iter().filter(|capacity| capacity.cpus > 0) {
        if !largest.iter().any(|other| other.fits(capacity)) {
            largest.retain(|other| !capacity.fits(other));
            largest.push(*capacity);
        }
    }
    largest
}

/// Adds a capacity that was just tested to what is on offer.
pub(crate) fn offer(work: &mut Work, capacity: Resources) -> Outcomes {
    let offers: Offers = work.read(state_key::offers())?;
    let mut all = offers.largest.into_vec();
    all.push(capacity);
    work.write(state_key::offers(), &Offers { largest: List::truncated(largest(&all)) });
    Ok(())
}

/// Notes who led this block, once what is due was done: a leader is heard with what it put into its block.
pub(crate) fn led(work: &mut Work) -> Outcomes {
    let leader = work.genesis.validators.iter().position(|validator| validator.peer.0 == work.context.leader);
    let height = work.now().height;
    let place = leader.and_then(|place| work.meta.led.get_mut(place));
    *place.ok_or(Stop::Invalid("its leader is no validator"))? = height;
    Ok(())
}

/// Whether blocks of f + 1 different leaders have passed from a block on, that one counted and the present one not, so that an
/// honest one was among them (rule 7).
pub(crate) fn heard(work: &mut Work, since: types::Height) -> Outcomes<bool> {
    // Those that sign now: f of one epoch and f of another could be more than one f.
    let signing = signing(work, work.meta.epoch)?;
    let led = work.genesis.validators.iter().zip(work.meta.led.iter());
    let led = led.filter(|(validator, height)| **height >= since && signing.contains(&validator.peer)).count() as u64;
    Ok(led > faulty(work.meta.seats))
}

/// f: how many of so many seats may be Byzantine.
pub(crate) fn faulty(seats: u64) -> u64 {
    seats.saturating_sub(1).checked_div(3).unwrap_or(0)
}

/// The keys under which an epoch's names are found; none for the first two.
pub(crate) fn committee_keys(epoch: u64) -> Vec<Key> {
    if epoch < AHEAD { Vec::new() } else { vec![state_key::seats(epoch)] }
}

/// The names of an epoch.
pub(crate) fn committee(genesis: &Genesis, value: Option<&Seats>) -> Vec<PeerId> {
    value.map_or_else(|| genesis.first_seats(), |seats| seats.seats.iter().copied().collect())
}

const _: () = assert!(VALIDATORS_MAX >= 4);
