//! Programs.

use super::{Context, signing::Signing};
use crate::{artifacts::artifact, exit::Failure, files, units::size};
use clap::{Args, Subcommand};
use executor::{check_prover, check_verifier};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::{BlobId, Call, ProgramId, Runtime, Text};

/// Deploy or show a program.
#[derive(Debug, Subcommand)]
pub enum Program {
    /// Upload a prover and a verifier and make them known
    Deploy(Box<Deploy>),
    /// Show a program
    Show {
        /// The program
        program: ProgramId,
    },
}

/// Upload a prover and a verifier and make them known.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma program deploy --name squares --prover prover.wasm \
                  --verifier verifier.wasm \\\n      --proof-system groth16-bn254/arkworks-0.6 --key user.key")]
pub struct Deploy {
    /// Its name, for people
    #[arg(long)]
    name: String,
    /// What runs the prover: wasm, or linux-x86_64
    #[arg(long, default_value_t = Runtime::Wasm, value_name = "NAME")]
    runtime: Runtime,
    /// What makes proofs: a module, or for linux-x86_64 a static ELF or a tar of a root directory or OCI layout
    #[arg(long, value_name = "FILE")]
    prover: PathBuf,
    /// The module that checks them
    #[arg(long, value_name = "FILE")]
    verifier: PathBuf,
    /// Proof system and version
    #[arg(long, value_name = "NAME")]
    proof_system: String,
    /// The fuel that one verification may use; more is *invalid*
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000)]
    fuel: u64,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
struct Deployed {
    program: ProgramId,
    prover: BlobId,
    verifier: BlobId,
    height: u64,
}

impl Program {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Deploy(deploy) => deploy.run(context).await,
            Self::Show { program } => {
                let program = context.client()?.program(program).await?;
                context.out.result(&program, shown)
            }
        }
    }
}

fn shown(program: &api::Program) -> String {
    [
        format!("{} ({})", program.name, program.proof_system),
        format!("program  {}", program.program),
        format!("prover   {} ({}, {})", program.prover.blob, program.runtime, size(program.prover.size)),
        format!("verifier {} ({}, {} fuel)", program.verifier.blob, size(program.verifier.size), program.fuel_limit),
        format!("deployed by {} in block {}", program.deployer, program.deployed.height),
    ]
    .join("\n")
}

impl Deploy {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (prover, verifier) = (files::read(&self.prover)?, files::read(&self.verifier)?);
        if self.runtime == Runtime::Wasm {
            check_prover(&prover).map_err(|error| not_a("prover", &self.prover, &error))?;
        }
        check_verifier(&verifier).map_err(|error| not_a("verifier", &self.verifier, &error))?;
        let program = self.program(&prover, &verifier)?;
        if !self.signing.sign_only {
            let client = context.client()?;
            client.put_blob(prover.into()).await?;
            client.put_blob(verifier.into()).await?;
        }
        let call = Call::Deploy(program.clone());
        let Some((_, height)) = self.signing.settle(context, call).await? else { return Ok(()) };
        let (prover, verifier) = (program.prover.blob, program.verifier.blob);
        let deployed = Deployed { program: program.id(), prover, verifier, height };
        context.out.result(&deployed, |it| it.program.to_string())
    }

    fn program(&self, prover: &[u8], verifier: &[u8]) -> anyhow::Result<types::Program> {
        let long = |error: types::CodecError| Failure::usage(error.to_string(), "use a shorter name");
        Ok(types::Program {
            name: Text::new(self.name.as_str()).map_err(long)?,
            proof_system: Text::new(self.proof_system.as_str()).map_err(long)?,
            runtime: self.runtime,
            prover: artifact(prover),
            verifier: artifact(verifier),
            fuel_limit: self.fuel,
        })
    }
}

fn not_a(role: &str, path: &Path, error: &executor::ModuleError) -> Failure {
    let message = format!("{} is no {role}: {error}", path.display());
    Failure::usage(message, "see the program contract: which functions a module exports and imports")
}
