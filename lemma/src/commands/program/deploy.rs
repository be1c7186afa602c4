//! Making a program known to the network.

use super::check::{Role, accepted};
use crate::{
    commands::{Context, blob::moved, run::local::FUEL, signing::Signing},
    exit::Failure,
    output::{FAINT, styled},
    trial::runtime_of,
};
use clap::Args;
use client::ClientError;
use serde::Serialize;
use std::path::PathBuf;
use types::{Artifact, BlobId, Call, ProgramId, Runtime, Text};

/// Upload a prover and a verifier and make them known.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma program deploy --name squares --prover prover.wasm \
                  --verifier verifier.wasm \\\n      --proof-system groth16-bn254/arkworks-0.6 --key user.key")]
pub struct Deploy {
    /// Its name, for people
    #[arg(long)]
    name: String,
    /// What runs the prover: wasm, or linux-x86_64; told by its first bytes unless given
    #[arg(long, value_name = "NAME")]
    runtime: Option<Runtime>,
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
    #[arg(long, value_name = "N", default_value_t = FUEL)]
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

impl Deploy {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let runtime = self.runtime.map_or_else(|| runtime_of(&self.prover), Ok)?;
        let checked = || {
            let prover = accepted(Role::Prover(runtime), &self.prover)?;
            Ok::<_, anyhow::Error>((prover, accepted(Role::Verifier, &self.verifier)?))
        };
        let (prover, verifier) = tokio::task::block_in_place(checked)?;
        let program = self.program(runtime, prover, verifier)?;
        if !self.signing.sign_only {
            for (file, artifact) in [(&self.prover, prover), (&self.verifier, verifier)] {
                let stored = context.client()?.put_blob_file(file, moved(context.out)).await?;
                if stored.blob != artifact.blob {
                    let hint = "deploy it again";
                    return Err(Failure::usage(format!("{} has changed", file.display()), hint).into());
                }
            }
        }
        let call = Call::Deploy(program.clone());
        let height = match self.signing.settle(context, call).await {
            Ok(Some((_, height))) => height,
            Ok(None) => return Ok(()),
            Err(error) => earlier(context, program.id(), error).await?,
        };
        let (prover, verifier) = (program.prover.blob, program.verifier.blob);
        let deployed = Deployed { program: program.id(), prover, verifier, height };
        context.out.result(&deployed, |it| it.program.to_string())
    }

    fn program(&self, runtime: Runtime, prover: Artifact, verifier: Artifact) -> anyhow::Result<types::Program> {
        let long = |error: types::CodecError| Failure::usage(error.to_string(), "use a shorter name");
        Ok(types::Program {
            name: Text::new(self.name.as_str()).map_err(long)?,
            proof_system: Text::new(self.proof_system.as_str()).map_err(long)?,
            runtime,
            prover,
            verifier,
            fuel_limit: self.fuel,
        })
    }
}

/// The block of a program that was deployed before, by whomever: it is the same program.
async fn earlier(context: &Context, program: ProgramId, error: anyhow::Error) -> anyhow::Result<u64> {
    if !matches!(error.downcast_ref::<ClientError>(), Some(ClientError::Problem(it)) if it.code == "program-exists") {
        return Err(error);
    }
    context.out.note(styled(FAINT, "it is deployed already"));
    Ok(context.client()?.program(program).await?.deployed.height)
}
