//! The event stream.

use super::Context;
use crate::output::{FAINT, STRONG, short, styled};
use api::{Event, LAGGED};
use clap::Args;
use futures::StreamExt as _;
use types::WorkloadId;

/// Print what happens, as it happens.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma events --workload ID --json | jq .state\n  lemma events --skip-empty")]
pub struct Events {
    /// Only what happens to this workload
    #[arg(long, value_name = "ID")]
    workload: Option<WorkloadId>,
    /// Leave out blocks that did nothing
    #[arg(long)]
    skip_empty: bool,
}

impl Events {
    /// Does it, until it is interrupted or the node ends the stream.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut events = context.client()?.events(self.workload).await?;
        while let Some(event) = events.next().await {
            let event = event?;
            if self.skip_empty && event.event == "block" {
                continue;
            }
            context.out.line(&event, line)?;
            if event.event == LAGGED {
                anyhow::bail!("the node ended the stream: this listener was too slow");
            }
        }
        Ok(())
    }
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
