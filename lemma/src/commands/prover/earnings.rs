//! What a prover earned.

use crate::{
    commands::{
        Context,
        account::{Whose, movements},
    },
    output::{FAINT, styled},
};
use api::Movement;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use types::{AccountId, Amount};

/// Movements that are looked through.
const MOVEMENTS_MAX: u32 = 10_000;
/// Causes by which a prover earns: the last is what its node led as a validator.
const CAUSES: [&str; 3] = ["compute", "verdict", "fee"];

/// Show what a prover earned, by cause
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma prover earnings --key net/node-0/config.toml")]
pub struct Earnings {
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Serialize)]
struct Earned {
    prover: AccountId,
    /// For computing and verdicts, since it joined.
    total: Amount,
    /// What follows is from this block on.
    since: u64,
    /// Up to this block.
    height: u64,
    /// By cause.
    by_cause: BTreeMap<String, Part>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Part {
    amount: Amount,
    times: u64,
}

impl Earnings {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let account = self.whose.account(context)?;
        let prover = client.prover(account).await?;
        let all = movements(&client, account, MOVEMENTS_MAX, None).await?;
        // Where there are more than are looked through, it is told from the oldest of them on.
        let oldest = all.movements.last().filter(|_| all.next.is_some()).map_or(0, |it| it.height);
        let earned = Earned {
            prover: account,
            total: prover.tally.earned,
            since: all.since.max(oldest),
            height: all.height,
            by_cause: by_cause(&all.movements),
        };
        context.out.result(&earned, text)
    }
}

fn by_cause(movements: &[Movement]) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for it in movements.iter().filter(|it| it.got && CAUSES.contains(&it.cause.as_str())) {
        let part = parts.entry(it.cause.clone()).or_default();
        part.amount = part.amount.plus(it.amount).unwrap_or(Amount(u64::MAX));
        part.times += 1;
    }
    parts
}

fn text(earned: &Earned) -> String {
    let mut lines = vec![format!("{} LEM earned by proofs and verdicts since it joined", earned.total)];
    lines.push(styled(FAINT, format_args!("from block {} to block {}:", earned.since, earned.height)));
    for (cause, words) in CAUSES.iter().zip(["for computing", "for verdicts", "fees of transactions in blocks it led"])
    {
        let Part { amount, times } = earned.by_cause.get(*cause).map_or_else(Part::default, |it| Part { ..*it });
        lines.push(format!("  {amount} LEM {words}, {times} times"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::record::{self, Cause};

    #[test]
    fn what_came_in_is_summed_by_cause() {
        let movement = |got, amount, cause| {
            let (account, amount) = (AccountId([1; 32]), Amount(amount));
            Movement::new(&record::Movement { account, got, amount, cause, about: None }, 1, 2, 3)
        };
        let parts = by_cause(&[
            movement(true, 5, Cause::Compute),
            movement(true, 6, Cause::Compute),
            movement(true, 7, Cause::Verdict),
            movement(false, 8, Cause::Fee),
            movement(true, 9, Cause::Transfer),
        ]);
        let told: Vec<_> = parts.iter().map(|(cause, part)| (cause.as_str(), part.amount.0, part.times)).collect();
        assert_eq!(told, [("compute", 11, 2), ("verdict", 7, 1)]);
    }
}
