//! Validators: bonds, seats and votes.

use super::{Context, account::Whose, signing::Signing, stake::Stake};
use crate::{
    exit::Failure,
    output::{plain_table, short},
    units::{Setting, Span},
};
use api::{ParamChange, Validators};
use clap::{Args, Subcommand};
use client::changes;
use serde::Serialize;
use types::{Call, Millis, TxId, registry::Role};

/// Bond, vote, and show who signs.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  lemma validator status\n  lemma validator vote slash=500 --key net/node-0/prover.key"
)]
pub enum Validator {
    /// Add to what stands behind a seat
    #[command(after_help = "Example:\n  lemma validator bond 500 --key net/node-0/prover.key")]
    Bond(Stake),
    /// Take back of what stands behind a seat; it stays locked for a while
    #[command(after_help = "Example:\n  lemma validator unbond 500 --key net/node-0/prover.key")]
    Unbond(Stake),
    Status(Status),
    Vote(Vote),
}

/// Show the validators: bonds, seats and votes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma validator status\n  lemma validator status --key net/node-0/config.toml")]
pub struct Status {
    #[command(flatten)]
    whose: Whose,
}

const VOTES: &str = "\
Examples:
  lemma validator vote slash=500 accept_window=5s --key net/node-0/prover.key
  lemma validator vote transaction_fee=0.002 --key net/node-0/prover.key
  lemma validator vote --withdraw --key net/node-0/prover.key

`lemma params` shows which parameters can be voted on, and `lemma validator status` who votes for what.";

/// Say which parameters are to change with the next epoch
///
/// The whole list takes effect if more than two thirds of the seats vote for the very same one in this epoch. A vote takes the place
/// of an earlier one.
#[derive(Debug, Args)]
#[command(after_help = VOTES)]
pub struct Vote {
    /// A parameter and its value: amounts in LEM, times such as 90s, sizes such as 16KiB
    #[arg(value_name = "NAME=VALUE", required_unless_present = "withdraw")]
    settings: Vec<Setting>,
    /// Take back an earlier vote
    #[arg(long, conflicts_with = "settings")]
    withdraw: bool,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Voted {
    transaction: TxId,
    height: u64,
    changes: Vec<ParamChange>,
}

impl Validator {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Bond(stake) => stake.bond(context, Role::Validator).await,
            Self::Unbond(stake) => stake.unbond(context, Role::Validator).await,
            Self::Status(status) => status.run(context).await,
            Self::Vote(vote) => vote.run(context).await,
        }
    }
}

impl Vote {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let wanted: Vec<_> = self.settings.iter().map(|it| (it.name.clone(), it.value)).collect();
        let changes = changes(&wanted).map_err(|error| Failure::usage(error.to_string(), error.hint()))?;
        let told: Vec<_> = changes.iter().map(ParamChange::from).collect();
        let Some((sent, height)) = self.signing.settle(context, Call::Vote(changes)).await? else { return Ok(()) };
        let voted = Voted { transaction: sent.transaction, height, changes: told };
        context.out.result(&voted, |it| match words(&it.changes) {
            words if words.is_empty() => format!("the vote was taken back in block {}", it.height),
            words => format!(
                "voted in block {} for {words}: takes effect with the next epoch if more than two thirds of the seats want the same",
                it.height
            ),
        })
    }
}

fn words(changes: &[ParamChange]) -> String {
    changes.iter().map(|change| format!("{}={}", change.parameter, change.value)).collect::<Vec<_>>().join(" ")
}

impl Status {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let mut all = client.validators().await?;
        if let Some(account) = self.whose.given()? {
            all.validators.retain(|it| it.account == account);
            if all.validators.is_empty() {
                let hint = "validators are named by genesis; `lemma validator status` shows them";
                return Err(Failure::refused(format!("{account} is no validator"), hint).into());
            }
        }
        let now = client.status().await?.time_ms;
        context.out.result(&all, |it| shown(it, now))
    }
}

fn shown(all: &Validators, now: u64) -> String {
    let mut table =
        plain_table(["validator", "account", "bond", "taken back", "seated", "next", "signs in", "votes for"]);
    for it in &all.validators {
        let back = it
            .unbonding
            .iter()
            .map(|part| format!("{} in {}", part.amount, Span(Millis(part.release_ms.saturating_sub(now)))));
        let signs: Vec<String> = it.signs.iter().map(ToString::to_string).collect();
        table.add_row([
            short(it.peer),
            short(it.account),
            it.bond.to_string(),
            back.collect::<Vec<_>>().join(", "),
            yes(it.seated),
            yes(it.next),
            signs.join(" "),
            it.vote.as_deref().map(words).unwrap_or_default(),
        ]);
    }
    format!("epoch {}, {} seats sign, at height {}\n{table}", all.epoch, all.seats, all.height)
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
