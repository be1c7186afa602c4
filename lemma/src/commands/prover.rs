//! Provers: joining, changing, leaving, and how they fare.

mod join;
mod ledger;
mod show;

use super::{Context, account::Whose, list::Count, signing::Signing, stake::Stake};
use crate::exit::{Failure, instead};
use api::ProverState;
use clap::Subcommand;
use client::ProverFilter;
use join::{Register, Update};
use ledger::Ledger;
use serde::Serialize;
use types::{Call, TxId, registry::Role};

/// Join as a prover, change or leave, and show how provers fare.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  lemma prover list\n  lemma prover register --cpus 4 --memory 8GiB --key node/config.toml --watch\n  \
                        lemma prover status --key node/config.toml"
)]
pub enum Prover {
    /// List provers
    #[command(
        after_help = "Examples:\n  lemma prover list\n  lemma prover list --state active --all --json | jq -r .account"
    )]
    List {
        /// Only those in this state: jailed, draining, tested, active or waiting
        #[arg(long)]
        state: Option<ProverState>,
        #[command(flatten)]
        count: Count,
    },
    /// Show one prover, and what keeps it from work
    #[command(
        after_help = "Examples:\n  lemma prover status ACCOUNT\n  lemma prover status --key net/node-0/config.toml"
    )]
    Status {
        #[command(flatten)]
        whose: Whose,
    },
    Ledger(Ledger),
    Register(Box<Register>),
    Update(Box<Update>),
    /// Take no new workloads, and finish those that are under way
    ///
    /// Nothing is lost by it and nothing counts against the prover. `lemma prover resume` ends it.
    #[command(after_help = "Example:\n  lemma prover drain --key prover.key")]
    Drain {
        #[command(flatten)]
        signing: Signing,
    },
    /// Take workloads again, after a drain or after the breaker of the node opened
    ///
    /// The breaker opens when the prover failed again and again by its own fault: `lemma prover status` and the node's log say by
    /// which failures. Mend their cause first, or it opens again.
    #[command(after_help = "Example:\n  lemma prover resume --key prover.key")]
    Resume {
        #[command(flatten)]
        signing: Signing,
    },
    /// Come back from jail, once its delay is over
    #[command(after_help = "Example:\n  lemma prover return --key net/node-0/config.toml")]
    Return {
        #[command(flatten)]
        signing: Signing,
    },
    /// Add to what stands behind a prover's cores
    #[command(after_help = "Example:\n  lemma prover bond 100 --key net/node-0/config.toml")]
    Bond(Stake),
    /// Take back of what stands behind a prover's cores; it stays locked for a while
    #[command(after_help = "Example:\n  lemma prover unbond 100 --key net/node-0/config.toml")]
    Unbond(Stake),
}

#[derive(Serialize)]
struct Done {
    transaction: TxId,
    height: u64,
}

impl Prover {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { state, count } => show::list(context, ProverFilter { state }, count).await,
            Self::Status { whose } => show::status(context, whose.account(context)?).await,
            Self::Ledger(ledger) => ledger.run(context).await,
            Self::Register(register) => register.run(context).await,
            Self::Update(update) => update.run(context).await,
            Self::Drain { signing } => drain(context, &signing, true).await,
            Self::Resume { signing } => drain(context, &signing, false).await,
            Self::Return { signing } => come_back(context, &signing).await,
            Self::Bond(stake) => stake.bond(context, Role::Prover).await,
            Self::Unbond(stake) => stake.unbond(context, Role::Prover).await,
        }
    }
}

async fn drain(context: &Context, signing: &Signing, drain: bool) -> anyhow::Result<()> {
    let update = client::update(None, Some(drain), None)?;
    let Some((sent, height)) = signing.settle(context, Call::Update(update)).await? else { return Ok(()) };
    let done = Done { transaction: sent.transaction, height };
    let what = if drain { "takes no new workloads" } else { "takes workloads again" };
    context.out.result(&done, |it| format!("the prover {what} from block {} on", it.height))
}

async fn come_back(context: &Context, signing: &Signing) -> anyhow::Result<()> {
    let hint = "`lemma prover status` says what keeps it from work";
    let free = || Failure::refused("the prover is not jailed", hint);
    let settled = signing.settle(context, Call::Return).await.map_err(|error| instead(error, "repeated", free))?;
    let Some((sent, height)) = settled else { return Ok(()) };
    let done = Done { transaction: sent.transaction, height };
    context.out.result(&done, |it| {
        format!("the jail ended in block {}; the prover is active again from the next epoch on", it.height)
    })
}
