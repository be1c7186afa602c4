//! Settlements (rules 11 and 12): equal verdicts with two thirds of the bonds of the
//! verdict set behind them end an attempt. The verifier is not run here.

use crate::{
    check, jail, life, offence,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, Attempt, AttemptEnd, Certificate, EndReason, Refusal, Settlement, State, Verdict, Workload,
    record::VerdictSet,
    state_key,
    verdict::{self, CertificateError, Member},
};

/// Takes a settlement of the proof that is announced.
pub(crate) fn take(work: &mut Work, settlement: &Settlement) -> Outcomes {
    let mut workload = life::find(work, settlement.subject.workload)?;
    let announced = *check::subject(&workload, &settlement.subject)?;
    let set: VerdictSet = work.read(state_key::verdict_set(announced.set))?;
    check::bundle(&work.meta.params, settlement)?;
    let certificate = &settlement.certificate;
    work.prove(|_, chain| {
        let holds = certificate.verify(chain, &settlement.subject, &set.members);
        holds.map_err(|error| Refusal::Certificate(error.to_string()))
    })?;
    let signers = signers(certificate, &set)?;
    // Nobody is blamed for what an earlier set judged.
    let counts = announced.set == work.meta.set;
    count_verdicts(work, &signers, counts)?;
    match certificate.verdict {
        Verdict::Valid => verified(work, &mut workload, certificate, &set, &signers)?,
        Verdict::Invalid => rejected(work, &mut workload, certificate)?,
        Verdict::Unavailable => again(work, &mut workload, AttemptEnd::Unavailable(certificate.clone()))?,
    }
    work.meta.settled = work.meta.settled.saturating_add(u64::from(counts));
    life::keep(work, &workload);
    Ok(())
}

/// The members that signed, ascending.
fn signers(certificate: &Certificate, set: &VerdictSet) -> Result<Vec<Member>, Refusal> {
    let member = |index| set.members.get(index).copied();
    let outside = || Refusal::Certificate(CertificateError::Bitmap(set.members.len()).to_string());
    certificate.signers().map(member).collect::<Option<_>>().ok_or_else(outside)
}

fn count_verdicts(work: &mut Work, signers: &[Member], counts: bool) -> Outcomes {
    work.require(signers.iter().map(|signer| state_key::prover(signer.account)))?;
    let epoch = work.meta.epoch;
    for signer in signers {
        life::change_prover(work, signer.account, |prover| {
            prover.tally.verdicts = prover.tally.verdicts.checked_add(1)?;
            (prover.seen, prover.spoke) = (prover.seen.max(epoch), prover.spoke.saturating_add(u64::from(counts)));
            Some(())
        })?;
    }
    Ok(())
}

/// The proof holds: the compute fee goes to the prover, and each verdict in the certificate earns its share of the
/// verification fee by its bond, rounded down. The rest is burned: a leader gains nothing by leaving verdicts out.
fn verified(
    work: &mut Work,
    workload: &mut Workload,
    certificate: &Certificate,
    set: &VerdictSet,
    signers: &[Member],
) -> Outcomes {
    let at = work.now();
    let attempt: &mut Attempt = workload.attempts.last_mut().ok_or(Stop::Broken("a proof without an attempt"))?;
    attempt.end = Some((at, AttemptEnd::Valid(certificate.clone())));
    let prover = attempt.prover;
    life::change_prover(work, prover, |prover| {
        prover.tally.verified = prover.tally.verified.checked_add(1)?;
        prover.live = prover.live.checked_sub(1)?;
        jail::proved(prover);
        Some(())
    })?;
    failed_without_need(work, workload)?;
    work.meta.verified = work.meta.verified.saturating_add(1);
    let prover = Some((prover, workload.fee.compute));
    let verdicts = shares(workload.fee.verification, set, signers).ok_or(Stop::Broken("bonds cannot be counted"))?;
    let payout = life::Payout { prover, verdicts, ..life::Payout::default() };
    life::end(work, workload, State::Verified, EndReason::Proved, &payout)
}

/// What each verdict earns: so much of the fee as its bond is of all bonds in the set, rounded down.
fn shares(fee: Amount, set: &VerdictSet, signers: &[Member]) -> Option<Vec<(AccountId, Amount)>> {
    let all = u64::try_from(verdict::bonds(&set.members)).ok()?;
    signers.iter().map(|member| Some((member.account, fee.share(member.bond.0, all)?))).collect()
}

/// Rule 8: where one prover succeeds, those that said before that the program failed have missed.
fn failed_without_need(work: &mut Work, workload: &Workload) -> Outcomes {
    let failed = |attempt: &&Attempt| matches!(attempt.end, Some((_, AttemptEnd::Failed(_))));
    let provers: Vec<AccountId> = workload.attempts.iter().filter(failed).map(|attempt| attempt.prover).collect();
    work.require(provers.iter().map(|prover| state_key::prover(*prover)))?;
    work.each(provers, |work, prover| jail::miss(work, prover, workload.sender, true))
}

/// Rule 11: the proof is rejected, its prover slashed, the workload drawn again.
fn rejected(work: &mut Work, workload: &mut Workload, certificate: &Certificate) -> Outcomes {
    let prover = workload.current().map(|(_, attempt)| attempt.prover);
    offence::rejected(work, workload, prover.ok_or(Stop::Broken("a proof without an attempt"))?)?;
    again(work, workload, AttemptEnd::Rejected(certificate.clone()))
}

/// The proof was rejected, or two thirds could not fetch it: the attempt is over.
fn again(work: &mut Work, workload: &mut Workload, end: AttemptEnd) -> Outcomes {
    life::end_attempt(work, workload, end)?;
    life::next_attempt(work, workload)
}
