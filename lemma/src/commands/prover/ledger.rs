//! The operator's ledger: what a prover earned, paid and lost, by workload and epoch, and what is at risk now.

use crate::{
    commands::{
        Context,
        account::{Whose, movements},
    },
    output::{FAINT, plain_table, styled},
};
use api::{Movement, Prover};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use types::{AccountId, Amount, Params, WorkloadId};

/// Movements that are looked through.
const MOVEMENTS_MAX: u32 = 10_000;

const EXAMPLES: &str = "\
Examples:
  lemma prover ledger --key net/node-0/config.toml
  lemma prover ledger ACCOUNT --limit 100
  lemma prover ledger ACCOUNT --json | jq '.epochs[] | {epoch, profit}'

As far back as the node remembers: it says from which block on. Of what was slashed the account has no movement; it is told where the \
node remembers the whole life of the prover, as what is missing of its bond.";

/// Show a prover's profit by workload and epoch, and its bond at risk
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ledger {
    #[command(flatten)]
    whose: Whose,
    /// At most so many workloads and so many epochs, newest first
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// What came in and what went out. A profit can be negative.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Sums {
    /// For computing.
    compute: Amount,
    /// For verdicts.
    verdicts: Amount,
    /// Fees of transactions in blocks that it led as a validator.
    led: Amount,
    /// Fees of its own transactions.
    fees: Amount,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct OfWorkload {
    workload: WorkloadId,
    /// The block of the last payment.
    height: u64,
    #[serde(flatten)]
    sums: Sums,
    profit: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct OfEpoch {
    epoch: u64,
    #[serde(flatten)]
    sums: Sums,
    profit: String,
}

#[derive(Debug, Serialize)]
struct Book {
    prover: AccountId,
    /// From this block on.
    since: u64,
    /// Up to this block.
    height: u64,
    #[serde(flatten)]
    sums: Sums,
    /// What came in less what went out, without slashes.
    profit: String,
    /// What it lost of its bond, where that is known.
    slashed: Option<Amount>,
    /// What it bonded.
    bond: Amount,
    /// How much of it the proofs under way can cost, if they are rejected.
    at_risk: Amount,
    /// What counts towards jail, and how many jail.
    misses: u64,
    misses_max: u64,
    workloads: Vec<OfWorkload>,
    epochs: Vec<OfEpoch>,
}

impl Ledger {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let account = self.whose.account(context)?;
        let (prover, params) = (client.prover(account).await?, client.params().await?);
        let params = params.values().map_err(client::ClientError::Answer)?;
        let all = movements(&client, account, MOVEMENTS_MAX).await?;
        // Where there are more than are looked through, it is told from the oldest of them on.
        let oldest = all.movements.last().filter(|_| all.next.is_some()).map_or(0, |it| it.height);
        let since = all.since.max(oldest);
        let limit = self.limit as usize;
        let sums = sums(&all.movements);
        let book = Book {
            prover: account,
            since,
            height: all.height,
            profit: sums.profit(),
            slashed: (since <= 1).then(|| slashed(&all.movements, &prover)).flatten(),
            bond: prover.bond,
            at_risk: at_risk(&prover, &params),
            misses: prover.misses.len() as u64,
            misses_max: params.jail_users,
            workloads: workloads(&all.movements).into_iter().take(limit).collect(),
            epochs: epochs(&all.movements, params.epoch_blocks).into_iter().take(limit).collect(),
            sums,
        };
        context.out.result(&book, text)
    }
}

impl Sums {
    fn add(&mut self, it: &Movement) {
        let part = match (it.cause.as_str(), it.got) {
            ("compute", true) => &mut self.compute,
            ("verdict", true) => &mut self.verdicts,
            ("fee", true) => &mut self.led,
            ("fee", false) => &mut self.fees,
            _ => return,
        };
        *part = part.plus(it.amount).unwrap_or(Amount(u64::MAX));
    }

    /// With its sign, in LEM.
    fn profit(&self) -> String {
        let got = [self.compute, self.verdicts, self.led].iter().fold(0_u64, |sum, it| sum.saturating_add(it.0));
        match got.checked_sub(self.fees.0) {
            Some(more) => Amount(more).to_string(),
            None => format!("-{}", Amount(self.fees.0 - got)),
        }
    }
}

fn sums<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Sums {
    let mut sums = Sums::default();
    movements.into_iter().for_each(|it| sums.add(it));
    sums
}

/// The workloads that paid, those that paid last first.
fn workloads(movements: &[Movement]) -> Vec<OfWorkload> {
    let mut of: BTreeMap<WorkloadId, (u64, Vec<&Movement>)> = BTreeMap::new();
    for it in movements.iter().filter(|it| it.got && matches!(it.cause.as_str(), "compute" | "verdict")) {
        let Some(workload) = it.workload else { continue };
        let (height, all) = of.entry(workload).or_default();
        *height = (*height).max(it.height);
        all.push(it);
    }
    let told = of.into_iter().map(|(workload, (height, all))| {
        let sums = sums(all);
        OfWorkload { workload, height, profit: sums.profit(), sums }
    });
    let mut told: Vec<OfWorkload> = told.collect();
    told.sort_by_key(|it| std::cmp::Reverse(it.height));
    told
}

/// The epochs in which anything moved, the latest first.
fn epochs(movements: &[Movement], epoch_blocks: u64) -> Vec<OfEpoch> {
    let mut of: BTreeMap<u64, Vec<&Movement>> = BTreeMap::new();
    for it in movements {
        of.entry(it.height.checked_div(epoch_blocks).unwrap_or_default()).or_default().push(it);
    }
    let told = of.into_iter().rev().map(|(epoch, all)| {
        let sums = sums(all);
        OfEpoch { epoch, profit: sums.profit(), sums }
    });
    told.filter(|it| it.sums != Sums::default()).collect()
}

/// The bond behind the cores of live attempts, as far as a rejected proof costs it.
fn at_risk(prover: &Prover, params: &Params) -> Amount {
    let behind = params.bond_per_unit.times(u64::from(prover.in_use.cpus)).unwrap_or(Amount(u64::MAX));
    behind.min(prover.bond).share(params.slash, 1000).unwrap_or(prover.bond)
}

/// What is missing of what was bonded and not paid back; none of a prover of genesis, whose first bond no movement tells.
fn slashed(movements: &[Movement], prover: &Prover) -> Option<Amount> {
    let total = |cause: &str, got| {
        let of = movements.iter().filter(|it| it.cause == cause && it.got == got);
        of.fold(0_u64, |sum, it| sum.saturating_add(it.amount.0))
    };
    let left = prover.unbonding.iter().fold(prover.bond.0, |sum, part| sum.saturating_add(part.amount.0));
    total("bond", false).checked_sub(total("unbond", true))?.checked_sub(left).map(Amount)
}

fn text(book: &Book) -> String {
    let Book { sums, .. } = book;
    let mut lines = vec![
        format!("prover     {}", book.prover),
        format!(
            "profit     {} LEM: {} for computing, {} for verdicts, {} of blocks it led, less {} of fees",
            book.profit, sums.compute, sums.verdicts, sums.led, sums.fees
        ),
        format!("slashed    {}", book.slashed.map_or_else(|| "not known".to_owned(), |it| format!("{it} LEM"))),
        format!("bond       {} LEM, of which {} at risk by proofs under way", book.bond, book.at_risk),
        format!("misses     {} of {} that jail", book.misses, book.misses_max),
    ];
    lines.extend((!book.epochs.is_empty()).then(|| by_epoch(&book.epochs)));
    lines.extend((!book.workloads.is_empty()).then(|| by_workload(&book.workloads)));
    lines.push(styled(FAINT, format_args!("from block {} to block {}", book.since, book.height)));
    lines.join("\n")
}

fn by_epoch(epochs: &[OfEpoch]) -> String {
    let mut table = plain_table(["epoch", "profit", "computing", "verdicts", "led", "fees"]);
    for OfEpoch { epoch, sums, profit } in epochs {
        let Sums { compute, verdicts, led, fees } = sums;
        table.add_row([
            epoch.to_string(),
            profit.clone(),
            compute.to_string(),
            verdicts.to_string(),
            led.to_string(),
            fees.to_string(),
        ]);
    }
    format!("\n{table}")
}

fn by_workload(workloads: &[OfWorkload]) -> String {
    let mut table = plain_table(["workload", "block", "profit", "computing", "verdicts"]);
    for OfWorkload { workload, height, sums, profit } in workloads {
        let Sums { compute, verdicts, .. } = sums;
        table.add_row([
            workload.to_string(),
            height.to_string(),
            profit.clone(),
            compute.to_string(),
            verdicts.to_string(),
        ]);
    }
    format!("\n{table}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::record::{self, Cause};

    fn movement(height: u64, got: bool, amount: u64, cause: Cause) -> Movement {
        let about = Some([u8::try_from(height).expect("a small one"); 32]);
        let record =
            record::Movement { account: AccountId([1; 32]), got, amount: Amount(amount * 1_000_000_000), cause, about };
        Movement::new(&record, height, 2, 3)
    }

    fn year() -> Vec<Movement> {
        vec![
            movement(25, true, 7, Cause::Verdict),
            movement(25, true, 4, Cause::Compute),
            movement(22, false, 9, Cause::Transfer),
            movement(21, true, 6, Cause::Compute),
            movement(12, false, 8, Cause::Fee),
            movement(11, true, 1, Cause::Fee),
            movement(11, false, 100, Cause::Bond),
        ]
    }

    fn prover(bond: u64, cpus: u32) -> Prover {
        let bond = Amount(bond * 1_000_000_000);
        let mut record = record::Prover::new(AccountId([1; 32]), types::verdict::VerdictKey([2; 96]), bond, 3);
        record.in_use.cpus = cpus;
        Prover::from(&record)
    }

    #[test]
    fn profit_is_told_by_epoch_and_by_workload() {
        let told: Vec<_> = epochs(&year(), 10).into_iter().map(|it| (it.epoch, it.profit)).collect();
        assert_eq!(told, [(2, "17".to_owned()), (1, "-7".to_owned())]);
        let told: Vec<_> = workloads(&year()).into_iter().map(|it| (it.height, it.profit)).collect();
        assert_eq!(told, [(25, "11".to_owned()), (21, "6".to_owned())]);
        assert_eq!(sums(&year()).profit(), "10");
    }

    #[test]
    fn what_is_missing_of_a_bond_was_slashed() {
        let lem = |amount: u64| Some(Amount(amount * 1_000_000_000));
        assert_eq!(slashed(&year(), &prover(100, 0)), lem(0));
        assert_eq!(slashed(&year(), &prover(70, 0)), lem(30));
        assert_eq!(slashed(&year(), &prover(200, 0)), None, "a prover of genesis");
    }

    #[test]
    fn what_is_at_risk_is_the_bond_behind_the_cores_in_use() {
        let params = Params::default();
        assert_eq!(at_risk(&prover(1000, 0), &params), Amount::ZERO);
        let two = params.bond_per_unit.times(2).and_then(|it| it.share(params.slash, 1000));
        assert_eq!(Some(at_risk(&prover(1000, 2), &params)), two);
        assert!(at_risk(&prover(1, 2), &params) <= Amount(1_000_000_000), "no more than there is");
    }
}
