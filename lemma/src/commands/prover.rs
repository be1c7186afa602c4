//! Provers.

use super::Context;
use crate::output::short;
use api::Provers;
use clap::Subcommand;
use comfy_table::{Table, presets::NOTHING};

/// Show the provers.
#[derive(Debug, Subcommand)]
pub enum Prover {
    /// List all provers
    List,
}

impl Prover {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let provers = context.client()?.provers().await?;
        context.out.result(&provers, table)
    }
}

fn table(provers: &Provers) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "prover",
        "bond",
        "cores",
        "in use",
        "allocated",
        "verified",
        "failed",
        "missed",
        "rejected",
        "earned",
    ]);
    for prover in &provers.provers {
        let tally = &prover.tally;
        table.add_row([
            short(prover.account),
            prover.bond.to_string(),
            prover.capacity.cpus.to_string(),
            prover.in_use.cpus.to_string(),
            tally.allocated.to_string(),
            tally.verified.to_string(),
            tally.failed.to_string(),
            tally.missed.to_string(),
            tally.rejected.to_string(),
            tally.earned.to_string(),
        ]);
    }
    table.to_string()
}
