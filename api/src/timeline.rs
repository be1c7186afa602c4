//! Everything that happened to a workload, step by step, out of its record alone.

use crate::{Moment, WorkloadState, schema, workload::signers};
use serde::{Deserialize, Serialize};
use types::{
    AccountId,
    workload::{AttemptEnd, Kind},
};
use utoipa::ToSchema;

/// One thing that happened to a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// `queued`, `allocated`, `accepted`, `proved`, `attempt-ended`, or the end state.
    pub event: String,
    /// The state that it came into.
    pub state: WorkloadState,
    /// The block.
    pub height: u64,
    /// Its chain time.
    pub time_ms: u64,
    /// The attempt.
    pub attempt: Option<u16>,
    /// The attempt's prover.
    #[schema(value_type = Option<schema::Id>)]
    pub prover: Option<AccountId>,
    /// Why, in a few words.
    pub reason: Option<String>,
}

/// The steps of a workload, in order.
#[must_use]
pub fn timeline(workload: &types::Workload) -> Vec<Step> {
    let mut steps = vec![Step::new("queued", WorkloadState::Queued, workload.created.into())];
    let last = workload.attempts.len();
    for (index, attempt) in workload.attempts.iter().enumerate() {
        let then = if index + 1 == last { after_last(workload) } else { WorkloadState::Queued };
        let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
        steps.extend(turn(workload.kind, attempt, then).map(|step| step.by(number, attempt.prover)));
    }
    steps.extend(workload.end.map(|end| {
        let reason = crate::workload::reason(end.reason).to_owned();
        let state = WorkloadState::from(workload.state);
        Step { reason: Some(reason), ..Step::new(state.word(), state, end.at.into()) }
    }));
    steps
}

/// The state into which the end of the last attempt led.
fn after_last(workload: &types::Workload) -> WorkloadState {
    match workload.state {
        // A workload that was cancelled or expired had been queued again before.
        types::State::Cancelled | types::State::Expired => WorkloadState::Queued,
        state => state.into(),
    }
}

/// The steps of one attempt.
fn turn(kind: Kind, attempt: &types::Attempt, then: WorkloadState) -> impl Iterator<Item = Step> + use<> {
    let why = match kind {
        Kind::Run => format!("drawn by the beacon of block {}", attempt.drawn_by),
        Kind::Test => "tests what the prover declares".to_owned(),
    };
    let drawn = Step::new("allocated", WorkloadState::Allocated, attempt.drawn.into()).because(why);
    let accepted = attempt.accepted.map(|at| Step::new("accepted", WorkloadState::Proving, at.into()));
    let proved = attempt.announced.map(|it| {
        let step = Step::new("proved", WorkloadState::Proved, it.at.into());
        step.because(format!("announced a proof of {} bytes", it.size))
    });
    let ended =
        attempt.end.as_ref().map(|(at, end)| Step::new("attempt-ended", then, (*at).into()).because(attempt_end(end)));
    [Some(drawn), accepted, proved, ended].into_iter().flatten()
}

/// How an attempt ended, in a few words.
pub(crate) fn attempt_end(end: &AttemptEnd) -> String {
    let word = end.word();
    match end {
        AttemptEnd::Failed(fail) => format!("{word} ({}): {}", fail.kind.word(), fail.reason),
        AttemptEnd::Valid(it) | AttemptEnd::Rejected(it) | AttemptEnd::Unavailable(it) => {
            format!("{word} by {} verdicts", signers(it))
        }
        AttemptEnd::Silent => format!("{word}: it did not answer in time"),
        AttemptEnd::Missed => format!("{word}: it announced nothing in time"),
        AttemptEnd::Undecided => format!("{word}: the verdicts did not agree in time"),
        AttemptEnd::HandedBack => word.to_owned(),
    }
}

impl Step {
    fn new(event: &str, state: WorkloadState, at: Moment) -> Self {
        let Moment { height, time_ms } = at;
        Self { event: event.to_owned(), state, height, time_ms, attempt: None, prover: None, reason: None }
    }

    fn because(mut self, reason: String) -> Self {
        self.reason = Some(reason);
        self
    }

    fn by(mut self, attempt: u16, prover: AccountId) -> Self {
        (self.attempt, self.prover) = (Some(attempt), Some(prover));
        self
    }
}
