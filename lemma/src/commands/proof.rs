//! Proofs.

use super::Context;
use crate::{
    exit::Failure,
    output::{BAD, GOOD, styled},
};
use clap::{Subcommand, ValueEnum};
use client::ProofPart;
use serde::Serialize;
use std::path::PathBuf;
use types::WorkloadId;

/// Fetch a proof.
#[derive(Debug, Subcommand)]
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
        let Self::Get { workload, unverified, part, output } = self;
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
