//! Runs.

pub mod input;
pub mod local;
pub mod request;

use super::{Context, signing::Signing};
use crate::{
    exit::Failure,
    journal::Entry,
    life::Life,
    output::{STRONG, styled},
};
use api::WorkloadState;
use clap::Args;
use client::Finished;
use local::Local;
use request::{Job, Wanted};
use serde::Serialize;
use types::{Amount, Call, Data, Input, List, ProgramId, TxId, WorkloadId};

const EXAMPLES: &str = "\
Examples:
  lemma run PROGRAM --input statement:hex:00ff --input witness:file:key.bin \\
      --max-time 90s --max-fee 3.5 --key user.key --watch
  lemma run PROGRAM --input witness:proof:WORKLOAD --max-fee 1 --key user.key
  lemma run PROGRAM --input statement:blob:BLOB:SIZE --max-fee 1 --key user.key \\
      --sign-only --genesis genesis.json --nonce 0 --valid-until 5000 --tx-out run.tx
  lemma run --local --prover prover.wasm --verifier verifier.wasm --input statement:hex:00ff --save request.toml
  lemma run PROGRAM --local --input statement:hex:00ff --save request.toml
  lemma run --request request.toml --max-fee 1 --key user.key --watch

--local runs on this machine alone and pays nothing: it measures, and --save writes a request with half as much time again and a \
quarter more memory and disk than it took.

A run that is cut off (Ctrl-C, kill, power) before its end was told is gone on with by the same command: one workload, one charge. The \
signed transaction lies in ~/.local/state/lemma/runs until then. Without --watch the end is that it was sent.";

/// Ask for one execution of a program.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The program, unless --request names it
    program: Option<ProgramId>,
    #[command(flatten)]
    job: Job,
    /// The most to pay, in LEM, the transaction's own fee not counted
    #[arg(long, value_name = "LEM", required_unless_present = "local")]
    max_fee: Option<Amount>,
    /// Follow it to its end and check the receipt
    #[arg(long, conflicts_with = "sign_only")]
    watch: bool,
    /// Send another, even if the same was sent before and cut off before its end was told
    #[arg(long, conflicts_with_all = ["sign_only", "local"])]
    new: bool,
    /// With --watch: where to write the receipt
    #[arg(long, value_name = "FILE", requires = "watch")]
    receipt: Option<std::path::PathBuf>,
    #[command(flatten)]
    local: Local,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Ended {
    transaction: TxId,
    #[serde(flatten)]
    followed: Followed,
}

/// A workload that was followed to its end.
#[derive(Debug, Serialize)]
pub struct Followed {
    /// The workload.
    pub workload: WorkloadId,
    /// Its end state.
    pub state: WorkloadState,
    /// What its receipt shows, which was checked here.
    pub checked: receipt::Checked,
    #[serde(skip)]
    explain: String,
    #[serde(skip)]
    receipt: Vec<u8>,
}

impl Followed {
    /// Whether it ended with a proof.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.state == WorkloadState::Verified
    }

    /// What is said of it if it ended without a proof.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        (!self.is_verified()).then(|| Failure::without_proof(self.explain.clone()))
    }
}

/// Follows a workload to its end, telling every step, and checks its receipt.
pub async fn follow(context: &Context, id: WorkloadId) -> anyhow::Result<Followed> {
    let client = context.client()?;
    let group_key = context.group_key(&client).await?;
    context.out.note(format_args!("workload {}", styled(STRONG, id)));
    let mut life = Life::begin(context.out, String::new());
    let Finished { workload, receipt, checked } =
        client.finish(id, &group_key, &mut |progress| life.see(&progress)).await?;
    Ok(Followed { workload: id, state: workload.state, checked, explain: workload.explain, receipt: receipt.to_vec() })
}

impl Run {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        self.local.expect_sense()?;
        let wanted = self.job.wanted(self.program)?;
        if self.local.local {
            return self.local.run(context, wanted).await;
        }
        let call = Call::Run(self.call(context, wanted).await?);
        if self.signing.sign_only {
            return self.signing.send(context, call).await.map(|_| ());
        }
        let (sent, entry) = self.signing.send_once(context, call, self.new).await?;
        if self.watch {
            return self.watch(context, WorkloadId(sent.transaction.0), entry).await;
        }
        context.out.result(&sent, |it| it.transaction.to_string())?;
        entry.into_iter().for_each(Entry::done);
        Ok(())
    }

    async fn call(&self, context: &Context, wanted: Wanted) -> anyhow::Result<types::Run> {
        let no_program = || Failure::usage("which program?", "name it, or give a --request that does");
        let program = wanted.program.ok_or_else(no_program)?;
        let no_fee = || Failure::usage("--max-fee is missing", "`lemma quote` says what the run costs");
        let fee_max = self.max_fee.ok_or_else(no_fee)?;
        let mut inputs = Vec::with_capacity(wanted.inputs.len());
        for input in &wanted.inputs {
            let source = input.source.resolve(context, self.signing.sign_only).await?;
            inputs.push(Input { role: input.role, source });
        }
        let much = |error: types::CodecError| Failure::usage(error.to_string(), "move large inputs into blobs");
        Ok(types::Run {
            program,
            arguments: Data::new(input::bytes_of(&wanted.args)?).map_err(much)?,
            inputs: List::new(inputs).map_err(much)?,
            resources: wanted.needs.resources(),
            compute_max: wanted.needs.max_time(),
            fee_max,
        })
    }

    async fn watch(&self, context: &Context, id: WorkloadId, entry: Option<Entry>) -> anyhow::Result<()> {
        let followed = follow(context, id).await?;
        if let Some(path) = &self.receipt {
            std::fs::write(path, &followed.receipt)?;
        }
        let failure = followed.failure();
        let ended = Ended { transaction: TxId(id.0), followed };
        context.out.result(&ended, |it| super::receipt::told(&it.followed.checked))?;
        entry.into_iter().for_each(Entry::done);
        failure.map_or(Ok(()), |failure| Err(failure.into()))
    }
}
