//! `lemma doctor`: what of this machine keeps a node from working well, and what to do about it.

mod chain;
mod machine;
mod setup;

use crate::{
    commands::Context,
    exit::{Code, Failure},
    output::{BAD, FAINT, GOOD, STRONG, styled},
};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  lemma doctor                              this machine, and the node that --node or the network names
  lemma doctor --config node/config.toml    also what a node with this configuration needs
  lemma doctor --json | jq '.checks[] | select(.level != \"ok\")'

Ends with 1 if a check fails. What only warns keeps nothing from working.";

/// Check this machine: sandbox, memory, disk, clock, ports, keys and peers, and say what to mend
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// The configuration of a node that runs here, or is to
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder whose disk is looked at; that of the node's data unless told, else the current one
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    says: String,
    /// What to do; empty where nothing is to be done.
    fix: &'static str,
}

#[derive(Serialize)]
struct Report {
    level: Level,
    checks: Vec<Finding>,
}

impl Finding {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, says: says.into(), fix: "" }
    }

    fn warn(check: &'static str, says: impl Into<String>, fix: &'static str) -> Self {
        Self { check, level: Level::Warn, says: says.into(), fix }
    }

    fn fail(check: &'static str, says: impl Into<String>, fix: &'static str) -> Self {
        Self { check, level: Level::Fail, says: says.into(), fix }
    }
}

impl Doctor {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (config, mut checks) = match &self.config {
            Some(path) => setup::configuration(path),
            None => (None, Vec::new()),
        };
        let dir = self.dir.clone().or_else(|| Some(config.as_ref()?.data.clone())).unwrap_or_else(|| ".".into());
        let room = config.as_ref().map_or(machine::ROOM, |config| config.limits.blobs_bytes_max);
        checks.extend(machine::all(existing(&dir), room));
        if let Some(config) = &config {
            checks.extend(setup::all(config).await);
        }
        checks.extend(chain::all(&address(context, config.as_ref())?, config.is_some()).await?);
        report(context, checks)
    }
}

/// The node that is asked: the one that is named, else the one of the configuration.
fn address(context: &Context, config: Option<&node::Config>) -> anyhow::Result<String> {
    match config {
        Some(config) if context.node.is_none() => Ok(format!("http://{}", config.http.listen)),
        _ => context.address(),
    }
}

/// The nearest folder that is there.
fn existing(dir: &Path) -> &Path {
    let nearest = dir.ancestors().find(|dir| dir.is_dir());
    nearest.unwrap_or(Path::new("."))
}

fn report(context: &Context, checks: Vec<Finding>) -> anyhow::Result<()> {
    let level = checks.iter().map(|check| check.level).max().unwrap_or(Level::Ok);
    let failed = checks.iter().filter(|check| check.level == Level::Fail).count();
    context.out.result(&Report { level, checks }, text)?;
    if failed == 0 {
        return Ok(());
    }
    let message = format!("{failed} of the checks failed");
    Err(Failure { code: Code::Failed, message, hint: "mend them in this order, and ask again".to_owned() }.into())
}

fn text(report: &Report) -> String {
    report.checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(it: &Finding) -> String {
    let mark = match it.level {
        Level::Ok => styled(GOOD, "ok  "),
        Level::Warn => styled(STRONG, "warn"),
        Level::Fail => styled(BAD, "fail"),
    };
    let fix = if it.fix.is_empty() { String::new() } else { format!("\n                {}", styled(FAINT, it.fix)) };
    format!("{mark}  {:<9} {}{fix}", it.check, it.says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Output;

    #[test]
    fn what_fails_ends_with_1_and_what_warns_does_not() {
        let context = Context { out: Output::new(true, true), node: None, network: None };
        assert!(report(&context, vec![Finding::warn("a", "", ""), Finding::ok("b", "")]).is_ok());
        let error = report(&context, vec![Finding::fail("a", "", "mend"), Finding::ok("b", "")]).expect_err("failed");
        assert_eq!(crate::exit::told(&error).exit, Code::Failed);
        assert!(Level::Fail > Level::Warn && Level::Warn > Level::Ok);
    }

    #[test]
    fn the_nearest_folder_is_looked_at() {
        let dir = tempfile::tempdir().expect("folder");
        assert_eq!(existing(&dir.path().join("not/there")), dir.path());
    }
}
