//! `lemma demo`: the whole job on this machine, from a run to a receipt that is checked offline.

mod job;
mod report;
mod setup;

use crate::{
    commands::{
        Context,
        node::{Interrupted, interrupted},
    },
    devnet::Network,
    network::{self, Folder, Plan},
    output::{FAINT, Output, STRONG, styled},
};
use clap::Args;
use report::Report;
use std::time::Instant;
use tempfile::TempDir;

const EXAMPLES: &str = "\
Examples:
  lemma demo
  lemma demo --nodes 7 --workloads 20
  lemma demo --json | jq .workloads[0].marks";

/// Show the whole job: a local network proves, checks and settles
///
/// Nodes as processes in a folder of their own, a real proof system, runs from submission to receipt, the receipts checked offline,
/// and a tampered copy refused. One party, this one, deals the keys of the network and of the proof system.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// Nodes, each validator and prover at once
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(4..=32))]
    nodes: u16,
    /// Runs, all submitted at once
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    workloads: u16,
    /// Leave the folder when done
    #[arg(long)]
    keep: bool,
}

impl Demo {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let home = tempfile::Builder::new().prefix("lemma-demo-").tempdir()?;
        let result = self.in_folder(context.out, &home).await;
        let telling = result.as_ref().is_err_and(|error| !error.is::<Interrupted>());
        self.tidy(context.out, home, telling);
        let report = result?;
        context.out.result(&report, Report::text)?;
        report.verdict()
    }

    async fn in_folder(&self, out: Output, home: &TempDir) -> anyhow::Result<Report> {
        let began = Instant::now();
        heading(out, "1", &format!("a network of {} nodes on this machine; one party dealt its keys", self.nodes));
        let plan = Plan::on_free_ports("demo".to_owned(), self.nodes)?;
        let dir = home.path().join("net");
        network::create(&dir, &plan)?;
        let folder = Folder::open(&dir)?;
        out.note(styled(FAINT, format_args!("  folder {}", folder.dir.display())));
        let mut network = Network::start(&folder)?;
        let result = self.on_network(out, &folder, &mut network).await;
        network.stop().await;
        let report = result?;
        out.note(styled(FAINT, format_args!("all in {:.1} s", began.elapsed().as_secs_f64())));
        Ok(report)
    }

    async fn on_network(&self, out: Output, folder: &Folder, network: &mut Network) -> anyhow::Result<Report> {
        tokio::select! {
            ready = network.ready(out) => ready?,
            () = interrupted() => return Err(Interrupted.into()),
        }
        tokio::select! {
            report = job::run(out, folder, usize::from(self.workloads)) => report,
            death = network.death() => Err(death),
            () = interrupted() => Err(Interrupted.into()),
        }
    }

    /// Removes the folder, unless it is wanted or tells what went wrong.
    fn tidy(&self, out: Output, home: TempDir, telling: bool) {
        if self.keep || telling {
            out.note(format_args!("the folder is kept: {}", home.keep().display()));
        }
    }
}

/// Says which part of the demonstration begins.
pub fn heading(out: Output, number: &str, words: &str) {
    out.note(format_args!("{} {}", styled(STRONG, number), styled(STRONG, words)));
}
