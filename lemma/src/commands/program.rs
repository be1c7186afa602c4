//! Programs: from an idea to a deployed one.

mod build;
mod check;
mod deploy;
mod new;
mod pack;
mod test;

use super::{Context, list};
use crate::units::size;
use clap::Subcommand;
use types::ProgramId;

const STEPS: &str = "\
Examples, from nothing to a proof, on a devnet that `lemma devnet --dir net` started:
  lemma program new squares --sdk lemma/program && cd squares
  lemma program build
  lemma program test
  lemma program deploy --name squares --proof-system none/1 --prover artifacts/prover.wasm \\
      --verifier artifacts/verifier.wasm --key ../net/user.key
  lemma run PROGRAM --request request.toml --max-fee 1 --key ../net/user.key --watch";

/// Make, try, deploy, list or show programs.
#[derive(Debug, Subcommand)]
#[command(after_help = STEPS)]
pub enum Program {
    /// Write a project to begin with
    New(new::New),
    /// Build a project's verifier and prover
    Build(build::Build),
    /// Say whether nodes take these artifacts, and if not, why and what to do
    Check(check::Check),
    /// Make a Linux prover's artifact of a folder, an OCI layout or what `docker save` wrote
    Pack(pack::Pack),
    /// Prove and verify on this machine, and tamper with the proof
    Test(Box<test::Test>),
    /// Upload a prover and a verifier and make them known
    Deploy(Box<deploy::Deploy>),
    List(list::Programs),
    /// Show a program
    #[command(after_help = "Example:\n  lemma program show PROGRAM")]
    Show {
        /// The program
        program: ProgramId,
    },
}

impl Program {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::New(new) => new.run(context),
            Self::Build(build) => tokio::task::block_in_place(|| build.run(context)),
            Self::Check(check) => tokio::task::block_in_place(|| check.run(context)),
            Self::Pack(pack) => tokio::task::block_in_place(|| pack.run(context)),
            Self::Test(test) => test.run(context).await,
            Self::Deploy(deploy) => deploy.run(context).await,
            Self::List(list) => list.run(context).await,
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
