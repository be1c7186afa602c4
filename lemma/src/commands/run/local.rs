//! A dry run on this machine: what a run would take, and a request for it.

use super::{
    input::bytes_of,
    request::{Request, Wanted},
};
use crate::{
    commands::Context,
    exit::Failure,
    trial::{Allowance, Fetched, Machine, Trial, Tried, read_module, runtime_of},
    units::{Mebibytes, Span},
};
use clap::Args;
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};
use types::{Millis, Params, ProgramId, Runtime};

/// The artifacts of a program that need not be deployed.
#[derive(Clone, Debug, Args)]
pub struct Artifacts {
    /// What makes proofs: a module, a static ELF, or what `lemma program pack` makes
    #[arg(long, value_name = "FILE", requires = "verifier", help_heading = "On this machine")]
    pub prover: Option<PathBuf>,
    /// The module that checks them
    #[arg(long, value_name = "FILE", requires = "prover", help_heading = "On this machine")]
    pub verifier: Option<PathBuf>,
    /// The fuel that one verification may use; 1000000000 unless told
    #[arg(long, value_name = "N", requires = "prover", help_heading = "On this machine")]
    pub fuel: Option<u64>,
}

/// Running on this machine alone.
#[derive(Clone, Debug, Args)]
pub struct Local {
    /// Run on this machine and measure, instead of on the network
    #[arg(long, conflicts_with_all = ["watch", "sign_only"], help_heading = "On this machine")]
    pub local: bool,
    #[command(flatten)]
    artifacts: Artifacts,
    /// With --local: write a request for what it took, with a margin
    #[arg(long, value_name = "FILE", requires = "local", help_heading = "On this machine")]
    save: Option<PathBuf>,
}

/// The fuel of a program that does not say.
pub const FUEL: u64 = 1_000_000_000;

/// Half as much time again as it took: another machine may be slower.
const TIME_MARGIN_PERCENT: u64 = 150;
/// A quarter more memory and disk.
const ROOM_MARGIN_PERCENT: u64 = 125;
/// The least that a request asks for: starting up takes time and memory too.
const TIME_LEAST_MS: u64 = 1_000;
const MEMORY_LEAST_MIB: u64 = 16;
/// How long a dry run may take unless told.
const LONGEST_MS: u64 = 3_600_000;
/// All that WebAssembly can address.
const MODULE_MEMORY_MAX: u64 = 4 << 30;

#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    tried: Tried,
    request: Request,
    saved: Option<PathBuf>,
}

impl Local {
    /// Refuses artifacts for a run on the network, which takes those that are deployed.
    pub fn expect_sense(&self) -> Result<(), Failure> {
        if self.local || self.artifacts.prover.is_none() {
            return Ok(());
        }
        Err(Failure::usage("--prover and --verifier are for --local", "a program on the network is named by its id"))
    }

    /// Runs, measures, and writes the request.
    pub async fn run(&self, context: &Context, wanted: Wanted) -> anyhow::Result<()> {
        let fetched = Fetched::new()?;
        let trial = match (&self.artifacts.prover, wanted.program) {
            (Some(_), _) => self.artifacts.trial(context, &wanted, &fetched, generous).await?,
            (None, Some(program)) => deployed(context, program, &wanted, &fetched).await?,
            (None, None) => {
                let hint = "give --prover and --verifier, or the program's id";
                return Err(Failure::usage("--local: which program?", hint).into());
            }
        };
        let (tried, _) = tokio::task::block_in_place(|| trial.run(&Machine::new(trial.runtime)?, context.out))?;
        let failure = tried.failure();
        let request = Request::of(&with_margin(wanted, &tried))?;
        let saved = self.save.clone().filter(|_| tried.verified);
        if let Some(path) = &saved {
            fs::write(path, written(&request, &tried)?)?;
        }
        let measured = Measured { tried, request, saved };
        context.out.result(&measured, text)?;
        failure.map_or(Ok(()), |failure| Err(failure.into()))
    }
}

fn text(measured: &Measured) -> String {
    let mut lines = vec![measured.tried.text()];
    if measured.tried.verified {
        lines.push(String::new());
        lines.push(toml::to_string(&measured.request).unwrap_or_default());
    }
    lines.extend(measured.saved.iter().map(|path| format!("written to {}", path.display())));
    lines.join("\n")
}

/// A request as a file, with what it rests on.
fn written(request: &Request, tried: &Tried) -> anyhow::Result<String> {
    let measured: Vec<String> = tried.text().lines().map(|line| format!("# {line}\n")).collect();
    let head = "# Written by `lemma run --local`: half as much time again, and a quarter more memory and disk than it took here.\n";
    Ok(format!("{head}#\n{}\n{}", measured.concat(), toml::to_string(request)?))
}

/// What to ask for, after it took this.
fn with_margin(mut wanted: Wanted, tried: &Tried) -> Wanted {
    let more = |value: u64, percent: u64| value.saturating_mul(percent).div_ceil(100);
    let mebibytes = |bytes: u64| more(bytes, ROOM_MARGIN_PERCENT).div_ceil(1 << 20);
    let room = |mib: u64| Some(Mebibytes(u32::try_from(mib).unwrap_or(u32::MAX)));
    let needs = &mut wanted.needs;
    needs.cpus = Some(needs.cpus.unwrap_or(1));
    needs.memory = room(mebibytes(tried.memory_bytes).max(MEMORY_LEAST_MIB));
    needs.disk = room(mebibytes(tried.disk_bytes));
    needs.max_time = Some(Span(Millis(more(tried.wall_ms, TIME_MARGIN_PERCENT).max(TIME_LEAST_MS))));
    wanted
}

/// How much of this machine a prover gets.
pub type Grant = fn(&Wanted, Runtime) -> Allowance;

/// What is asked for; of what is not, as much as this machine has to give.
fn generous(wanted: &Wanted, runtime: Runtime) -> Allowance {
    let free = free_memory().unwrap_or(2 << 30);
    let addressed = if runtime == Runtime::Wasm { MODULE_MEMORY_MAX } else { u64::MAX };
    let needs = &wanted.needs;
    let bytes = |size: Option<Mebibytes>| size.map(|size| u64::from(size.0) << 20);
    Allowance {
        cpus: needs.cpus.unwrap_or(1),
        memory_bytes: bytes(needs.memory).unwrap_or((free / 2).min(addressed)),
        // It lies in memory.
        disk_bytes: bytes(needs.disk).unwrap_or(free / 4),
        wall_ms: needs.max_time.map_or(LONGEST_MS, |time| time.0.0),
    }
}

/// What is asked for, and of what is not, what a run asks for unless told.
pub fn asked(wanted: &Wanted, _: Runtime) -> Allowance {
    let resources = wanted.needs.resources();
    Allowance {
        cpus: resources.cpus,
        memory_bytes: u64::from(resources.memory_mib) << 20,
        disk_bytes: u64::from(resources.disk_mib) << 20,
        wall_ms: wanted.needs.max_time().0,
    }
}

/// Memory that can be had without swapping, in bytes.
fn free_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

impl Artifacts {
    /// A trial of these artifacts.
    pub async fn trial(
        &self,
        context: &Context,
        wanted: &Wanted,
        fetched: &Fetched,
        grant: Grant,
    ) -> anyhow::Result<Trial> {
        let missing = || Failure::usage("--prover and --verifier are missing", "`lemma program build` makes both");
        let prover = self.prover.as_deref().ok_or_else(missing)?;
        let verifier = self.verifier.as_deref().ok_or_else(missing)?;
        trial(context, (prover, verifier, self.fuel.unwrap_or(FUEL)), wanted, fetched, grant).await
    }
}

/// A trial of a program that is deployed.
async fn deployed(context: &Context, program: ProgramId, wanted: &Wanted, fetched: &Fetched) -> anyhow::Result<Trial> {
    let program = context.client()?.program(program).await?;
    let prover = fetched.blob(context, program.prover.blob).await?;
    let verifier = fetched.blob(context, program.verifier.blob).await?;
    trial(context, (prover.as_path(), verifier.as_path(), program.fuel_limit), wanted, fetched, generous).await
}

async fn trial(
    context: &Context,
    (prover, verifier, fuel): (&Path, &Path, u64),
    wanted: &Wanted,
    fetched: &Fetched,
    grant: Grant,
) -> anyhow::Result<Trial> {
    if fuel > Params::default().fuel_max {
        let hint = format!("a network takes {} at most unless it voted for more", Params::default().fuel_max);
        return Err(Failure::usage(format!("{fuel} fuel is too much"), hint).into());
    }
    let runtime = runtime_of(prover)?;
    let mut inputs = Vec::with_capacity(wanted.inputs.len());
    for input in &wanted.inputs {
        inputs.push(input.given(context, fetched).await?);
    }
    Ok(Trial {
        runtime,
        prover: prover.to_owned(),
        verifier: read_module(verifier)?,
        fuel,
        arguments: bytes_of(&wanted.args)?,
        inputs,
        allowance: grant(wanted, runtime),
    })
}
