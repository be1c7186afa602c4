//! The steps that a workload's life is made of, whoever brings them about: into a state, out of an attempt, to the next
//! attempt, to the end.

use crate::{
    due, jail, live,
    money::Why,
    pages::QUEUE,
    registration,
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Amount, Attempt, AttemptEnd, ChainEvent, ChainTime, End, EndReason, Refusal, State, Workload,
    WorkloadId,
    event::AttemptEndKind,
    limits::DRAWS_MAX,
    record::{Cause, Due, Prover},
    state_key,
    workload::Kind,
};

const UNCOUNTABLE: Stop = Stop::Broken("a workload pays out more than it holds");
const IDLE: Stop = Stop::Broken("a workload in an attempt's state has no attempt");

/// The workload of that name.
pub(crate) fn find(work: &mut Work, id: WorkloadId) -> Outcomes<Workload> {
    work.find(state_key::workload(id))?.ok_or(Stop::Refused(Refusal::UnknownWorkload))
}

/// Keeps what became of a workload.
pub(crate) fn keep(work: &mut Work, workload: &Workload) {
    work.write(state_key::workload(workload.id), workload);
}

/// Changes a prover's record.
pub(crate) fn change_prover(
    work: &mut Work,
    id: AccountId,
    change: impl FnOnce(&mut Prover) -> Option<()>,
) -> Outcomes {
    const TORN: Stop = Stop::Broken("a prover's numbers do not add up");
    let (key, bond_per_unit) = (state_key::prover(id), work.meta.params.bond_per_unit);
    let mut prover: Prover = work.read(key)?;
    let before = units(&prover, bond_per_unit);
    change(&mut prover).ok_or(TORN)?;
    let after = units(&prover, bond_per_unit);
    work.write(key, &prover);
    let meta = &mut work.meta;
    for (sum, before, after) in
        [(&mut meta.units_used, before.0, after.0), (&mut meta.units_offered, before.1, after.1)]
    {
        *sum = sum.checked_sub(before).and_then(|rest| rest.checked_add(after)).ok_or(TORN)?;
    }
    Ok(())
}

/// The cores that a prover's live attempts take, and those that it offers as a member of the verdict set (rule 3).
pub(crate) fn units(prover: &Prover, bond_per_unit: Amount) -> (u64, u64) {
    let offered = if prover.member { prover.active(bond_per_unit).cpus } else { 0 };
    (prover.in_use.cpus.into(), offered.into())
}

/// Brings a workload into a state, in which it stays until `until` at most.
pub(crate) fn enter(work: &mut Work, workload: &mut Workload, state: State, until: ChainTime) -> Outcomes {
    workload.state = state;
    workload.since = work.now();
    workload.moves_on = Some(until);
    workload.overtime = None;
    due::add(work, Due::Workload(workload.id), until)
}

/// Gives back what an attempt took of its prover's capacity: computing is over, whatever comes. A test takes of what is not
/// counted yet.
pub(crate) fn release(work: &mut Work, workload: &Workload, prover: AccountId) -> Outcomes {
    if workload.kind == Kind::Test {
        return Ok(());
    }
    change_prover(work, prover, |prover| {
        prover.in_use = prover.in_use.minus(&workload.run.resources)?;
        Some(())
    })
}

/// Ends the attempt under way without a valid proof, and returns its prover.
pub(crate) fn end_attempt(work: &mut Work, workload: &mut Workload, end: AttemptEnd) -> Outcomes<AccountId> {
    let (attempt, prover) = workload.current().map(|(number, attempt)| (number, attempt.prover)).ok_or(IDLE)?;
    if matches!(workload.state, State::Allocated | State::Proving) {
        release(work, workload, prover)?;
    }
    let kind = count(work, prover, &end)?;
    if workload.kind == Kind::Run
        && matches!(kind, AttemptEndKind::Silent | AttemptEndKind::Missed | AttemptEndKind::Unavailable)
    {
        jail::miss(work, prover, workload.sender, false)?;
    }
    let now = work.now();
    workload.attempts.last_mut().ok_or(IDLE)?.end = Some((now, end));
    work.tell(ChainEvent::AttemptEnded { workload: workload.id, attempt, prover, end: kind })?;
    Ok(prover)
}

/// Counts an end for or against the prover. A handed back attempt and one that nobody decided are nobody's fault.
fn count(work: &mut Work, prover: AccountId, end: &AttemptEnd) -> Outcomes<AttemptEndKind> {
    let kind = match end {
        AttemptEnd::Silent => AttemptEndKind::Silent,
        AttemptEnd::HandedBack => AttemptEndKind::HandedBack,
        AttemptEnd::Failed(_) => AttemptEndKind::Failed,
        AttemptEnd::Missed => AttemptEndKind::Missed,
        AttemptEnd::Rejected(_) => AttemptEndKind::Rejected,
        AttemptEnd::Unavailable(_) => AttemptEndKind::Unavailable,
        AttemptEnd::Undecided => AttemptEndKind::Undecided,
        AttemptEnd::Valid(_) => return Err(Stop::Broken("a valid proof is no attempt to draw again")),
    };
    change_prover(work, prover, |prover| {
        prover.live = prover.live.checked_sub(1)?;
        let tally = &mut prover.tally;
        let counter = match kind {
            AttemptEndKind::Silent | AttemptEndKind::Missed | AttemptEndKind::Unavailable => &mut tally.missed,
            AttemptEndKind::Failed => &mut tally.failed,
            AttemptEndKind::Rejected => &mut tally.rejected,
            AttemptEndKind::HandedBack | AttemptEndKind::Undecided => return Some(()),
        };
        *counter = counter.checked_add(1)?;
        Some(())
    })?;
    Ok(kind)
}

/// After an attempt has ended: the next one, as long as accepted attempts (rule 7) and draws are left, else the end.
pub(crate) fn next_attempt(work: &mut Work, workload: &mut Workload) -> Outcomes {
    workload.renewals = 0;
    if workload.kind == Kind::Test {
        let back = Payout::refund(workload.fee.verification);
        return self::end(work, workload, State::Failed, EndReason::AttemptsUsed, &back);
    }
    let accepted = workload.accepted() as u64;
    let drawn_out = workload.attempts.len() >= DRAWS_MAX;
    if accepted >= work.meta.params.attempts_max || (drawn_out && accepted > 0) {
        // Rule 8: the provers earn nothing, the compute fee is burned, the verdicts that nobody gave are paid back.
        let back = Payout::refund(workload.fee.verification);
        return self::end(work, workload, State::Failed, EndReason::AttemptsUsed, &back);
    }
    if drawn_out {
        let back = back(workload)?;
        return self::end(work, workload, State::Expired, EndReason::NoProver, &back);
    }
    queue_again(work, workload)
}

/// Puts a workload at the end of the queue. It expires when it would have, but has one accept window at least.
fn queue_again(work: &mut Work, workload: &mut Workload) -> Outcomes {
    let (params, now) = (&work.meta.params, work.now());
    let expiry = workload.created.time.after(params.queue_window);
    let until = expiry.max(now.time.after(params.accept_window));
    enter(work, workload, State::Queued, until)?;
    QUEUE.push(work, workload.id)
}

/// What goes back when a workload ends while it is queued: everything, but for the compute fee where a prover computed for it
/// and said that the program failed. Else a program that fails by a coin flip would get its attempts for nothing.
pub(crate) fn back(workload: &Workload) -> Outcomes<Payout> {
    let failed = |attempt: &Attempt| matches!(attempt.end, Some((_, AttemptEnd::Failed(_))));
    let spent = workload.attempts.iter().any(failed);
    Ok(Payout::refund(if spent { workload.fee.verification } else { locked(workload)? }))
}

/// Where the money of a workload goes; what is left is burned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payout {
    /// For computing.
    pub(crate) prover: Option<(AccountId, Amount)>,
    /// To those whose verdicts are in the certificate.
    pub(crate) verdicts: Vec<(AccountId, Amount)>,
    /// Back to the sender.
    pub(crate) refund: Amount,
}

impl Payout {
    /// So much back to the sender.
    pub(crate) fn refund(refund: Amount) -> Self {
        Self { refund, ..Self::default() }
    }

    fn to_verdicts(&self) -> Option<Amount> {
        self.verdicts.iter().try_fold(Amount::ZERO, |sum, (_, amount)| sum.plus(*amount))
    }

    fn to_prover(&self) -> Amount {
        self.prover.map(|(_, amount)| amount).unwrap_or_default()
    }

    /// What is left of `locked`.
    fn burned(&self, locked: Amount) -> Option<Amount> {
        locked.minus(self.to_prover())?.minus(self.to_verdicts()?)?.minus(self.refund)
    }
}

/// What is in escrow for a workload that has not ended.
pub(crate) fn locked(workload: &Workload) -> Outcomes<Amount> {
    workload.fee.total().ok_or(UNCOUNTABLE)
}

/// Ends a workload and pays out its escrow (rule 12).
pub(crate) fn end(
    work: &mut Work,
    workload: &mut Workload,
    state: State,
    reason: EndReason,
    payout: &Payout,
) -> Outcomes {
    let burned = payout.burned(locked(workload)?).ok_or(UNCOUNTABLE)?;
    let to_verdicts = payout.to_verdicts().ok_or(UNCOUNTABLE)?;
    pay_out(work, workload, payout)?;
    work.burn_locked(burned)?;
    if workload.kind == Kind::Test {
        registration::tested(work, workload.sender, state == State::Verified)?;
    }
    live::remove(work, workload.id)?;
    let at = work.now();
    workload.state = state;
    workload.since = at;
    workload.moves_on = None;
    workload.end =
        Some(End { reason, at, to_prover: payout.to_prover(), to_verdicts, refunded: payout.refund, burned });
    work.tell(ChainEvent::Ended { workload: workload.id, state, reason })
}

fn pay_out(work: &mut Work, workload: &Workload, payout: &Payout) -> Outcomes {
    let (sender, about) = (workload.sender, Some(workload.id.0));
    let paid = payout.verdicts.iter().chain(&payout.prover).map(|(prover, _)| *prover);
    work.require(paid.chain([sender]).map(state_key::account))?;
    if let Some((prover, amount)) = payout.prover {
        earn(work, prover, amount, Why(Cause::Compute, about))?;
    }
    for (member, amount) in &payout.verdicts {
        earn(work, *member, *amount, Why(Cause::Verdict, about))?;
    }
    work.unlock(sender, payout.refund, Why(Cause::Refund, about))
}

fn earn(work: &mut Work, prover: AccountId, amount: Amount, why: Why) -> Outcomes {
    work.unlock(prover, amount, why)?;
    change_prover(work, prover, |prover| {
        prover.tally.earned = prover.tally.earned.plus(amount)?;
        Some(())
    })
}
