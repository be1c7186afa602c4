//! Money.

use super::{Context, signing::Signing};
use crate::files;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use types::{AccountId, Amount, Call, TxId};

/// Send money.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma transfer ACCOUNT 2.5 --key user.key")]
pub struct Transfer {
    /// To whom
    to: AccountId,
    /// How much, in LEM
    amount: Amount,
    #[command(flatten)]
    signing: Signing,
}

/// Show what an account holds.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma balance --key user.key")]
pub struct Balance {
    /// The account
    #[arg(required_unless_present = "key")]
    account: Option<AccountId>,
    /// The key file of the account
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Serialize)]
struct Transferred {
    transaction: TxId,
    height: u64,
}

impl Transfer {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let call = Call::Transfer { to: self.to, amount: self.amount };
        let Some((sent, height)) = self.signing.settle(context, call).await? else { return Ok(()) };
        let done = Transferred { transaction: sent.transaction, height };
        context.out.result(&done, |it| format!("{} LEM sent in block {}", self.amount, it.height))
    }
}

impl Balance {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let account = match (self.account, &self.key) {
            (Some(account), _) => account,
            (None, Some(key)) => files::read_key(key)?.account(),
            // clap asks for one of them.
            (None, None) => return Ok(()),
        };
        let account = context.client()?.account(account).await?;
        context
            .out
            .result(&account, |it| format!("{} LEM\nnext nonce {}, at height {}", it.balance, it.nonce, it.height))
    }
}
