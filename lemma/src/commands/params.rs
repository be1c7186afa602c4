//! The parameters in force.

use super::Context;
use crate::{
    exit::Failure,
    output::{STRONG, plain_table, styled},
};
use api::{Parameter, Params as InForce};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  lemma params
  lemma params --votable
  lemma params slash";

/// Show the parameters in force
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Params {
    /// One of them, with what it means
    name: Option<String>,
    /// Only those that validators can vote on
    #[arg(long, conflicts_with = "name")]
    votable: bool,
}

impl Params {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut params = context.client()?.params().await?;
        if let Some(name) = &self.name {
            let found = params.params.iter().find(|it| it.name == *name);
            let absent =
                || Failure::usage(format!("there is no parameter {name:?}"), "`lemma params` shows all of them");
            return context.out.result(found.ok_or_else(absent)?, one);
        }
        params.params.retain(|it| it.votable || !self.votable);
        context.out.result(&params, all)
    }
}

fn one(it: &Parameter) -> String {
    let change = if it.votable { "validators may change it by vote" } else { "it stays for the life of the chain" };
    [
        format!("{} {} {}", styled(STRONG, &it.name), it.value, it.unit),
        it.about.clone(),
        format!("{} unless genesis says otherwise; {} to {}; {change}", it.default, it.min, it.max),
    ]
    .join("\n")
}

fn all(params: &InForce) -> String {
    let mut table = plain_table(["parameter", "value", "unit", "default", "least", "most", "vote"]);
    for it in &params.params {
        table.add_row([
            it.name.clone(),
            it.value.to_string(),
            it.unit.clone(),
            it.default.to_string(),
            it.min.to_string(),
            it.max.to_string(),
            if it.votable { "yes" } else { "fixed" }.to_owned(),
        ]);
    }
    let price = format!("a core costs {} LEM for a second in epoch {}", params.compute_price, params.epoch);
    format!("{table}\n{price}, at height {}", params.height)
}
