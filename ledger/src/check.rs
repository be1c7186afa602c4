//! What a message must fulfil, as pure functions over values: execution and admission ask the same questions.

use std::ops::RangeInclusive;
use types::{
    AccountId, Amount, Attempt, AttemptEnd, BlobId, ChainId, ChainTime, Height, Params, Program, ProverAction,
    ProverMessage, Refusal, Resources, Runtime, Settlement, SignedVerdict, State, Verdict, VerdictKey, Workload, codec,
    fee::transaction_fee,
    limits::{ARTIFACT_MAX, LOG_MAX, TRANSACTION_MAX, UNITS_MAX},
    message::Fail,
    offence::Evidence,
    record::{Live, Prover},
    registry::{Heartbeat, Registration},
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
pub(crate) fn envelope(params: &Params, height: Height, signed: &SignedTransaction) -> Result<Amount, Refusal> {
    let transaction = &signed.value;
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
    let module = ARTIFACT_MAX.min(params.blob_bytes_max);
    let prover = if program.runtime == Runtime::Wasm { module } else { params.blob_bytes_max };
    range("prover size", program.prover.size, 1..=prover)?;
    range("verifier size", program.verifier.size, 1..=module)?;
    range("fuel limit", program.fuel_limit, 1..=params.fuel_max)
}

/// Whether an amount is any.
pub(crate) fn something(amount: Amount) -> Result<(), Refusal> {
    range("amount", amount.0, 1..=u64::MAX)
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

/// Whether it is a prover's turn to say this about a workload. The time to say it ends when the state says so and not before:
/// until blocks of f + 1 leaders have passed, what was sent in time is taken (rule 7).
pub(crate) fn turn(workload: &Workload, message: &ProverMessage) -> Result<(), Refusal> {
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

/// Whether a registration can stand: its cores in range, and its bond behind them.
pub(crate) fn registration(params: &Params, registration: &Registration) -> Result<(), Refusal> {
    range("cpus", registration.capacity.cpus.into(), 1..=UNITS_MAX.into())?;
    covers(params, registration.bond, &registration.capacity)
}

/// Whether the sender knows the secret of the verdict key that it registers.
pub(crate) fn possession(chain: ChainId, sender: AccountId, registration: &Registration) -> Result<(), Refusal> {
    let known = registration.key.is_possessed(chain, sender, &registration.possession);
    if known { Ok(()) } else { Err(Refusal::VerdictKey("comes without a proof of possession".to_owned())) }
}

/// Whether a prover may declare a capacity: one test at a time, and its bond behind all cores.
pub(crate) fn capacity(params: &Params, prover: &Prover, capacity: &Resources) -> Result<(), Refusal> {
    range("cpus", capacity.cpus.into(), 1..=UNITS_MAX.into())?;
    if prover.test.is_some() {
        return Err(Refusal::NotWhile("a test of its capacity is under way".to_owned()));
    }
    // What is in use is not tested: small steps up would hide what is not there.
    if more(prover, capacity) && !prover.in_use.is_nothing() {
        return Err(Refusal::NotWhile("it computes: let it drain first".to_owned()));
    }
    covers(params, prover.bond, capacity)
}

/// Whether a prover declares more than it has shown.
pub(crate) fn more(prover: &Prover, capacity: &Resources) -> bool {
    !prover.capacity.fits(capacity) || prover.capacity.gpu_class < capacity.gpu_class
}

/// What is left of a prover's bond, or comes of it: nothing, or enough for one core, so that a place among provers has its
/// price.
pub(crate) fn bond(params: &Params, bond: Amount) -> Result<(), Refusal> {
    let small = bond > Amount::ZERO && bond < params.bond_per_unit;
    if small { Err(Refusal::Bond { bond, units: 0, needed: 1 }) } else { Ok(()) }
}

fn covers(params: &Params, bond: Amount, capacity: &Resources) -> Result<(), Refusal> {
    let units = bond.0.checked_div(params.bond_per_unit.0).unwrap_or(0);
    let needed = capacity.cpus.into();
    if units < needed { Err(Refusal::Bond { bond, units, needed }) } else { Ok(()) }
}

/// Whether a prover can leave its jail.
pub(crate) fn jail(prover: &Prover, now: ChainTime) -> Result<(), Refusal> {
    match prover.jailed {
        None => Err(Refusal::Repeated),
        Some(until) if until > now => Err(Refusal::NotWhile(format!("it is jailed until chain time {until}"))),
        Some(_) => Ok(()),
    }
}

/// Whether a heartbeat says anything new about the present epoch.
pub(crate) fn heartbeat(prover: &Prover, heartbeat: &Heartbeat, epoch: u64) -> Result<(), Refusal> {
    range("epoch", heartbeat.epoch, epoch..=epoch)?;
    if prover.seen >= epoch { Err(Refusal::Repeated) } else { Ok(()) }
}

/// Whether a prover has anything left to lose.
pub(crate) fn at_stake(prover: &Prover) -> Result<(), Refusal> {
    let parts = prover.unbonding.iter().map(|part| part.amount);
    let any = parts.chain([prover.bond]).any(|amount| amount > Amount::ZERO);
    if any { Ok(()) } else { Err(Refusal::Evidence("the prover has nothing left to lose".to_owned())) }
}

/// Whether what evidence says is an offence, if its signatures hold.
pub(crate) fn evidence(
    params: &Params,
    workload: &Workload,
    evidence: &Evidence,
    now: ChainTime,
) -> Result<(), Refusal> {
    let nothing = |reason: &str| Refusal::Evidence(reason.to_owned());
    let index = usize::from(evidence.attempt().1).checked_sub(1);
    let attempt =
        index.and_then(|index| workload.attempts.get(index)).ok_or_else(|| nothing("there is no such attempt"))?;
    if attempt.end.as_ref().is_some_and(|(end, _)| end.time.after(params.evidence_window) < now) {
        return Err(nothing("it comes too late"));
    }
    match evidence {
        Evidence::FalseVerdict(signed) => false_verdict(attempt, signed),
        Evidence::TwoVerdicts { one, other } => two_verdicts(one, other),
        Evidence::TwoAnnouncements { one, other } => {
            let (proof, another) =
                Evidence::announced(one, other).ok_or_else(|| nothing("these are no announcements"))?;
            let place = |signed: &types::message::SignedProverMessage| {
                (signed.value.prover, signed.value.workload, signed.value.attempt)
            };
            if place(one) != place(other) || attempt.prover != one.value.prover {
                return Err(nothing("they are not of one prover about its attempt"));
            }
            if proof == another { Err(nothing("they name the same proof")) } else { Ok(()) }
        }
    }
}

fn false_verdict(attempt: &Attempt, signed: &SignedVerdict) -> Result<(), Refusal> {
    let nothing = |reason: &str| Err(Refusal::Evidence(reason.to_owned()));
    let decided = match &attempt.end {
        Some((_, AttemptEnd::Valid(_))) => Verdict::Valid,
        Some((_, AttemptEnd::Rejected(_))) => Verdict::Invalid,
        _ => return nothing("no certificate decided about that attempt"),
    };
    if attempt.announced.is_none_or(|announced| announced.proof != signed.subject.proof) {
        return nothing("the certificate is about another proof");
    }
    match (signed.verdict, decided) {
        (Verdict::Valid, Verdict::Invalid) | (Verdict::Invalid, Verdict::Valid) => Ok(()),
        _ => nothing("the verdict does not contradict the certificate"),
    }
}

fn two_verdicts(one: &SignedVerdict, other: &SignedVerdict) -> Result<(), Refusal> {
    let nothing = |reason: &str| Err(Refusal::Evidence(reason.to_owned()));
    if (one.prover, one.subject) != (other.prover, other.subject) {
        return nothing("they are not of one prover about one proof");
    }
    match (one.verdict, other.verdict) {
        (Verdict::Valid, Verdict::Invalid) | (Verdict::Invalid, Verdict::Valid) => Ok(()),
        _ => nothing("they are not two different final verdicts"),
    }
}

/// Whether the offender signed all of the evidence.
pub(crate) fn signed(chain: ChainId, key: &VerdictKey, evidence: &Evidence) -> Result<(), Refusal> {
    let holds = match evidence {
        Evidence::FalseVerdict(signed) => signed.is_signed_by(chain, key),
        Evidence::TwoVerdicts { one, other } => one.is_signed_by(chain, key) && other.is_signed_by(chain, key),
        Evidence::TwoAnnouncements { one, other } => {
            one.clone().verify(chain).is_ok() && other.clone().verify(chain).is_ok()
        }
    };
    if holds { Ok(()) } else { Err(Refusal::BadSignature) }
}
