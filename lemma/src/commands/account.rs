//! Money.

use super::{Context, list, signing::Signing};
use crate::{
    files,
    output::{FAINT, plain_table, styled},
    units::Sum,
};
use api::{Movement, Movements};
use clap::{Args, Subcommand};
use client::{Client, ClientError, MovementFilter, Pages};
use serde::Serialize;
use std::path::PathBuf;
use types::{AccountId, Call, TxId};

/// Entries that are shown at most.
const ENTRIES_MAX: u32 = 10_000;

/// Send money.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma transfer ACCOUNT 2.5 --key user.key")]
pub struct Transfer {
    /// To whom
    to: AccountId,
    /// How much, in LEM
    amount: Sum,
    #[command(flatten)]
    signing: Signing,
}

/// Show what an account holds.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma balance --key user.key")]
pub struct Balance {
    #[command(flatten)]
    whose: Whose,
}

/// List accounts, and show how their money moved.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  lemma account list\n  lemma account ledger ACCOUNT")]
pub enum Account {
    List(list::Accounts),
    Ledger(Ledger),
}

const EXAMPLES: &str = "\
Examples:
  lemma account ledger ACCOUNT
  lemma account ledger --key user.key --cause refund --limit 500 --json | jq '.movements[].amount'

Causes: fee (of a transaction, to the block's leader), transfer, lock (of a run's fee), refund, compute, verdict, compensation (for a \
rejected proof), bond, unbond.";

/// Show every movement of an account's money, newest first
///
/// As far back as the node's index goes: it says from which block on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ledger {
    #[command(flatten)]
    whose: Whose,
    /// At most so many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(ENTRIES_MAX)))]
    limit: u32,
    /// Only those of this cause
    #[arg(long)]
    cause: Option<String>,
    #[command(flatten)]
    span: list::Span,
    /// Where to go on: what an earlier answer named as next
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// Whose account.
#[derive(Clone, Debug, Args)]
pub struct Whose {
    /// The account
    account: Option<AccountId>,
    /// The key file of the account, or the config.toml of a node, which names that of its prover
    #[arg(long, value_name = "FILE", conflicts_with = "account")]
    key: Option<PathBuf>,
}

impl Whose {
    /// The account, if one was given.
    pub fn given(&self) -> anyhow::Result<Option<AccountId>> {
        match (self.account, &self.key) {
            (Some(account), _) => Ok(Some(account)),
            (None, Some(key)) => Ok(Some(files::read_account(key)?)),
            (None, None) => Ok(None),
        }
    }

    /// The account: that of the key that would sign unless told.
    pub fn account(&self, context: &Context) -> anyhow::Result<AccountId> {
        if let Some(account) = self.given()? {
            return Ok(account);
        }
        let missing = || crate::exit::Failure::usage("no account is given", "name it, or give --key FILE");
        files::read_account(&context.key()?.ok_or_else(missing)?)
    }
}

#[derive(Serialize)]
struct Transferred {
    transaction: TxId,
    height: u64,
}

impl Transfer {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let amount = self.amount.0;
        let call = Call::Transfer { to: self.to, amount };
        let Some((sent, height)) = self.signing.settle(context, call).await? else { return Ok(()) };
        let done = Transferred { transaction: sent.transaction, height };
        context.out.result(&done, |it| format!("{amount} LEM sent in block {}", it.height))
    }
}

impl Balance {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let account = context.client()?.account(self.whose.account(context)?).await?;
        context
            .out
            .result(&account, |it| format!("{} LEM\nnext nonce {}, at height {}", it.balance, it.nonce, it.height))
    }
}

impl Account {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Ledger(ledger) => ledger.run(context).await,
        }
    }
}

impl Ledger {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let account = self.whose.account(context)?;
        let filter = MovementFilter { cause: self.cause, heights: self.span.heights() };
        let pages = self.cursor.into_iter().fold(context.client()?.movements(account, &filter), Pages::after);
        context.out.result(&newest(pages, account, self.limit).await?, table)
    }
}

/// The newest movements of an account: at most so many.
pub async fn movements(client: &Client, account: AccountId, limit: u32) -> Result<Movements, ClientError> {
    newest(client.movements(account, &MovementFilter::default()), account, limit).await
}

/// The first of these pages as one, which names where to go on.
async fn newest(mut pages: Pages<Movements>, account: AccountId, limit: u32) -> Result<Movements, ClientError> {
    let mut all = Movements { account, since: 0, height: 0, movements: Vec::new(), next: None };
    loop {
        let left = limit.saturating_sub(u32::try_from(all.movements.len()).unwrap_or(u32::MAX));
        pages = pages.limit(left);
        let page = if left == 0 { None } else { pages.page().await? };
        let Some(page) = page else { return Ok(all) };
        all.height = if all.height == 0 { page.height } else { all.height };
        (all.since, all.next) = (page.since, page.next);
        all.movements.extend(page.movements);
    }
}

fn table(all: &Movements) -> String {
    let mut table = plain_table(["block", "LEM", "cause", "about"]);
    for it in &all.movements {
        table.add_row([it.height.to_string(), signed(it), it.cause.clone(), about(it)]);
    }
    let mut lines = vec![table.to_string()];
    lines.extend(all.next.as_ref().map(|next| format!("older ones: --cursor {next}")));
    let span = format!("the node knows every movement from block {} to block {}", all.since, all.height);
    lines.push(styled(FAINT, span));
    lines.join("\n")
}

fn signed(it: &Movement) -> String {
    format!("{}{}", if it.got { '+' } else { '-' }, it.amount)
}

fn about(it: &Movement) -> String {
    let transaction = it.transaction.map(|id| format!("transaction {id}"));
    transaction.or_else(|| it.workload.map(|id| format!("workload {id}"))).unwrap_or_default()
}
