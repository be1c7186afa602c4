//! Signing a transaction: to be sent at once, or kept.

use super::Context;
use crate::{
    exit::Failure,
    files,
    output::{FAINT, styled},
};
use clap::Args;
use client::{ClientError, Draft, encode_signed};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::{
    AccountId, Amount, Call, ChainId, Genesis, Height, Params, TxId, WorkloadId, transaction::SignedTransaction,
};

/// Who signs, and whether the transaction is sent.
#[derive(Debug, Args)]
pub struct Signing {
    /// The sender's key file, or the config.toml of a node, which names that of its prover
    #[arg(long, value_name = "FILE", env = "LEMMA_KEY", hide_env_values = true, required = true)]
    pub key: Option<PathBuf>,

    /// Sign without a node and do not send: for `lemma tx send` or curl
    #[arg(long, requires_all = ["genesis", "nonce", "valid_until"], help_heading = "Offline")]
    pub sign_only: bool,

    /// The network's genesis file
    #[arg(long, value_name = "FILE", help_heading = "Offline")]
    pub genesis: Option<PathBuf>,

    /// How many transactions the account sent before
    #[arg(long, value_name = "N", help_heading = "Offline")]
    pub nonce: Option<u64>,

    /// The last block that may hold it
    #[arg(long, value_name = "HEIGHT", help_heading = "Offline")]
    pub valid_until: Option<u64>,

    /// The most to pay for the transaction itself, in LEM; its fee by genesis unless told, which votes may have changed
    #[arg(long, value_name = "LEM", requires = "sign_only", help_heading = "Offline")]
    pub fee_limit: Option<Amount>,

    /// Where to write the signed bytes; as hex to stdout unless told
    #[arg(long, value_name = "FILE", requires = "sign_only", help_heading = "Offline")]
    pub tx_out: Option<PathBuf>,
}

/// A transaction that was sent.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// Its name.
    pub transaction: TxId,
    /// The workload that it becomes.
    pub workload: Option<WorkloadId>,
}

#[derive(Serialize)]
struct SignedOnly {
    transaction: TxId,
    workload: Option<WorkloadId>,
    bytes: String,
}

impl Signing {
    /// Signs a call and sends it; none if it is signed only, which this has told.
    pub async fn send(&self, context: &Context, call: Call) -> anyhow::Result<Option<Sent>> {
        let secret = files::read_key(self.key()?)?;
        if self.sign_only {
            self.keep(context, &self.offline(call)?.sign(&self.agreed()?.params, &secret)?)?;
            return Ok(None);
        }
        let client = context.client()?;
        let submitted = client.send_call(&secret, call).await?;
        Ok(Some(Sent { transaction: submitted.transaction, workload: submitted.workload }))
    }

    /// Sends a call and waits until it is in a final block.
    pub async fn settle(&self, context: &Context, call: Call) -> anyhow::Result<Option<(Sent, u64)>> {
        let Some(sent) = self.send(context, call).await? else { return Ok(None) };
        context.out.note(styled(FAINT, format_args!("sent {}, waiting for its block", sent.transaction)));
        let height = context.client()?.included(sent.transaction).await?;
        Ok(Some((sent, height)))
    }

    fn offline(&self, call: Call) -> anyhow::Result<Draft> {
        let missing = || Failure::usage("--sign-only needs --genesis, --nonce and --valid-until", "see --help");
        Ok(Draft {
            chain: self.agreed()?.chain(),
            nonce: self.nonce.ok_or_else(missing)?,
            valid_until: Height(self.valid_until.ok_or_else(missing)?),
            fee_limit: self.fee_limit,
            call,
        })
    }

    /// The file of the key that signs. The command line asks for it wherever something is signed.
    pub fn key(&self) -> Result<&Path, Failure> {
        self.key.as_deref().ok_or_else(|| Failure::usage("--key is missing", "make one with `lemma key new`"))
    }

    /// The account that signs.
    pub fn account(&self) -> anyhow::Result<AccountId> {
        Ok(files::read_key(self.key()?)?.account())
    }

    /// The chain that it is for: by the genesis file offline, else by the node.
    pub async fn chain(&self, context: &Context) -> anyhow::Result<ChainId> {
        if self.sign_only { Ok(self.agreed()?.chain()) } else { Ok(context.client()?.status().await?.chain) }
    }

    /// The parameters: of genesis offline, else those in force.
    pub async fn params(&self, context: &Context) -> anyhow::Result<Params> {
        if self.sign_only {
            return Ok(self.agreed()?.params);
        }
        let params = context.client()?.params().await?;
        Ok(params.values().map_err(ClientError::Answer)?)
    }

    fn agreed(&self) -> anyhow::Result<Genesis> {
        let path = self.genesis.as_deref().ok_or_else(|| Failure::usage("--genesis is missing", "see --help"))?;
        read_genesis(path)
    }

    fn keep(&self, context: &Context, signed: &SignedTransaction) -> anyhow::Result<()> {
        let bytes = encode_signed(signed);
        let transaction = signed.value.id();
        let workload = matches!(signed.value.call, Call::Run(_)).then(|| transaction.into());
        if let Some(path) = &self.tx_out {
            std::fs::write(path, &bytes)?;
            context.out.note(format_args!("{} bytes in {}", bytes.len(), path.display()));
        }
        let shown = SignedOnly { transaction, workload, bytes: hex::encode(bytes) };
        let to_file = self.tx_out.is_some();
        context.out.result(&shown, |it| if to_file { it.transaction.to_string() } else { it.bytes.clone() })
    }
}

/// Reads and checks a genesis file.
///
/// # Errors
/// When it cannot be read or is none.
pub fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let hint = "docs/genesis.md says what it holds; `lemma genesis new` makes one";
    node::read_genesis(path).map_err(|error| Failure::usage(error.to_string(), hint).into())
}
