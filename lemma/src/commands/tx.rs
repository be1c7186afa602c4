//! Transactions that were signed before.

use super::{Context, list};
use crate::{exit::Failure, files};
use clap::Subcommand;
use client::decode_signed;
use std::path::PathBuf;
use types::TxId;

/// Send a transaction that was signed before, and look at those in blocks.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  lemma tx send transfer.tx\n  lemma tx status ID\n  lemma tx list --account ACCOUNT"
)]
pub enum Tx {
    /// Send a signed transaction
    #[command(after_help = "Example:\n  lemma tx send transfer.tx\n  curl --data-binary @transfer.tx \\\n      \
                      -H 'content-type: application/octet-stream' $LEMMA_NODE/v1/transactions")]
    Send {
        /// Its bytes, or the same as hex
        file: PathBuf,
    },
    /// Tell what became of a transaction
    #[command(after_help = "Example:\n  lemma tx status ID")]
    Status {
        /// Its name
        id: TxId,
    },
    List(list::Transactions),
}

impl Tx {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        match self {
            Self::List(list) => list.run(context).await,
            Self::Send { file } => {
                let bytes = files::read(&file)?;
                let wrong =
                    |why| Failure::usage(format!("{} is no transaction: {why}", file.display()), "sign it again");
                let signed = decode_signed(&unhexed(bytes)).map_err(wrong)?;
                let submitted = client.submit(&signed).await?;
                context.out.result(&submitted, |it| it.transaction.to_string())
            }
            Self::Status { id } => {
                let status = client.transaction(id).await?;
                context.out.result(&status, |it| {
                    let height = it.height.map_or(String::new(), |height| format!(" in block {height}"));
                    let why = it.refusal.as_ref().map_or(String::new(), |refusal| format!(": {refusal}"));
                    format!("{:?}{height}{why}", it.state).to_lowercase()
                })
            }
        }
    }
}

/// The bytes that hex stands for, or the bytes themselves.
pub fn unhexed(bytes: Vec<u8>) -> Vec<u8> {
    hex::decode(bytes.trim_ascii()).unwrap_or(bytes)
}
