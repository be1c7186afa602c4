//! Lists of what is on the chain: newest first, asked for page by page.

use super::Context;
use crate::output::{Output, plain_table, short};
use api::{Account, BlockSummary, Moment, Program, TransactionSummary, WorkloadState, WorkloadSummary};
use clap::Args;
use client::{BlockFilter, Heights, PAGE_MAX, Page, Pages, ProgramFilter, TransactionFilter, WorkloadFilter};
use serde::Serialize;
use types::{AccountId, ProgramId, genesis::PeerId};

/// How much of a list is shown, and of which blocks.
#[derive(Clone, Copy, Debug, Args)]
pub struct Extent {
    #[command(flatten)]
    count: Count,
    #[command(flatten)]
    span: Span,
}

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, Args)]
pub struct Count {
    /// At most so many
    #[arg(long, default_value_t = 20, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them, page by page
    #[arg(long)]
    all: bool,
}

/// Of which blocks.
#[derive(Clone, Copy, Debug, Args)]
pub struct Span {
    /// Only those of this block and above
    #[arg(long, value_name = "HEIGHT")]
    from: Option<u64>,
    /// Only those of this block and below
    #[arg(long, value_name = "HEIGHT")]
    to: Option<u64>,
}

impl Span {
    /// As it is asked for.
    pub const fn heights(self) -> Heights {
        Heights { from: self.from, to: self.to }
    }
}

/// List workloads, newest first; before them those that wait in the node's mempool
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma workloads --state queued\n  lemma workloads --account ACCOUNT --all --json | jq -r .workload"
)]
pub struct Workloads {
    /// Only those that this account asked for
    #[arg(long)]
    account: Option<AccountId>,
    /// Only those of this program
    #[arg(long)]
    program: Option<ProgramId>,
    /// Only those in this state: pending, queued, allocated, proving, proved, verified, failed, cancelled or expired
    #[arg(long)]
    state: Option<WorkloadState>,
    /// Only those whose last attempt is this prover's
    #[arg(long)]
    prover: Option<AccountId>,
    #[command(flatten)]
    extent: Extent,
}

/// List blocks, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma blocks --limit 5\n  lemma blocks --leader VALIDATOR --from 100 --to 200 --all --json"
)]
pub struct Blocks {
    /// Only those that this validator proposed: the name that `lemma validator status` tells
    #[arg(long, value_name = "VALIDATOR")]
    leader: Option<PeerId>,
    #[command(flatten)]
    extent: Extent,
}

/// List programs, the last deployed first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma program list\n  lemma program list --account ACCOUNT --all")]
pub struct Programs {
    /// Only those that this account deployed
    #[arg(long)]
    account: Option<AccountId>,
    #[command(flatten)]
    extent: Extent,
}

/// List accounts, the last that were first heard of first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma account list --all --json | jq -r .account")]
pub struct Accounts {
    #[command(flatten)]
    extent: Extent,
}

/// List transactions in blocks, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma tx list --account ACCOUNT\n  lemma tx list --kind transfer --limit 100 --json"
)]
pub struct Transactions {
    /// Only those that this account signed
    #[arg(long)]
    account: Option<AccountId>,
    /// Only those of this kind: run, transfer, deploy, cancel, bond and so on
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    extent: Extent,
}

impl Extent {
    const fn heights(self) -> Heights {
        self.span.heights()
    }
}

impl Count {
    /// Prints a list: a table for each page, or an object of JSON for each item.
    pub async fn print<P: Page<Item: Serialize>, const N: usize>(
        self,
        context: &Context,
        pages: Pages<P>,
        header: [&str; N],
        row: impl Fn(&P::Item) -> [String; N],
    ) -> anyhow::Result<()> {
        let limit = if self.all { usize::MAX } else { self.limit as usize };
        let mut pages = pages.limit(if self.all { PAGE_MAX } else { self.limit });
        let mut shown = 0;
        while shown < limit {
            let Some(page) = pages.page().await? else { break };
            let items: Vec<P::Item> = page.items().into_iter().take(limit - shown).collect();
            shown += items.len();
            show(context.out, &items, header, &row)?;
        }
        if shown == 0 {
            context.out.note("none");
        }
        Ok(())
    }
}

fn show<T: Serialize, const N: usize>(
    out: Output,
    items: &[T],
    header: [&str; N],
    row: &impl Fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    if out.is_json() {
        return items.iter().try_for_each(|item| out.line(item, |_| String::new()));
    }
    if items.is_empty() {
        return Ok(());
    }
    let mut table = plain_table(header);
    table.add_rows(items.iter().map(row));
    out.line(&(), |()| table.to_string())
}

impl Workloads {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let Self { account, program, state, prover, extent } = self;
        let filter = WorkloadFilter { account, program, state, prover, heights: extent.heights() };
        let header = ["workload", "state", "attempt", "prover", "program", "sender", "block"];
        extent.count.print(context, context.client()?.workloads(&filter), header, workload).await
    }
}

fn workload(it: &WorkloadSummary) -> [String; 7] {
    [
        it.workload.to_string(),
        it.state.to_string(),
        it.attempt.to_string(),
        it.prover.map(short).unwrap_or_default(),
        it.program.map(short).unwrap_or_default(),
        it.sender.map(short).unwrap_or_default(),
        it.created.map(height).unwrap_or_default(),
    ]
}

fn height(moment: Moment) -> String {
    moment.height.to_string()
}

impl Blocks {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = BlockFilter { leader: self.leader, heights: self.extent.heights() };
        let header = ["block", "chain time", "transactions", "events", "leader", "hash"];
        self.extent.count.print(context, context.client()?.blocks(&filter), header, block).await
    }
}

fn block(it: &BlockSummary) -> [String; 6] {
    [
        it.height.to_string(),
        it.time_ms.to_string(),
        it.transactions.to_string(),
        it.events.to_string(),
        short(it.leader),
        it.hash.clone(),
    ]
}

impl Programs {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = ProgramFilter { account: self.account, heights: self.extent.heights() };
        let header = ["program", "name", "proof system", "runtime", "deployed by", "block"];
        self.extent.count.print(context, context.client()?.programs(&filter), header, program).await
    }
}

fn program(it: &Program) -> [String; 6] {
    [
        it.program.to_string(),
        it.name.clone(),
        it.proof_system.clone(),
        it.runtime.clone(),
        short(it.deployer),
        it.deployed.height.to_string(),
    ]
}

impl Accounts {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let pages = context.client()?.accounts(self.extent.heights());
        self.extent.count.print(context, pages, ["account", "LEM", "next nonce"], account).await
    }
}

fn account(it: &Account) -> [String; 3] {
    [it.account.to_string(), it.balance.to_string(), it.nonce.to_string()]
}

impl Transactions {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = TransactionFilter { account: self.account, kind: self.kind, heights: self.extent.heights() };
        let header = ["transaction", "kind", "sender", "block"];
        self.extent.count.print(context, context.client()?.transactions(&filter), header, transaction).await
    }
}

fn transaction(it: &TransactionSummary) -> [String; 4] {
    [it.transaction.to_string(), it.kind.clone(), short(it.sender), it.included.height.to_string()]
}
