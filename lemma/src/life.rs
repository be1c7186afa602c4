//! The life of a workload, told as it happens.

use crate::{
    output::{BAD, FAINT, GOOD, Output, STRONG, short, styled},
    units::Span,
};
use anstyle::Style;
use api::{Step, WorkloadState};
use client::Progress;
use serde::Serialize;
use std::time::{Instant, SystemTime};
use types::Millis;

/// When a workload came into a state, by this machine's clock.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// The state.
    pub state: WorkloadState,
    /// Milliseconds since the run was sent.
    pub after_ms: u64,
    /// The block; none while it is pending.
    pub height: Option<u64>,
}

/// What was seen of one workload.
#[derive(Clone, Debug)]
pub struct Life {
    out: Output,
    label: String,
    began: Instant,
    proving: Pace,
    /// Every state it came into, in order.
    pub marks: Vec<Mark>,
}

impl Life {
    /// Begins now. The label stands before every line.
    #[must_use]
    pub fn begin(out: Output, label: String) -> Self {
        Self { out, label, began: Instant::now(), proving: Pace::default(), marks: Vec::new() }
    }

    /// Takes in and tells what was seen.
    pub fn see(&mut self, progress: &Progress<'_>) {
        let after_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let line = match progress {
            Progress::Pending => {
                self.marks.push(Mark { state: WorkloadState::Pending, after_ms, height: None });
                line(after_ms, WorkloadState::Pending, "the run waits in the mempool")
            }
            // The end of the last attempt and the end of the workload are two steps into one state.
            Progress::Step(step) if self.is_at(step) => return,
            Progress::Step(step) => {
                self.marks.push(Mark { state: step.state, after_ms, height: Some(step.height) });
                step_line(step, after_ms)
            }
            // Several at once would talk over each other.
            Progress::Permille { .. } if !self.label.is_empty() => return,
            Progress::Permille { attempt, permille } => return self.proving(*attempt, *permille, after_ms),
            Progress::Waiting(_) if !self.label.is_empty() => return,
            Progress::Waiting(workload) => {
                let until = workload.moves_on_ms.and_then(|until| until.checked_sub(now_ms()));
                let until = until.map_or(String::new(), |left| format!(" ({} at most)", Span(Millis(left))));
                // Said again and again it is of use only where it is written over.
                return self
                    .out
                    .passing(false, line(after_ms, workload.state, &format!("{}{until}", workload.explain)));
            }
        };
        self.out.note(format_args!("{}{line}", self.label));
    }

    /// How far the program says it is, and when it will be done if it goes on as it did.
    fn proving(&mut self, attempt: u16, permille: u32, after_ms: u64) {
        let tenth = self.proving.see(attempt, permille, after_ms);
        let left = self.proving.left_ms(permille, after_ms);
        let left = left.map_or(String::new(), |left| format!(", about {} left", Span(Millis(left))));
        let words = format!("{}.{} %{left}", permille / 10, permille % 10);
        self.out.passing(tenth, line(after_ms, WorkloadState::Proving, &words));
    }

    /// Whether this step leads where the last one led, in the same block.
    fn is_at(&self, step: &Step) -> bool {
        self.marks.last().is_some_and(|mark| mark.state == step.state && mark.height == Some(step.height))
    }

    /// When it first came into a state.
    #[must_use]
    pub fn at(&self, state: WorkloadState) -> Option<u64> {
        self.marks.iter().find(|mark| mark.state == state).map(|mark| mark.after_ms)
    }

    /// From the first time in one state to the last time in another.
    #[must_use]
    pub fn between(&self, from: WorkloadState, to: WorkloadState) -> Option<u64> {
        let last = self.marks.iter().rev().find(|mark| mark.state == to)?.after_ms;
        last.checked_sub(self.at(from)?)
    }
}

/// How fast the program of an attempt gets on.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    attempt: u16,
    /// Where it was at first, in thousandths and milliseconds.
    from: (u32, u64),
    tenth: u32,
}

impl Pace {
    /// Takes in how far it is. Whether it is another tenth than before.
    fn see(&mut self, attempt: u16, permille: u32, after_ms: u64) -> bool {
        if attempt != self.attempt {
            *self = Self { attempt, from: (permille, after_ms), tenth: 0 };
        }
        let (before, tenth) = (self.tenth, permille / 100);
        self.tenth = before.max(tenth);
        tenth > before
    }

    /// What is left, if the rest goes on as before. None until that can be said.
    fn left_ms(&self, permille: u32, after_ms: u64) -> Option<u64> {
        let done = permille.checked_sub(self.from.0).filter(|done| *done > 0)?;
        let rest = 1000u32.checked_sub(permille).filter(|rest| *rest > 0)?;
        left_ms(after_ms.checked_sub(self.from.1)?, done.into(), rest.into())
    }
}

/// How long the rest takes, if so much took so long. None for too short a time to say.
#[must_use]
pub fn left_ms(took_ms: u64, done: u64, rest: u64) -> Option<u64> {
    const SURE_MS: u64 = 1_000;
    let left = u128::from(took_ms).checked_mul(rest.into())?.checked_div(done.into())?;
    u64::try_from(left).ok().filter(|_| took_ms >= SURE_MS)
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A step of a timeline, for people.
#[must_use]
pub fn step_line(step: &Step, after_ms: u64) -> String {
    let mut words = vec![format!("block {}", step.height)];
    words.extend(step.attempt.filter(|attempt| *attempt > 1).map(|attempt| format!("attempt {attempt}")));
    words.extend(step.prover.map(|prover| format!("prover {}", short(prover))));
    words.extend(step.reason.clone());
    line(after_ms, step.state, &words.join(", "))
}

fn line(after_ms: u64, state: WorkloadState, words: &str) -> String {
    let time = styled(FAINT, format_args!("{:>8}", Span(Millis(after_ms)).to_string()));
    format!("  {time}  {}  {words}", styled(style(state), format_args!("{:<9}", title(state))))
}

fn style(state: WorkloadState) -> Style {
    match state {
        WorkloadState::Verified => GOOD,
        WorkloadState::Failed | WorkloadState::Expired => BAD,
        _ => STRONG,
    }
}

/// The word with a capital letter, as the protocol writes states.
fn title(state: WorkloadState) -> String {
    let word = state.word();
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(state: WorkloadState, height: u64) -> Step {
        let (event, time_ms) = (state.word().to_owned(), 0);
        Step { event, state, height, time_ms, attempt: None, prover: None, reason: None }
    }

    #[test]
    fn every_state_is_kept_with_its_time() {
        let mut life = Life::begin(Output::new(false, false), String::new());
        life.see(&Progress::Pending);
        life.see(&Progress::Step(&step(WorkloadState::Queued, 3)));
        life.see(&Progress::Permille { attempt: 1, permille: 500 });
        life.see(&Progress::Step(&step(WorkloadState::Queued, 3)));
        let states: Vec<_> = life.marks.iter().map(|mark| mark.state).collect();
        assert_eq!(states, [WorkloadState::Pending, WorkloadState::Queued]);
        assert!(life.between(WorkloadState::Pending, WorkloadState::Queued).is_some());
        assert_eq!(life.between(WorkloadState::Queued, WorkloadState::Proved), None);
    }

    #[test]
    fn what_is_left_follows_from_what_was_done() {
        let mut pace = Pace::default();
        assert!(!pace.see(1, 0, 10_000));
        assert_eq!(pace.left_ms(0, 10_000), None);
        assert!(pace.see(1, 250, 15_000) && !pace.see(1, 290, 15_100));
        assert_eq!(pace.left_ms(250, 15_000), Some(15_000));
        assert_eq!((pace.left_ms(1000, 30_000), pace.left_ms(250, 10_500)), (None, None));
        assert!(!pace.see(2, 50, 40_000), "another attempt begins anew");
        assert_eq!(pace.left_ms(100, 42_000), Some(36_000));
    }

    #[test]
    fn states_are_written_as_the_protocol_writes_them() {
        assert_eq!(title(WorkloadState::Verified), "Verified");
    }
}
