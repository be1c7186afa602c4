//! Keys of accounts.

mod edit;

use super::Context;
use crate::{
    files,
    output::{FAINT, styled},
    passphrase,
};
use clap::{Args, Subcommand};
use edit::Edit;
use node::{Held, Keystore, read_held};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::AccountId;
use zeroize::Zeroizing;

const EXAMPLES: &str = "\
Examples:
  lemma key new user.key --encrypt
  lemma key encrypt user.key
  LEMMA_PASSPHRASE_FILE=passphrase lemma transfer ACCOUNT 2.5 --key user.key

Every command takes plain and encrypted key files. An encrypted one is a keystore of EIP-2335: scrypt, AES-128, SHA-256. Its
passphrase is typed, or is the first line of the file (mode 600) that LEMMA_PASSPHRASE_FILE names or of the descriptor whose number
is LEMMA_PASSPHRASE_FD; it is never an argument.";

/// Make, show, encrypt or move an account's key.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Key {
    /// Make a key in a file that you alone can read
    #[command(after_help = "Examples:\n  lemma key new user.key\n  lemma key new user.key --encrypt")]
    New {
        /// The file to make; one that exists is never overwritten
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Show the account of a key, never the secret; asks for no passphrase
    #[command(after_help = "Example:\n  lemma key show user.key")]
    Show {
        /// The key file
        file: PathBuf,
    },
    /// Take a key from elsewhere into a key file: 64 hexadecimal digits, or a keystore of EIP-2335
    #[command(after_help = "Examples:\n  lemma key import user.key --from keystore.json --encrypt\n  \
                            some-vault read lemma-key | lemma key import user.key --from -")]
    Import {
        /// The file to make; one that exists is never overwritten
        file: PathBuf,
        /// Where it is; - for stdin
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Write a key as a keystore of EIP-2335, or plain, for elsewhere
    #[command(
        after_help = "Examples:\n  lemma key export user.key -o backup.json\n  lemma key export user.key -o secret.hex --plain"
    )]
    Export {
        /// The key file
        file: PathBuf,
        /// The file to make; one that exists is never overwritten
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Not encrypted, as 64 hexadecimal digits
        #[arg(long)]
        plain: bool,
    },
    /// Encrypt a key file under a passphrase
    ///
    /// The disk may keep what stood there before: make keys that matter with `lemma key new --encrypt`.
    #[command(after_help = "Example:\n  lemma key encrypt user.key")]
    Encrypt {
        /// The key file
        file: PathBuf,
    },
    /// Write an encrypted key file plain again
    #[command(after_help = "Example:\n  lemma key decrypt user.key")]
    Decrypt {
        /// The key file
        file: PathBuf,
    },
    /// Encrypt a key file under another passphrase
    #[command(after_help = "Examples:\n  lemma key change-passphrase user.key\n  \
                            LEMMA_PASSPHRASE_FILE=old LEMMA_NEW_PASSPHRASE_FILE=new lemma key change-passphrase user.key")]
    ChangePassphrase {
        /// The key file
        file: PathBuf,
    },
}

/// How a key file is written.
#[derive(Clone, Copy, Debug, Args)]
pub struct Form {
    /// Under a passphrase
    #[arg(long)]
    encrypt: bool,
}

/// What is told of a key file.
#[derive(Serialize)]
struct Shown {
    account: AccountId,
    file: PathBuf,
    encrypted: bool,
}

impl Key {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let file = match self {
            Self::New { file, form } => form.make(context, file, &*Zeroizing::new(files::new_key()?.0))?,
            Self::Show { file } => file,
            Self::Import { file, from, form } => form.make(context, file, &edit::secret_from(&from)?)?,
            Self::Export { file, output, plain } => edit::export(&file, output, plain)?,
            Self::Encrypt { file } => Edit::Encrypt.apply(file)?,
            Self::Decrypt { file } => Edit::Decrypt.apply(file)?,
            Self::ChangePassphrase { file } => Edit::ChangePassphrase.apply(file)?,
        };
        let shown = shown(file)?;
        context.out.result(&shown, |shown| shown.account.to_string())
    }
}

impl Form {
    /// Writes a secret into a new file.
    fn make(self, context: &Context, file: PathBuf, secret: &[u8]) -> anyhow::Result<PathBuf> {
        if self.encrypt {
            let keystore = keystore(&file, secret, &passphrase::fresh()?)?;
            node::write_private(&file, &keystore.text())?;
        } else {
            node::write_secret(&file, secret)?;
            let words = format!("not encrypted: `lemma key encrypt {}` does that", file.display());
            context.out.note(styled(FAINT, words));
        }
        Ok(file)
    }
}

fn keystore(file: &Path, secret: &[u8], passphrase: &node::Passphrase) -> anyhow::Result<Keystore> {
    let account = files::keys_of(file, secret)?.account.account();
    Ok(Keystore::encrypt(secret, account, passphrase)?)
}

fn shown(file: PathBuf) -> anyhow::Result<Shown> {
    let account = files::read_account(&file)?;
    // A node's configuration stands for its prover's key, of which this says nothing more.
    let encrypted = matches!(read_held(&file), Ok(Held::Encrypted(_)));
    Ok(Shown { account, file, encrypted })
}
