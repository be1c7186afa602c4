//! What a message must fulfil, as pure functions over values: execution and admission ask the same questions.

use std::ops::RangeInclusive;
use types::{
    AccountId, Amount, Attempt, AttemptEnd, BlobId, ChainTime, Genesis, Height, Params, Program, ProverAction,
    ProverMessage, Refusal, Settlement, State, Verdict, Workload, codec,
    fee::transaction_fee,
    limits::{ARTIFACT_MAX, LOG_MAX, TRANSACTION_MAX},
    message::Fail,
    record::Live,
    transaction::SignedTransaction,
    verdict::Subject,
    workload::Announced,
};

/// Whether a number is within what is allowed.
pub(crate) fn range(what: &str, got: u64, allowed: RangeInclusive<u64>) -> Result<(), Refusal> {
    if allowed.contains(&got) {
        return Ok(());
    }
    Err(Refusal::OutOfRange { what: what.to_owned(), got, min: *allowed.start(), max: *allowed.end() })
}

/// Everything about a transaction but its signature, its account and its call; `height` is that of the block that is to hold
/// it. Returns its fee (rules 1 and 3).
pub(crate) fn envelope(genesis: &Genesis, height: Height, signed: &SignedTransaction) -> Result<Amount, Refusal> {
    let (transaction, params) = (&signed.value, &genesis.params);
    let bytes = codec::encode(signed).len();
    if bytes > TRANSACTION_MAX {
        return Err(Refusal::TooLarge { got: bytes as u64, max: TRANSACTION_MAX as u64 });
    }
    if transaction.valid_until < height {
        return Err(Refusal::Past { valid_until: transaction.valid_until, height });
    }
    let max = Height(height.0.saturating_add(params.validity_max));
    if transaction.valid_until > max {
        return Err(Refusal::TooFarAhead { got: transaction.valid_until, max });
    }
    let fee = transaction_fee(params, bytes).ok_or(Refusal::Overflow)?;
    let limit = transaction.fee_limit;
    if fee > limit { Err(Refusal::FeeLimit { fee, limit }) } else { Ok(fee) }
}

/// Whether an account can pay a transaction's fee and what its call moves or locks.
pub(crate) fn funds(balance: Amount, fee: Amount, moved: Amount) -> Result<(), Refusal> {
    let needed = fee.plus(moved).ok_or(Refusal::Overflow)?;
    if needed > balance { Err(Refusal::Funds { balance, needed }) } else { Ok(()) }
}

/// Whether a program can be deployed.
pub(crate) fn program(params: &Params, program: &Program) -> Result<(), Refusal> {
    let largest = ARTIFACT_MAX.min(params.blob_bytes_max);
    range("prover size", program.prover.size, 1..=largest)?;
    range("verifier size", program.verifier.size, 1..=largest)?;
    range("fuel limit", program.fuel_limit, 1..=params.fuel_max)
}

/// Whether a run can be taken back by an account: while it is queued, and no block has fixed a draw for it (rule 6).
pub(crate) fn cancel(sender: AccountId, workload: &Workload, live: Option<&Live>) -> Result<(), Refusal> {
    let state = |state: &str| Err(Refusal::WrongState { state: state.to_owned() });
    match (workload.state, live) {
        _ if workload.sender != sender => Err(Refusal::NotYours),
        (State::Queued, Some(Live { draw: None, .. })) => Ok(()),
        (State::Queued, _) => state("queued for a draw"),
        (other, _) => state(other.word()),
    }
}

/// Whether it is a prover's turn to say this about a workload at this chain time.
pub(crate) fn turn(workload: &Workload, message: &ProverMessage, now: ChainTime) -> Result<(), Refusal> {
    let wrong = Refusal::WrongAttempt { got: message.attempt };
    let index = usize::from(message.attempt).checked_sub(1);
    let attempt = index.and_then(|index| workload.attempts.get(index)).ok_or_else(|| wrong.clone())?;
    if attempt.prover != message.prover {
        return Err(Refusal::NotDrawn);
    }
    if took_effect(attempt, &message.action) {
        return Err(Refusal::Repeated);
    }
    if attempt.end.is_some() {
        return Err(wrong);
    }
    let state = match message.action {
        ProverAction::Accept | ProverAction::HandBack => State::Allocated,
        ProverAction::Fail(_) | ProverAction::Announce { .. } => State::Proving,
    };
    if workload.state != state {
        return Err(Refusal::WrongState { state: workload.state.word().to_owned() });
    }
    if workload.moves_on.is_none_or(|end| end <= now) {
        return Err(Refusal::WrongState { state: format!("{}, and its time is up", state.word()) });
    }
    Ok(())
}

/// Whether an attempt shows that a message took effect before.
fn took_effect(attempt: &Attempt, action: &ProverAction) -> bool {
    let end = attempt.end.as_ref().map(|(_, end)| end);
    match action {
        ProverAction::Accept => attempt.accepted.is_some(),
        ProverAction::HandBack => matches!(end, Some(AttemptEnd::HandedBack)),
        ProverAction::Fail(_) => matches!(end, Some(AttemptEnd::Failed(_))),
        ProverAction::Announce { proof, size } => {
            attempt.announced.is_some_and(|announced| announced.proof == *proof && announced.size == *size)
        }
    }
}

/// Whether the numbers in a prover's message are within what is allowed.
pub(crate) fn message(params: &Params, message: &ProverMessage) -> Result<(), Refusal> {
    match message.action {
        ProverAction::Announce { size, .. } => range("proof size", size, 1..=params.proof_bytes_max),
        ProverAction::Fail(Fail { log: Some((_, size)), .. }) => range("log size", size, 0..=LOG_MAX as u64),
        _ => Ok(()),
    }
}

/// The announcement that a settlement is about.
pub(crate) fn subject<'a>(workload: &'a Workload, subject: &Subject) -> Result<&'a Announced, Refusal> {
    let state = || Refusal::WrongState { state: workload.state.word().to_owned() };
    let (current, announced) = workload.subject().ok_or_else(state)?;
    if current.attempt != subject.attempt {
        return Err(Refusal::WrongAttempt { got: subject.attempt });
    }
    if current.proof == subject.proof { Ok(announced) } else { Err(Refusal::WrongProof) }
}

/// Whether a settlement carries no other bytes than the proof's, and only where it may.
pub(crate) fn bundle(params: &Params, settlement: &Settlement) -> Result<(), Refusal> {
    let Some(bundle) = &settlement.bundle else { return Ok(()) };
    let (got, max) = (bundle.len() as u64, params.proof_inline_max);
    if settlement.certificate.verdict != Verdict::Valid {
        return Err(Refusal::TooLarge { got, max: 0 });
    }
    if got > max {
        return Err(Refusal::TooLarge { got, max });
    }
    if BlobId::of(bundle) == settlement.subject.proof { Ok(()) } else { Err(Refusal::HashMismatch) }
}
