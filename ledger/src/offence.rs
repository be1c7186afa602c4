//! Offences (rule 13): each is proved to the ledger by what the offender signed, costs bond, and is paid for once.

use crate::{
    bond, check, life,
    money::Why,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, ChainEvent, Refusal, Workload, WorkloadId, fee,
    limits::EVIDENCE_PER_BLOCK,
    offence::{Evidence, Offence},
    record::{Cause, Prover},
    state_key,
    workload::Kind,
};

/// A false verdict costs one core's bond in so many that the prover has bonded.
const VERDICT_PART: u64 = 10;
const UNCOUNTABLE: Stop = Stop::Broken("a slash is above all money there is");

/// Takes evidence: from a leader, or in anybody's transaction.
pub(crate) fn take(work: &mut Work, evidence: &Evidence) -> Outcomes {
    let (offender, (id, attempt)) = (evidence.prover(), evidence.attempt());
    let paid = state_key::offence(offender, id, attempt, evidence.offence());
    work.require([state_key::workload(id), state_key::prover(offender), paid])?;
    if work.find::<bool>(paid)?.is_some() {
        return Err(Refusal::Punished.into());
    }
    if work.evidence >= EVIDENCE_PER_BLOCK {
        return Err(Refusal::Full(EVIDENCE_PER_BLOCK as u64).into());
    }
    let workload = life::find(work, id)?;
    let prover = bond::registered(work, offender)?;
    check::at_stake(&prover)?;
    check::evidence(&work.meta.params, &workload, evidence, work.now().time)?;
    let (chain, key) = (work.meta.chain, prover.key);
    check::signed(chain, &key, evidence).or_else(|refusal| if work.scouting { Ok(()) } else { Err(refusal) })?;
    let units = match evidence.offence() {
        Offence::RejectedProof | Offence::TwoAnnouncements => fee::units(&workload.run.resources),
        Offence::FalseVerdict | Offence::TwoVerdicts => verdict_units(&prover, work.meta.params.bond_per_unit),
    };
    work.evidence = work.evidence.saturating_add(1);
    work.create(paid, &true);
    slash(work, &workload, offender, units, evidence.offence(), None)
}

/// What a verdict answers for, in cores: a part of the bond that it weighs, one core at least.
fn verdict_units(prover: &Prover, bond_per_unit: Amount) -> u64 {
    let part = u64::from(prover.bonded_units(bond_per_unit)).checked_div(VERDICT_PART);
    part.unwrap_or_default().max(1)
}

/// Rule 12: a proof was rejected. Of what its prover loses, half at most pays the user, up to the locked fee; the rest burns.
pub(crate) fn rejected(work: &mut Work, workload: &Workload, offender: AccountId) -> Outcomes {
    let units = fee::units(&workload.run.resources);
    let user = (workload.kind == Kind::Run).then_some(workload.sender);
    slash(work, workload, offender, units, Offence::RejectedProof, user)
}

/// Takes the bond behind so many cores, as far as there is any: from what counts, then from what was taken back.
fn slash(
    work: &mut Work,
    workload: &Workload,
    offender: AccountId,
    units: u64,
    offence: Offence,
    user: Option<AccountId>,
) -> Outcomes {
    let params = &work.meta.params;
    let asked = params.bond_per_unit.times(units).and_then(|bond| bond.share(params.slash, 1000)).ok_or(UNCOUNTABLE)?;
    let taken = take_bond(work, offender, asked)?;
    // Half burns whatever was locked: else a user and a prover of one mind could reject proofs for nothing.
    let half = taken.share(1, 2).unwrap_or_default();
    let back = if user.is_some() { half.min(life::locked(workload)?) } else { Amount::ZERO };
    if let Some(user) = user {
        work.unbond(user, back, Why(Cause::Compensation, Some(workload.id.0)))?;
    }
    work.burn_bond(taken.minus(back).ok_or(UNCOUNTABLE)?)?;
    let id: WorkloadId = workload.id;
    work.tell(ChainEvent::Slashed { prover: offender, workload: id, offence, amount: taken })
}

fn take_bond(work: &mut Work, offender: AccountId, asked: Amount) -> Outcomes<Amount> {
    let mut prover: Prover = work.read(state_key::prover(offender))?;
    let mut left = asked;
    take_part(&mut prover.bond, &mut left);
    for part in prover.unbonding.iter_mut().rev() {
        take_part(&mut part.amount, &mut left);
    }
    let (bond, unbonding) = (prover.bond, prover.unbonding);
    life::change_prover(work, offender, |prover| {
        (prover.bond, prover.unbonding) = (bond, unbonding);
        Some(())
    })?;
    asked.minus(left).ok_or(UNCOUNTABLE)
}

fn take_part(from: &mut Amount, left: &mut Amount) {
    let taken = (*from).min(*left);
    (*from, *left) = (Amount(from.0.saturating_sub(taken.0)), Amount(left.0.saturating_sub(taken.0)));
}
