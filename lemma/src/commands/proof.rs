//! Proofs.

use super::Context;
use crate::{
    exit::Failure,
    output::{BAD, GOOD, styled},
};
use api::Input;
use clap::{Args, Subcommand, ValueEnum};
use client::{
    ProofPart,
    evm::{EvmError, calldata},
};
use serde::Serialize;
use std::path::PathBuf;
use types::WorkloadId;

/// Fetch a proof, or write it for another system.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  lemma proof get ID -o proof.bin\n  lemma proof export ID --evm")]
pub enum Proof {
    /// Fetch the proof of a workload
    #[command(after_help = "Examples:\n  lemma proof get ID -o proof.bin\n  lemma proof get ID --part public")]
    Get {
        /// The workload
        workload: WorkloadId,
        /// Take it as soon as there is one, before the provers have checked it
        #[arg(long)]
        unverified: bool,
        /// What of it
        #[arg(long, value_enum, default_value = "proof")]
        part: Part,
        /// Where to write the bytes; as hex to stdout unless told
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write the proof of a circom circuit for another system
    #[command(after_help = "Example:\n  lemma proof export ID --evm")]
    Export(Export),
}

/// Write the proof of a circom circuit for another system.
#[derive(Debug, Args)]
pub struct Export {
    /// The workload: a verified run of the program `circom`
    workload: WorkloadId,
    /// As the call of the Solidity contract that snarkjs exports: `verifyProof(a, b, c, signals)`, in hex
    #[arg(long, required = true)]
    evm: bool,
}

/// Where the public signals stand among the inputs of a run.
const SIGNALS: usize = 1;

#[derive(Serialize)]
struct Exported {
    workload: WorkloadId,
    calldata: String,
}

impl Export {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.client()?;
        let workload = client.workload(self.workload).await?;
        let proof = client.proof(self.workload, ProofPart::Proof, false).await?;
        if !proof.verified {
            return Err(Failure::unverified("the node sent a proof that is not verified").into());
        }
        let inputs = workload.run.map(|run| run.inputs).unwrap_or_default();
        let signals = signals(context, &inputs).await?;
        let not =
            |error: EvmError| Failure::usage(error.to_string(), "only a run of the program circom can be exported");
        let calldata = format!("0x{}", hex::encode(calldata(&proof.bytes, &signals).map_err(not)?));
        context.out.note(format_args!("verified, by the node's word; a receipt shows it"));
        context.out.result(&Exported { workload: self.workload, calldata }, |it| it.calldata.clone())
    }
}

/// The second input of a run, wherever its bytes are.
async fn signals(context: &Context, inputs: &[Input]) -> anyhow::Result<Vec<u8>> {
    let absent = || Failure::usage("the run has no public signals", "only a run of the program circom can be exported");
    let input = inputs.get(SIGNALS).ok_or_else(absent)?;
    match (&input.inline, input.blob) {
        (Some(inline), _) => Ok(hex::decode(inline)?),
        (None, Some(blob)) => Ok(context.client()?.blob(blob).await?.to_vec()),
        (None, None) => Err(absent().into()),
    }
}

/// What of a proof.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Part {
    /// The proof alone
    Proof,
    /// The public values alone
    Public,
    /// Both, as the network names them by hash
    Bundle,
}

impl From<Part> for ProofPart {
    fn from(part: Part) -> Self {
        match part {
            Part::Proof => Self::Proof,
            Part::Public => Self::Public,
            Part::Bundle => Self::Bundle,
        }
    }
}

#[derive(Serialize)]
struct Fetched {
    workload: WorkloadId,
    /// By the node's word; a receipt shows it.
    verified: bool,
    size: usize,
    file: Option<PathBuf>,
    bytes: Option<String>,
}

impl Proof {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (workload, unverified, part, output) = match self {
            Self::Get { workload, unverified, part, output } => (workload, unverified, part, output),
            Self::Export(export) => return export.run(context).await,
        };
        let proof = context.client()?.proof(workload, part.into(), unverified).await?;
        if !proof.verified && !unverified {
            return Err(Failure::unverified("the node sent a proof that is not verified").into());
        }
        let mark = if proof.verified { styled(GOOD, "verified") } else { styled(BAD, "not yet verified") };
        context.out.note(format_args!("{mark}, by the node's word; a receipt shows it"));
        if let Some(path) = &output {
            std::fs::write(path, &proof.bytes)?;
        }
        let (size, verified) = (proof.bytes.len(), proof.verified);
        let bytes = output.is_none().then(|| hex::encode(&proof.bytes));
        let fetched = Fetched { workload, verified, size, file: output, bytes };
        context.out.result(&fetched, |it| match (&it.bytes, &it.file) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(file)) => format!("{} bytes in {}", it.size, file.display()),
            (None, None) => String::new(),
        })
    }
}
