//! Joining as a prover, and changing what was declared.

use crate::{
    commands::{
        Context,
        run::{Followed, follow},
        signing::Signing,
    },
    exit::{Failure, instead},
    files::Keys,
    units::{Mebibytes, Sum},
};
use clap::Args;
use client::{CallError, ClientError};
use serde::Serialize;
use types::{AccountId, Amount, Call, Resources, Runtime, TxId, WorkloadId};

const REGISTER: &str = "\
Examples:
  lemma prover register --cpus 4 --memory 8GiB --address http://prover.example:8080 --key node/config.toml
  lemma prover register --cpus 4 --memory 8GiB --bond 500 --key prover.key --watch
  lemma prover register --cpus 4 --memory 8GiB --key prover.key \\
      --sign-only --genesis genesis.json --nonce 0 --valid-until 5000 --tx-out register.tx

The key file is the prover_key of the node that will prove: one secret makes its account and its verdict key, whose possession is \
proved here. The node must run before the test of its capacity begins: it has a few seconds to accept. A node that is no validator \
of genesis is let in by those whose configuration lists its key under p2p.secondary.";

/// Join as a prover: bond, declare what there is, and have it tested
#[derive(Debug, Args)]
#[command(after_help = REGISTER)]
pub struct Register {
    /// Processor cores
    #[arg(long, value_name = "N", help_heading = "Capacity")]
    cpus: u32,
    /// Memory, such as 8GiB
    #[arg(long, value_name = "SIZE", help_heading = "Capacity")]
    memory: Mebibytes,
    /// Disk, such as 100GiB
    #[arg(long, default_value = "0B", value_name = "SIZE", help_heading = "Capacity")]
    disk: Mebibytes,
    /// Graphics processors
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = "Capacity")]
    gpus: u32,
    /// The memory that each graphics processor has at least, in GiB
    #[arg(long, default_value_t = 0, value_name = "GIB", requires = "gpus", help_heading = "Capacity")]
    gpu_class: u32,
    /// A runtime besides WebAssembly that the node offers, such as linux-x86_64
    #[arg(long = "runtime", value_name = "NAME", help_heading = "Capacity")]
    runtimes: Vec<Runtime>,
    /// What to bond, in LEM; what the cores need unless told
    #[arg(long, value_name = "LEM")]
    bond: Option<Sum>,
    /// Where users reach the node's API
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    address: String,
    /// Follow the test of the capacity to its end
    #[arg(long, conflicts_with = "sign_only")]
    watch: bool,
    #[command(flatten)]
    signing: Signing,
}

const UPDATE: &str = "\
Examples:
  lemma prover update --cpus 8 --key prover.key --watch
  lemma prover update --runtime linux-x86_64 --key prover.key --watch
  lemma prover update --address http://prover.example:8080 --key prover.key

What is less counts at once. What is more counts once it passed a test; the bond must cover all cores before: `lemma prover bond`. \
What is not given stays; offline, cores, memory and disk are given together.";

/// Change what was declared: capacity, address
#[derive(Debug, Args)]
#[command(after_help = UPDATE)]
pub struct Update {
    /// Processor cores
    #[arg(long, value_name = "N", help_heading = "Capacity")]
    cpus: Option<u32>,
    /// Memory, such as 8GiB
    #[arg(long, value_name = "SIZE", help_heading = "Capacity")]
    memory: Option<Mebibytes>,
    /// Disk, such as 100GiB
    #[arg(long, value_name = "SIZE", help_heading = "Capacity")]
    disk: Option<Mebibytes>,
    /// Graphics processors
    #[arg(long, value_name = "N", help_heading = "Capacity")]
    gpus: Option<u32>,
    /// The memory that each graphics processor has at least, in GiB
    #[arg(long, value_name = "GIB", help_heading = "Capacity")]
    gpu_class: Option<u32>,
    /// A runtime besides WebAssembly that the node offers, such as linux-x86_64; wasm for none
    #[arg(long = "runtime", value_name = "NAME", help_heading = "Capacity")]
    runtimes: Vec<Runtime>,
    /// Where users reach the node's API; empty for nowhere
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Follow the test of the capacity to its end
    #[arg(long, conflicts_with = "sign_only")]
    watch: bool,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Declared {
    transaction: TxId,
    height: u64,
    prover: AccountId,
    capacity: Option<Resources>,
    /// The workload that tests what is declared, if there is more than before.
    test: Option<WorkloadId>,
    /// How the test ended, if it was followed.
    ended: Option<Followed>,
}

fn wrong(error: CallError) -> Failure {
    Failure::usage(error.to_string(), error.hint())
}

impl Register {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let capacity = self.capacity();
        let Keys { account, verdict } = self.signing.keys(context)?;
        let chain = self.signing.chain(context).await?;
        let bond = self.bond(context).await?;
        let registration = client::registration(chain, account.account(), verdict, capacity, &self.address, bond);
        let call = Call::Register(Box::new(registration.map_err(wrong)?));
        declare(context, &self.signing, call, Some(capacity), self.watch).await
    }

    fn capacity(&self) -> Resources {
        let Self { cpus, gpus, gpu_class, .. } = *self;
        let runtimes = self.runtimes.clone().into();
        Resources { cpus, memory_mib: self.memory.0, disk_mib: self.disk.0, gpus, gpu_class, runtimes }
    }

    /// What is bonded: at least what the cores need, which is told before anything is signed.
    async fn bond(&self, context: &Context) -> anyhow::Result<Amount> {
        let needed = self.signing.params(context).await?.bond_per_unit.times(u64::from(self.cpus));
        let needed = needed.ok_or(ClientError::Overflow)?;
        match self.bond {
            Some(Sum(bond)) if bond < needed => {
                let message = format!("a bond of {bond} LEM does not cover {} cores, which need {needed}", self.cpus);
                Err(Failure::usage(message, "bond more, or declare fewer cores").into())
            }
            Some(Sum(bond)) => Ok(bond),
            None => Ok(needed),
        }
    }
}

impl Update {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let capacity = self.capacity(context).await?;
        if capacity.is_none() && self.address.is_none() {
            return Err(Failure::usage(
                "nothing is to be changed",
                "give --cpus, --memory, --disk, --runtime or --address",
            )
            .into());
        }
        let update = client::update(capacity, None, self.address.as_deref()).map_err(wrong)?;
        declare(context, &self.signing, Call::Update(update), capacity, self.watch).await
    }

    /// What is declared now, where anything of it is given; the rest is as it was.
    async fn capacity(&self, context: &Context) -> anyhow::Result<Option<Resources>> {
        let given = [self.cpus, self.memory.map(|it| it.0), self.disk.map(|it| it.0), self.gpus, self.gpu_class];
        if given.iter().all(Option::is_none) && self.runtimes.is_empty() {
            return Ok(None);
        }
        let was = match (self.signing.sign_only, &given) {
            (false, _) => {
                let prover = context.client()?.prover(self.signing.account(context)?).await?;
                prover.declared.unwrap_or(prover.capacity)
            }
            (true, [Some(_), Some(_), Some(_), ..]) => Resources::default(),
            (true, _) => {
                let hint = "give --cpus, --memory and --disk together";
                return Err(Failure::usage("what the prover has is not known offline", hint).into());
            }
        };
        let [cpus, memory_mib, disk_mib, gpus, gpu_class] = given;
        Ok(Some(Resources {
            cpus: cpus.unwrap_or(was.cpus),
            memory_mib: memory_mib.unwrap_or(was.memory_mib),
            disk_mib: disk_mib.unwrap_or(was.disk_mib),
            gpus: gpus.unwrap_or(was.gpus),
            gpu_class: gpu_class.unwrap_or(was.gpu_class),
            runtimes: if self.runtimes.is_empty() { was.runtimes } else { self.runtimes.clone().into() },
        }))
    }
}

/// Sends it, and follows the test that it leads to.
async fn declare(
    context: &Context,
    signing: &Signing,
    call: Call,
    capacity: Option<Resources>,
    watch: bool,
) -> anyhow::Result<()> {
    let settled = signing.settle(context, call).await.map_err(|error| {
        instead(error, "registered", || Failure::refused("the account is a prover already", "`lemma prover update`"))
    })?;
    let Some((sent, height)) = settled else { return Ok(()) };
    let transaction = sent.transaction;
    let test = tested(context, transaction).await?;
    let prover = signing.account(context)?;
    let ended = match test {
        Some(id) if watch => Some(follow(context, id).await?),
        _ => None,
    };
    let failed = ended.as_ref().and_then(Followed::failure);
    let declared = Declared { transaction, height, prover, capacity, test, ended };
    context.out.result(&declared, told)?;
    failed.map_or(Ok(()), |failure| Err(failure.into()))
}

/// The test that a transaction led to: a workload of its name.
async fn tested(context: &Context, transaction: TxId) -> anyhow::Result<Option<WorkloadId>> {
    let id = WorkloadId(transaction.0);
    match context.client()?.workload(id).await {
        Ok(_) => Ok(Some(id)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn told(it: &Declared) -> String {
    let block = format!("prover {} declared it in block {}", it.prover, it.height);
    match (&it.test, &it.ended) {
        (None, _) => format!("{block}: it counts now"),
        (Some(test), None) => {
            format!("{block}: more counts once it passed its test, workload {test}: `lemma explain {test}`")
        }
        (Some(test), Some(ended)) if ended.is_verified() => {
            format!(
                "{block}: it passed its test, workload {test}, and counts; a new prover is drawn from the next epoch on"
            )
        }
        (Some(test), Some(ended)) => format!("{block}: the test {test} ended {}", ended.state),
    }
}
