//! Keys of accounts.

use super::Context;
use crate::files;
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;
use types::AccountId;

/// Make or show an account's key.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key in a file that you alone can read
    #[command(after_help = "Example:\n  lemma key new user.key")]
    New {
        /// The file to make; one that exists is never overwritten
        file: PathBuf,
    },
    /// Show the account of a key, never the secret
    Show {
        /// The key file
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct Shown {
    account: AccountId,
    file: PathBuf,
}

impl Key {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let (file, account) = match self {
            Self::New { file } => {
                let (secret, key) = files::new_key()?;
                files::write_key(&file, &secret)?;
                (file, key.account())
            }
            Self::Show { file } => {
                let account = files::read_key(&file)?.account();
                (file, account)
            }
        };
        context.out.result(&Shown { account, file }, |shown| shown.account.to_string())
    }
}
