//! One sentence that says why a workload is where it is now: the cause, who, since when, until when, and the money.

use crate::{timeline::attempt_end, workload::signers};
use types::{
    AccountId, Amount, Attempt, ChainTime, Params, Workload,
    workload::{AttemptEnd, End, Kind, State},
};

/// When and under which parameters it is asked.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Chain time of the last block.
    pub now: ChainTime,
    /// The parameters in force.
    pub params: Params,
}

/// What a queued workload waits for, as far as the state tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The block of this height fixed its draw: its beacon decides.
    Beacon(u64),
    /// Too few provers are active for any draw.
    Provers {
        /// How many are.
        active: u64,
    },
    /// No prover has room for it now, or its turn has not come.
    Room {
        /// Workloads that were queued before it.
        ahead: u64,
    },
    /// Nobody looked.
    Unknown,
}

/// Explains a workload's present state.
#[must_use]
pub fn explain(workload: &Workload, clock: &Clock, waiting: Waiting) -> String {
    let text = match workload.state {
        State::Queued => queued(workload, clock, waiting),
        State::Allocated => allocated(workload, clock),
        State::Proving => proving(workload, clock),
        State::Proved => proved(workload, clock),
        State::Verified => verified(workload),
        State::Failed => failed(workload),
        State::Cancelled => format!("its sender {} took it back after {}", short(workload.sender), lived(workload)),
        State::Expired => format!("{}no prover accepted within {}", before(workload), lived(workload)),
    };
    let money = workload.end.as_ref().map_or_else(|| locked(workload), money);
    format!("{}: {text}{}; {money}", workload.state.word(), overtime(workload))
}

/// What waits for the end.
fn locked(workload: &Workload) -> String {
    let fee = workload.fee.total().unwrap_or(Amount(u64::MAX));
    if fee == Amount::ZERO { "no money is locked".to_owned() } else { format!("{fee} LEM locked, none of it paid yet") }
}

/// A time that is up counts only once blocks of enough leaders have passed (rule 7).
fn overtime(workload: &Workload) -> String {
    let Some(height) = workload.overtime.filter(|_| !workload.state.is_end()) else { return String::new() };
    format!("; its time was up at block {height}, which counts once blocks of more leaders have passed")
}

fn queued(workload: &Workload, clock: &Clock, waiting: Waiting) -> String {
    let waits = match waiting {
        Waiting::Beacon(height) => format!("waits for the beacon of block {height}"),
        Waiting::Provers { active } => {
            format!("waits until {} provers are active, where {active} are", clock.params.provers_min)
        }
        Waiting::Room { ahead } => room(workload, ahead),
        Waiting::Unknown => "waits for the next draw".to_owned(),
    };
    let (waited, left) = (span(clock.now.since(workload.since.time).0), left(workload, clock));
    format!("{}{waits}; it has waited {waited} and expires in {left}", before(workload))
}

/// How the last attempt ended, if there was one.
fn before(workload: &Workload) -> String {
    let Some((prover, end)) = workload.attempts.last().and_then(|it| Some((it.prover, &it.end.as_ref()?.1))) else {
        return String::new();
    };
    format!("attempt {} by prover {} ended {}; ", workload.attempts.len(), short(prover), attempt_end(end))
}

fn room(workload: &Workload, ahead: u64) -> String {
    let need = &workload.run.resources;
    let cores = if need.cpus > 1 { format!("{} cores", need.cpus) } else { "a core".to_owned() };
    let who = format!("waits for a prover with {cores} and {} MiB free", need.memory_mib);
    match ahead {
        0 => who,
        1 => format!("{who}, behind one workload"),
        _ => format!("{who}, behind {ahead} workloads"),
    }
}

fn allocated(workload: &Workload, clock: &Clock) -> String {
    let Some((number, attempt)) = workload.current() else { return "waits for its prover".to_owned() };
    let (prover, left) = (short(attempt.prover), left(workload, clock));
    let ago = span(clock.now.since(attempt.drawn.time).0);
    if workload.kind == Kind::Test {
        return format!(
            "prover {prover} was asked {ago} ago for the test of what it declares and has {left} to accept"
        );
    }
    format!("prover {prover} was drawn {ago} ago for attempt {number} and has {left} to accept, else another is drawn")
}

fn proving(workload: &Workload, clock: &Clock) -> String {
    let Some((_, attempt)) = workload.current() else { return "waits for its prover".to_owned() };
    let accepted = attempt.accepted.unwrap_or(attempt.drawn);
    format!(
        "prover {} accepted {} ago and has {} to announce a proof",
        short(attempt.prover),
        span(clock.now.since(accepted.time).0),
        left(workload, clock)
    )
}

fn proved(workload: &Workload, clock: &Clock) -> String {
    let announced = workload.current().and_then(|(_, attempt)| Some((attempt, attempt.announced?)));
    let Some((attempt, announced)) = announced else { return "waits for verdicts".to_owned() };
    format!(
        "prover {} announced its proof {} ago; two thirds of the provers have {} to agree on a verdict",
        short(attempt.prover),
        span(clock.now.since(announced.at.time).0),
        left(workload, clock)
    )
}

fn verified(workload: &Workload) -> String {
    let after = lived(workload);
    let Some((_, attempt, _, certificate)) = workload.verified() else { return format!("certified after {after}") };
    format!("{} provers certified the proof of prover {} after {after}", signers(certificate), short(attempt.prover))
}

fn failed(workload: &Workload) -> String {
    let ended = |attempt: &Attempt| attempt.end.as_ref().map(|(_, end)| how(attempt.prover, end));
    let how = workload.attempts.last().and_then(ended).unwrap_or_else(|| "no attempt succeeded".to_owned());
    format!("{how}; attempt {} was the last, after {}", workload.attempts.len(), lived(workload))
}

fn how(prover: AccountId, end: &AttemptEnd) -> String {
    format!("the attempt of prover {} ended {}", short(prover), attempt_end(end))
}

/// Where the money went, without what is zero.
fn money(end: &End) -> String {
    let verdicts = if end.to_prover == Amount::ZERO { "went to the verdicts" } else { "to the verdicts" };
    let parts = [
        (end.to_prover, "went to the prover"),
        (end.to_verdicts, verdicts),
        (end.refunded, "went back"),
        (end.burned, "burned"),
    ];
    let paid: Vec<_> = parts.into_iter().filter(|(amount, _)| *amount != Amount::ZERO).collect();
    match paid.as_slice() {
        [] => "no money was locked".to_owned(),
        [(amount, verb)] => format!("all {amount} LEM {verb}"),
        paid => paid.iter().map(|(amount, verb)| format!("{amount} LEM {verb}")).collect::<Vec<_>>().join(", "),
    }
}

/// From its block to its end.
fn lived(workload: &Workload) -> String {
    let end = workload.end.map_or(workload.since, |end| end.at);
    span(end.time.since(workload.created.time).0)
}

/// The time until it moves on by itself.
fn left(workload: &Workload, clock: &Clock) -> String {
    span(workload.moves_on.unwrap_or(clock.now).since(clock.now).0)
}

/// Enough of an account to tell it from others.
fn short(account: AccountId) -> String {
    account.to_string().chars().take(8).collect()
}

/// A span of milliseconds in seconds, with one decimal below 100.
fn span(ms: u64) -> String {
    let (seconds, tenths) = (ms / 1000, ms % 1000 / 100);
    if seconds >= 100 || tenths == 0 { format!("{seconds} s") } else { format!("{seconds}.{tenths} s") }
}
