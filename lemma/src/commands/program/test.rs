//! A program on this machine: proves, verifies, and refuses what was tampered with.

use crate::{
    commands::{
        Context,
        run::{
            local::{Artifacts, asked},
            request::Job,
        },
    },
    exit::{Code, Failure},
    output::{FAINT, styled},
    trial::{Fetched, Machine, Round, Trial, Tried, tamper},
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Prove and verify on this machine, and tamper with the proof.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lemma program test                       the project here, with its request.toml\n  \
                  lemma program test --prover prover.wasm --verifier verifier.wasm \\\n      \
                  --input statement:hex:3100000000000000 --input witness:hex:07000000\n\n\
                  The prover runs in the sandbox, within what a run asks for; the verifier within the fuel and memory of the \
                  network. Then bits of the proof, the public values and the statement are flipped: all of that must be refused, \
                  but for statements with bytes that mean nothing. Ends with 6 without a proof, with 5 if a changed proof is \
                  accepted."
)]
pub struct Test {
    /// A project that was built; its artifacts and its request.toml are taken unless told otherwise
    #[arg(value_name = "FOLDER", default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    artifacts: Artifacts,
    #[command(flatten)]
    job: Job,
    /// Places of each part in which a bit is flipped
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    flips: u32,
}

#[derive(Serialize)]
struct Tested {
    #[serde(flatten)]
    tried: Tried,
    tampered: Option<Round>,
}

impl Test {
    pub(super) async fn run(mut self, context: &Context) -> anyhow::Result<()> {
        if self.artifacts.prover.is_none() {
            self.take_project()?;
        }
        let wanted = self.job.wanted(None)?;
        let fetched = Fetched::new()?;
        let trial = self.artifacts.trial(context, &wanted, &fetched, asked).await?;
        let tested = tokio::task::block_in_place(|| self.test(&trial, context))?;
        let failure = tested.failure();
        context.out.result(&tested, Tested::text)?;
        failure.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// What `lemma program build` left in the folder of a project.
    fn take_project(&mut self) -> anyhow::Result<()> {
        let artifacts = self.project.join("artifacts");
        let there = |name: &str| Some(artifacts.join(name)).filter(|path| path.is_file());
        let nothing = || {
            let message = format!("{} holds no built program", self.project.display());
            Failure::usage(message, "`lemma program build` makes one; or give --prover and --verifier")
        };
        self.artifacts.verifier = Some(there("verifier.wasm").ok_or_else(nothing)?);
        self.artifacts.prover = match (there("prover.wasm"), there("prover.linux-x86_64")) {
            (Some(_), Some(_)) => {
                let message = format!("{} has two provers", artifacts.display());
                return Err(Failure::usage(message, "say which by --prover and --verifier").into());
            }
            (Some(one), None) | (None, Some(one)) => Some(one),
            (None, None) => return Err(nothing().into()),
        };
        if self.job.request.is_none() && self.job.inputs.is_empty() {
            self.job.request = Some(self.project.join("request.toml")).filter(|path| path.is_file());
        }
        Ok(())
    }

    fn test(&self, trial: &Trial, context: &Context) -> anyhow::Result<Tested> {
        let machine = Machine::new(trial.runtime)?;
        let (tried, made) = trial.run(&machine, context.out)?;
        let Some(made) = made.filter(|_| tried.verified) else { return Ok(Tested { tried, tampered: None }) };
        context.out.note(styled(FAINT, "tampering with the proof and the statement"));
        let statement = trial.statement()?;
        let mut judge = |proof: &[u8], public: &[u8], statement: &[Vec<u8>]| {
            machine.verify(trial, proof, public, statement).verdict
        };
        let round = tamper(&made.proof, &made.public, &statement, self.flips as usize, &mut judge);
        Ok(Tested { tried, tampered: Some(round) })
    }
}

impl Tested {
    fn text(&self) -> String {
        let tampered = self.tampered.as_ref().map(Round::text);
        [self.tried.text()].into_iter().chain(tampered).collect::<Vec<_>>().join("\n")
    }

    fn failure(&self) -> Option<Failure> {
        let accepted = self.tampered.as_ref().map_or(0, |round| round.accepted.len());
        self.tried.failure().or_else(|| {
            let hint = "check every length, and that every number and point has one encoding; read public values or refuse them";
            let message = format!("the verifier accepts a proof that was tampered with, in {accepted} ways");
            (accepted > 0).then(|| Failure { code: Code::Unverified, message, hint: hint.to_owned() })
        })
    }
}
