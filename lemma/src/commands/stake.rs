//! Bonds, of validators and of provers alike.

use super::{Context, signing::Signing};
use crate::{
    exit::{Failure, instead},
    units::{Span, Sum},
};
use clap::Args;
use serde::Serialize;
use types::{Amount, Call, Millis, TxId, registry::Role};

/// How much, and who signs.
#[derive(Debug, Args)]
pub struct Stake {
    /// How much, in LEM
    amount: Sum,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Bonded {
    transaction: TxId,
    height: u64,
    role: Role,
    amount: Amount,
}

#[derive(Serialize)]
struct Unbonded {
    transaction: TxId,
    height: u64,
    role: Role,
    amount: Amount,
    /// How long it stays locked at least.
    delay_ms: u64,
}

impl Stake {
    /// Adds to the bond.
    pub async fn bond(self, context: &Context, role: Role) -> anyhow::Result<()> {
        let amount = self.amount.0;
        let Some((sent, height)) = self.signing.settle(context, Call::Bond { role, amount }).await? else {
            return Ok(());
        };
        let done = Bonded { transaction: sent.transaction, height, role, amount };
        context.out.result(&done, |it| {
            let when = match role {
                Role::Validator => "it counts for seats from the next epoch that is decided",
                Role::Prover => "it counts at once for cores that were tested",
            };
            format!("{} LEM bonded as {} in block {}; {when}", it.amount, role.word(), it.height)
        })
    }

    /// Takes back of the bond.
    pub async fn unbond(self, context: &Context, role: Role) -> anyhow::Result<()> {
        let amount = self.amount.0;
        let settled = self.signing.settle(context, Call::Unbond { role, amount }).await.map_err(|error| {
            let said = error.to_string();
            let hint = format!("`lemma {} status` shows the bond, `lemma balance` what can pay the fee", role.word());
            instead(error, "funds", || Failure::refused(said, hint))
        });
        let Some((sent, height)) = settled? else { return Ok(()) };
        let delay = self.signing.params(context).await?.unbond_delay;
        let done = Unbonded { transaction: sent.transaction, height, role, amount, delay_ms: delay.0 };
        context.out.result(&done, |it| {
            let kept = match role {
                Role::Validator => "as soon as it neither signs nor is named to",
                Role::Prover => "as soon as none of its attempts is under way",
            };
            format!(
                "{} LEM of the {}'s bond taken back in block {}: counts for nothing any more, still answers for what was done, \
                 and is paid back after {}, {kept}",
                it.amount,
                role.word(),
                it.height,
                Span(Millis(it.delay_ms))
            )
        })
    }
}
