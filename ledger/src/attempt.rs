//! What provers say of their attempts (rules 7 to 9): accept, hand back, fail, announce.

use crate::{
    check, life,
    work::{Outcomes, Stop, Work},
};
use types::{
    Attempt, AttemptEnd, BlobId, ChainEvent, ProverAction, ProverMessage, State, Workload, message::Fail,
    message::SignedProverMessage, workload::Announced,
};

const IDLE: Stop = Stop::Broken("a workload in an attempt's state has no attempt");

/// Takes a prover's message: about the attempt under way, from the prover that was drawn for it, in time.
pub(crate) fn take(work: &mut Work, signed: &SignedProverMessage) -> Outcomes {
    let message = &signed.value;
    work.prove(|_, chain| signed.clone().verify(chain).map(|_| ()))?;
    let mut workload = life::find(work, message.workload)?;
    check::turn(&workload, message)?;
    check::message(&work.meta.params, message)?;
    match &message.action {
        ProverAction::Accept => accept(work, &mut workload, message)?,
        ProverAction::HandBack => hand_back(work, &mut workload)?,
        ProverAction::Fail(fail) => give_up(work, &mut workload, fail)?,
        ProverAction::Announce { proof, size } => announce(work, &mut workload, message, *proof, *size)?,
    }
    life::keep(work, &workload);
    Ok(())
}

fn current(workload: &mut Workload) -> Outcomes<&mut Attempt> {
    workload.attempts.last_mut().ok_or(IDLE)
}

/// Rule 7: the prover will do it. Its compute clock starts with the block.
fn accept(work: &mut Work, workload: &mut Workload, message: &ProverMessage) -> Outcomes {
    let now = work.now();
    current(workload)?.accepted = Some(now);
    let until = now.time.after(workload.billed);
    life::enter(work, workload, State::Proving, until)?;
    let (id, attempt, prover) = (workload.id, message.attempt, message.prover);
    work.tell(ChainEvent::Accepted { workload: id, attempt, prover })
}

/// Rule 7: the prover will not, and says so in time.
fn hand_back(work: &mut Work, workload: &mut Workload) -> Outcomes {
    life::end_attempt(work, workload, AttemptEnd::HandedBack)?;
    life::next_attempt(work, workload)
}

/// Rule 8: the prover could not.
fn give_up(work: &mut Work, workload: &mut Workload, fail: &Fail) -> Outcomes {
    life::end_attempt(work, workload, AttemptEnd::Failed(fail.clone()))?;
    life::next_attempt(work, workload)
}

/// Rule 9: the prover has a proof. The compute clock stops and its capacity is free again, the verdict clock starts, and the
/// verdict set in force will judge.
fn announce(work: &mut Work, workload: &mut Workload, message: &ProverMessage, proof: BlobId, size: u64) -> Outcomes {
    let (at, set) = (work.now(), work.meta.set);
    let (id, attempt, prover) = (workload.id, message.attempt, message.prover);
    life::release(work, workload, prover)?;
    current(workload)?.announced = Some(Announced { proof, size, at, set });
    let until = at.time.after(work.meta.params.verdict_window);
    life::enter(work, workload, State::Proved, until)?;
    work.tell(ChainEvent::Proved { workload: id, attempt, prover, proof, size })
}
