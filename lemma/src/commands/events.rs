//! The event stream.

use super::Context;
use crate::output::{FAINT, STRONG, short, styled};
use api::{Event, GAP};
use clap::Args;
use client::EventFilter;
use futures::StreamExt as _;
use serde::Serialize;
use types::{AccountId, WorkloadId};

const EXAMPLES: &str = "\
Examples:
  lemma events --workload ID --json | jq .state
  lemma events --account ACCOUNT
  lemma events --prover ACCOUNT --after 1207-3
  lemma events --skip-empty

A connection that breaks is made again, and what was missed follows. `gap` says that not all of it is known any more: look at what matters \
to you, with `lemma workloads`.";

/// Print what happens, as it happens.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Events {
    /// Only what happens to this workload
    #[arg(long, value_name = "ID")]
    workload: Option<WorkloadId>,
    /// Only what happens to workloads that this account asked for
    #[arg(long)]
    account: Option<AccountId>,
    /// Only what happens to attempts of this prover, and what it does
    #[arg(long, value_name = "ACCOUNT")]
    prover: Option<AccountId>,
    /// Go on after this event: the id that --json tells, of this node or another
    #[arg(long, value_name = "EVENT")]
    after: Option<String>,
    /// Leave out blocks that did nothing
    #[arg(long)]
    skip_empty: bool,
}

impl Events {
    /// Does it, until it is interrupted or the node cannot be reached any more.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = EventFilter { workload: self.workload, account: self.account, prover: self.prover };
        let mut events = context.client()?.events(filter, self.after.as_deref()).await?;
        while let Some(heard) = events.next().await {
            let (event, id) = heard?;
            if self.skip_empty && event.event == "block" {
                continue;
            }
            if event.event == GAP {
                context.out.warn("not all that happened meanwhile is known any more: see `lemma workloads`");
            }
            context.out.line(&Heard { event, id }, |heard| line(&heard.event))?;
        }
        Ok(())
    }
}

/// An event with the id to go on after: that of the last event of the chain.
#[derive(Serialize)]
struct Heard {
    #[serde(flatten)]
    event: Event,
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
}

fn line(event: &Event) -> String {
    let mut line = vec![styled(FAINT, format_args!("{:>6}", event.height.map_or(String::new(), |it| it.to_string())))];
    line.push(styled(STRONG, format_args!("{:<13}", event.event)));
    line.extend(event.workload.map(|id| format!("workload {}", short(id))));
    line.extend(event.attempt.map(|attempt| format!("attempt {attempt}")));
    line.extend(event.prover.map(|prover| format!("prover {}", short(prover))));
    line.extend(event.state.map(|state| state.to_string()));
    line.extend(event.permille.map(|permille| format!("{}.{} %", permille / 10, permille % 10)));
    line.extend(event.transactions.map(|count| format!("{count} transactions")));
    line.extend(event.beacon.map(|height| format!("beacon of {height}")));
    line.extend(event.epoch.map(|epoch| format!("epoch {epoch}")));
    line.extend(event.set.map(|set| format!("verdict set {set}")));
    line.extend(event.compute_price.map(|price| format!("{price} LEM for a core and second")));
    line.extend(event.amount.map(|amount| format!("{amount} LEM")));
    line.extend(event.until_ms.map(|until| format!("until chain time {until}")));
    line.extend(event.reason.clone());
    line.extend(event.refusal.as_ref().map(ToString::to_string));
    line.join("  ")
}
