//! What programs log.

use super::Context;
use api::LogEvent;
use clap::Args;
use client::LogPart;
use serde::Serialize;
use types::WorkloadId;

const EXAMPLES: &str = "\
Examples:
  lemma logs ID                        what the last attempt has logged so far
  lemma logs ID --follow               as it comes, attempt after attempt, until there is a proof
  lemma logs ID --attempt 1 > log.txt  byte by byte
  lemma logs ID --follow --json | jq -r .text

The node of the attempt's prover has the log; it is asked at the address that the prover declares. Anybody may read it.
On a terminal control characters are spelled out.";

/// Show what a workload's program logs, also while it runs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Logs {
    /// The workload
    workload: WorkloadId,
    /// The attempt, counted from 1; the last one unless told, and with --follow each new one too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    attempt: Option<u16>,
    /// Go on as the log grows
    #[arg(long)]
    follow: bool,
    /// Write control characters to the terminal as they are
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

#[derive(Serialize)]
struct Logged {
    workload: WorkloadId,
    attempt: Option<u16>,
    text: String,
}

impl Logs {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        if self.follow { self.follow(context).await } else { self.whole(context).await }
    }

    async fn whole(&self, context: &Context) -> anyhow::Result<()> {
        let bytes = context.client()?.log_of_prover(self.workload, self.attempt).await?;
        if context.out.is_json() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let logged = Logged { workload: self.workload, attempt: self.attempt, text };
            return context.out.result(&logged, |it| it.text.clone());
        }
        context.out.foreign(&bytes, self.raw).map(drop)
    }

    async fn follow(&self, context: &Context) -> anyhow::Result<()> {
        let mut shown = Shown { context, raw: self.raw, last: None, error: None };
        context.client()?.follow_log(self.workload, self.attempt, &mut |part| shown.tell(part)).await?;
        shown.error.map_or(Ok(()), Err)
    }
}

/// What was shown so far.
struct Shown<'a> {
    context: &'a Context,
    raw: bool,
    /// The attempt whose log is shown.
    last: Option<u16>,
    error: Option<anyhow::Error>,
}

impl Shown<'_> {
    /// False when the reader has gone, or nothing can be written.
    fn tell(&mut self, part: LogPart<'_>) -> bool {
        let told = match part {
            LogPart::At(node) => {
                self.context.out.note(format_args!("the log is on the prover's node at {node}"));
                Ok(true)
            }
            LogPart::Event(event) if self.context.out.is_json() => {
                self.context.out.line(event, |_| String::new()).map(|()| true)
            }
            LogPart::Event(event) => self.show(event),
        };
        told.unwrap_or_else(|error| {
            self.error = Some(error);
            false
        })
    }

    fn show(&mut self, event: &LogEvent) -> anyhow::Result<bool> {
        let out = self.context.out;
        if self.last.replace(event.attempt).is_some_and(|last| last != event.attempt) {
            out.note(format_args!("attempt {}", event.attempt));
        }
        if let Some(bytes) = event.missed_bytes {
            out.note(format_args!("{bytes} bytes are not kept any more"));
        }
        event.text.as_ref().map_or(Ok(true), |text| out.foreign(text.as_bytes(), self.raw))
    }
}
