//! Signing a transaction: to be sent at once, or kept.

use super::{Context, KEY};
use crate::{
    exit::Failure,
    files::{self, Keys},
    journal::Entry,
    output::{FAINT, styled},
    units::Span,
};
use api::TransactionState;
use clap::Args;
use client::{Client, ClientError, Draft, Sender, encode_signed};
use serde::Serialize;
use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use types::{
    AccountId, Amount, Call, ChainId, Genesis, Height, Millis, Params, TxId, WorkloadId, transaction::SignedTransaction,
};

/// Who signs, and whether the transaction is sent.
#[derive(Debug, Args)]
pub struct Signing {
    /// The sender's key file, or the config.toml of a node, which names that of its prover; that of the network unless told
    #[arg(long, value_name = "FILE", env = KEY, hide_env_values = true)]
    pub key: Option<PathBuf>,

    /// Read once, so that a passphrase is asked for once.
    #[arg(skip)]
    keys: OnceCell<Keys>,

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
        let secret = &self.keys(context)?.account;
        if self.sign_only {
            self.keep(context, &self.offline(call)?.sign(&self.agreed()?.params, secret)?)?;
            return Ok(None);
        }
        let client = context.client()?;
        let sent = client.send_call(secret, call).await;
        let submitted = lagging(context, &client, sent).await?;
        Ok(Some(Sent { transaction: submitted.transaction, workload: submitted.workload }))
    }

    /// Signs a call and sends it so that, cut off at any moment and asked for again, it is sent once. The place is where that is
    /// remembered, until the end is told; none where nothing can be.
    pub async fn send_once(&self, context: &Context, call: Call, anew: bool) -> anyhow::Result<(Sent, Option<Entry>)> {
        let client = context.client()?;
        let secret = &self.keys(context)?.account;
        let entry = Entry::open(client.status().await?.chain, secret.account(), &call);
        let mut entry = entry.map_err(|error| forgets(context, &error)).ok();
        let saved = entry.as_mut().map(Entry::saved).transpose()?.flatten();
        if let Some(signed) = saved.as_ref().filter(|_| anew) {
            out_of_the_way(&client, signed).await?;
        }
        if let Some(signed) = saved.filter(|_| !anew)
            && let Some(it) = client.resend(&signed).await?
        {
            let words = format!(
                "{} was sent before and its end not told: going on with it; --new sends another",
                it.transaction
            );
            context.out.note(styled(FAINT, words));
            return Ok((Sent { transaction: it.transaction, workload: it.workload }, entry));
        }
        let mut sender = Sender::new(&client, secret).await?;
        let sent = sender.send_kept(call, |signed| entry.as_mut().map_or(Ok(()), |entry| entry.save(signed))).await;
        let submitted = match lagging(context, &client, sent).await {
            Ok(submitted) => submitted,
            Err(error) => return Err(refused(error, entry)),
        };
        Ok((Sent { transaction: submitted.transaction, workload: submitted.workload }, entry))
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

    /// The keys that sign.
    pub fn keys(&self, context: &Context) -> anyhow::Result<&Keys> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let missing = || Failure::usage("--key is missing", "make one with `lemma key new`");
        let path = if self.key.is_some() { self.key.clone() } else { context.key()? };
        let keys = files::read_keys(&path.ok_or_else(missing)?)?;
        Ok(self.keys.get_or_init(|| keys))
    }

    /// The account that signs.
    pub fn account(&self, context: &Context) -> anyhow::Result<AccountId> {
        Ok(self.keys(context)?.account.account())
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

/// What still waits for a block has the number that the next would have: both would be one.
async fn out_of_the_way(client: &Client, signed: &SignedTransaction) -> Result<(), ClientError> {
    let id = signed.value.id();
    match client.transaction(id).await?.state {
        TransactionState::Pending => client.included(id).await.map(drop),
        _ => Ok(()),
    }
}

fn forgets(context: &Context, error: &std::io::Error) {
    context.out.note(styled(FAINT, format_args!("this run cannot be gone on with if it is cut off: {error}")));
}

/// What the network refused never arrives; of what was sent into the dark that is not known.
fn refused(error: anyhow::Error, entry: Option<Entry>) -> anyhow::Error {
    let is_dark = error.downcast_ref::<ClientError>().is_some_and(ClientError::is_passing);
    if let Some(entry) = entry.filter(|_| !is_dark) {
        entry.done();
    }
    error
}

/// How old the last block of a node may be that has caught up.
const AGE_MAX: Duration = Duration::from_secs(60);

/// A node that has not caught up does not know of money that came since: then that is what is wrong.
async fn lagging<T>(context: &Context, client: &Client, sent: Result<T, ClientError>) -> anyhow::Result<T> {
    let error = match sent {
        Err(error) if error.code() == "funds" => error,
        sent => return Ok(sent?),
    };
    let Ok(status) = client.status().await else { return Err(error.into()) };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    match age(status.time_ms, now) {
        Some(age) => Err(behind(&error, &context.address()?, status.height, age).into()),
        None => Err(error.into()),
    }
}

/// How old a block is, if it is too old for a node that has caught up.
fn age(time_ms: u64, now: Duration) -> Option<Duration> {
    now.checked_sub(Duration::from_millis(time_ms)).filter(|age| *age > AGE_MAX)
}

fn behind(error: &ClientError, node: &str, height: u64, age: Duration) -> Failure {
    let age = Span(Millis(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
    let message = format!("{error}, says {node}, but its last block, {height}, is {age} old: it has not caught up");
    Failure::refused(
        message,
        "wait until `lemma status` shows the height of the others, or ask another node with --node",
    )
}

/// Reads and checks a genesis file.
///
/// # Errors
/// When it cannot be read or is none.
pub fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let hint = "docs/genesis.md says what it holds; `lemma genesis new` makes one";
    node::read_genesis(path).map_err(|error| Failure::usage(error.to_string(), hint).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_behind_is_said_to_be() {
        let old = age(5_000, Duration::from_secs(100)).expect("old");
        assert_eq!(old, Duration::from_secs(95));
        assert_eq!(age(99_000, Duration::from_secs(100)), None);
        assert_eq!(age(200_000, Duration::from_secs(100)), None, "a clock that is behind is another matter");
        let problem = api::Problem::new(api::problem::NOT_FOUND, "the account holds 0");
        let told = behind(&ClientError::Problem(Box::new(problem)), "http://n:1", 7, old);
        assert!(told.message.contains("1 m 35 s old: it has not caught up") && told.message.contains("holds 0"));
    }
}
