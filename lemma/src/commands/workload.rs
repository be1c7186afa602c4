//! Where a workload is, and why.

use super::{Context, signing::Signing};
use crate::{
    exit::{Code, Failure},
    life::step_line,
    output::{STRONG, styled},
};
use api::{Step, Workload, WorkloadState};
use clap::Args;
use serde::Serialize;
use types::{Call, WorkloadId};

/// Show the chain and the node, or a workload.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma status\n  lemma status ID --json")]
pub struct Status {
    /// The workload; the chain and the node unless told
    workload: Option<WorkloadId>,
}

/// Tell what happened to a workload and what it waits for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma explain ID")]
pub struct Explain {
    /// The workload
    workload: WorkloadId,
}

/// Take back a run that has not been allocated.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma cancel ID --key user.key")]
pub struct Cancel {
    /// The workload
    workload: WorkloadId,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Explained {
    workload: WorkloadId,
    state: WorkloadState,
    explain: String,
    timeline: Vec<Step>,
}

impl Status {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        match self.workload {
            None => context.out.result(&client.status().await?, chain),
            Some(id) => context.out.result(&client.workload(id).await?, state_line),
        }
    }
}

fn chain(status: &api::Status) -> String {
    [
        format!("{} at height {}, epoch {}", status.name, status.height, status.epoch),
        format!("chain      {}", status.chain),
        format!("group key  {}", status.group_key),
        format!("state root {}", status.state_root),
        format!("node       {} with {} peers, version {}", status.node, status.peers, status.versions.node),
        format!("prover     {}", status.prover.map_or("none".to_owned(), |prover| prover.to_string())),
    ]
    .join("\n")
}

fn state_line(workload: &Workload) -> String {
    let since = workload.since.map_or(String::new(), |since| format!(" since block {}", since.height));
    format!("{}{since}", styled(STRONG, workload.state))
}

impl Explain {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let it = context.client()?.workload(self.workload).await?;
        let explained =
            Explained { workload: it.workload, state: it.state, explain: it.explain, timeline: it.timeline };
        context.out.result(&explained, |it| {
            let began = it.timeline.first().map_or(0, |step| step.time_ms);
            let steps = it.timeline.iter().map(|step| step_line(step, step.time_ms.saturating_sub(began)));
            steps.chain([styled(STRONG, &it.explain)]).collect::<Vec<_>>().join("\n")
        })
    }
}

impl Cancel {
    /// Does it: done once the workload has ended.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let call = Call::Cancel { workload: self.workload };
        let Some((_, _)) = self.signing.settle(context, call).await? else { return Ok(()) };
        let workload = context.client()?.workload(self.workload).await?;
        if workload.state == WorkloadState::Cancelled {
            return context.out.result(&workload, |it| format!("cancelled: {}", it.explain));
        }
        let (message, hint) = ("it was too late: a prover has it".to_owned(), "see `lemma explain ID`".to_owned());
        Err(Failure { code: Code::Refused, message, hint }.into())
    }
}
