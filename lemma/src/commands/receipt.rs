//! Receipts.

use super::Context;
use crate::{
    exit::Failure,
    files,
    output::{FAINT, GOOD, styled},
};
use ::receipt::{BOUND, Checked, NOT_BOUND, check};
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;
use types::{WorkloadId, beacon::GroupKey, workload::Kind};

/// Fetch a receipt, or check one with no node.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  lemma receipt get ID -o receipt.lemma --key GROUPKEY\n  \
                        lemma receipt verify receipt.lemma --key GROUPKEY")]
pub enum Receipt {
    /// Fetch the receipt of a workload that has ended, and check it
    #[command(after_help = "Example:\n  lemma receipt get ID -o receipt.lemma --key GROUPKEY")]
    Get {
        /// The workload
        workload: WorkloadId,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// The group key that you trust; that of the configuration file unless told, or else the node's word
        #[arg(long, value_name = "GROUPKEY")]
        key: Option<GroupKey>,
    },
    /// Check a receipt with no node
    #[command(after_help = "Example:\n  lemma receipt verify receipt.lemma --key GROUPKEY")]
    Verify {
        /// The receipt
        file: PathBuf,
        /// The 96-byte group key of the network, as hex: from a source that you trust; that of the configuration file unless told
        #[arg(long, value_name = "GROUPKEY")]
        key: Option<GroupKey>,
    },
}

#[derive(Serialize)]
struct Got {
    file: PathBuf,
    size: usize,
    group_key: GroupKey,
    checked: Checked,
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    checked: Checked,
    bound: &'static [&'static str],
    not_bound: &'static [&'static str],
}

impl Receipt {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Get { workload, output, key } => get(context, workload, output, key).await,
            Self::Verify { file, key } => {
                let none =
                    || Failure::usage("under which group key?", "give --key, or `lemma config set` it for a network");
                let known =
                    key.map_or_else(|| Ok::<_, anyhow::Error>(context.profile()?.group_key), |key| Ok(Some(key)));
                verify(context, &file, &known?.ok_or_else(none)?)
            }
        }
    }
}

async fn get(context: &Context, id: WorkloadId, file: PathBuf, key: Option<GroupKey>) -> anyhow::Result<()> {
    let client = context.client()?;
    let key = key.or(context.profile()?.group_key);
    let group_key = match key {
        Some(key) => key,
        None => client.status().await?.group_key,
    };
    let (bytes, checked) = client.checked_receipt(id, &group_key).await?;
    std::fs::write(&file, &bytes)?;
    if key.is_none() {
        context.out.note(styled(FAINT, "checked under the group key that the node named; give --key to trust nobody"));
    }
    let got = Got { file, size: bytes.len(), group_key, checked };
    context.out.result(&got, |it| format!("{} bytes in {}\n{}", it.size, it.file.display(), told(&it.checked)))
}

fn verify(context: &Context, file: &std::path::Path, key: &GroupKey) -> anyhow::Result<()> {
    let checked = check(&files::read(file)?, key)?;
    let verdict = Verdict { valid: true, checked, bound: BOUND, not_bound: NOT_BOUND };
    context.out.result(&verdict, |it| {
        let sentences =
            |mark: &str, list: &[&str]| list.iter().map(|it| format!("  {mark} {it}\n")).collect::<String>();
        format!(
            "{}\n{}\nshown by this key:\n{}not shown by it:\n{}",
            styled(GOOD, "the receipt holds"),
            told(&it.checked),
            sentences("+", it.bound),
            sentences("-", it.not_bound)
        )
    })
}

/// What a receipt shows, for people.
#[must_use]
pub fn told(checked: &Checked) -> String {
    let mut lines = vec![
        format!("workload   {}", checked.workload),
        format!("state      {} at height {}", checked.state.word(), checked.ended.height),
        format!("program    {}", checked.program),
        format!("sender     {}", checked.sender),
    ];
    if checked.kind == Kind::Test {
        lines.push("kind       a test of the prover's capacity, which is not drawn".to_owned());
    }
    lines.extend(checked.prover().map(|prover| format!("prover     {prover}")));
    lines.extend(checked.draw.as_ref().map(|draw| {
        let (height, candidates, tickets) = (draw.height, draw.candidates, draw.tickets);
        format!("draw       by the beacon of block {height} among {candidates} provers with {tickets} tickets")
    }));
    lines.extend(checked.proof.as_ref().map(|proof| {
        format!(
            "proof      {} ({} bytes), valid by {} of {} provers with {}.{} % of the bonds",
            proof.id,
            proof.size,
            proof.verdicts,
            proof.set,
            proof.bonds_permille / 10,
            proof.bonds_permille % 10
        )
    }));
    let fees = &checked.fees;
    lines.push(format!(
        "fees       {} locked: prover {}, verdicts {}, refunded {}, burned {}",
        fees.locked, fees.to_prover, fees.to_verdicts, fees.refunded, fees.burned
    ));
    lines.push(format!("chain      {}, block {}", checked.chain, checked.height));
    lines.join("\n")
}
