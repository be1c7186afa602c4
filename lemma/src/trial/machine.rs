//! What runs programs on this machine: the same executors that a node has.

use super::{Material, Trial, read_module};
use crate::exit::{Code, Failure};
use executor::{
    CancelToken, Executor, NativeExecutor, NativeJob, NativeSettings, Outcome, ProgramEvent, ProveJob, ProverLimits,
    Sections, Settings, Source, Verification, VerifierLimits, VerifyJob,
};
use tempfile::TempDir;
use types::{BlobId, Params, Runtime, limits::LOG_MAX};

/// Processes and threads of one program.
const PROCESSES_MAX: u32 = 1024;

/// Executors in a folder of their own.
pub struct Machine {
    wasm: Executor,
    native: Option<NativeExecutor>,
    _dir: TempDir,
}

/// The parameters of a network that changed none of them.
pub fn params() -> Params {
    Params::default()
}

impl Machine {
    /// A machine for provers of this runtime.
    ///
    /// # Errors
    /// When it has no sandbox that holds them.
    pub fn new(runtime: Runtime) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let wasm = Executor::new(&dir.path().join("modules"), Settings::default())?;
        let native = match runtime {
            Runtime::Wasm => None,
            Runtime::LinuxX86_64 => {
                let native = NativeExecutor::new(&dir.path().join("sandbox"), NativeSettings::default())?;
                native.probe().map_err(|error| no_sandbox(&error))?;
                Some(native)
            }
        };
        Ok(Self { wasm, native, _dir: dir })
    }

    /// Runs the prover to its end.
    pub fn prove(&self, trial: &Trial, on_event: &dyn Fn(ProgramEvent)) -> anyhow::Result<Outcome> {
        match &self.native {
            None => self.prove_module(trial, on_event),
            Some(native) => prove_natively(native, trial, on_event),
        }
    }

    fn prove_module(&self, trial: &Trial, on_event: &dyn Fn(ProgramEvent)) -> anyhow::Result<Outcome> {
        let artifact = read_module(&trial.prover)?;
        let max = trial.allowance.memory_bytes;
        let inputs = trial.inputs.iter().map(|input| input.material.bytes(max)).collect::<Result<Vec<_>, _>>()?;
        let input = Sections::of_prover(&trial.arguments, inputs.iter().map(|input| &**input));
        let job = ProveJob { artifact: &artifact, input, seed: crate::files::random_bytes()?, limits: limits(trial) };
        Ok(self.wasm.prove(&job, &CancelToken::new(), on_event))
    }

    /// Runs the verifier on a proof.
    pub fn verify(&self, trial: &Trial, proof: &[u8], public: &[u8], statement: &[Vec<u8>]) -> Verification {
        let input = Sections::of_verifier(proof, public, statement.iter().map(Vec::as_slice));
        let memory_bytes = params().verifier_memory_max;
        let limits = VerifierLimits { fuel: trial.fuel, memory_bytes, ..VerifierLimits::default() };
        self.wasm.verify(&VerifyJob { artifact: &trial.verifier, input, limits })
    }
}

fn prove_natively(native: &NativeExecutor, trial: &Trial, on_event: &dyn Fn(ProgramEvent)) -> anyhow::Result<Outcome> {
    let (BlobId(artifact_id), _) = client::name_of(&trial.prover)?;
    let inputs = trial.inputs.iter().map(|input| match &input.material {
        Material::Bytes(bytes) => Source::Bytes(bytes),
        Material::File(path) => Source::File(path),
    });
    let limits = limits(trial);
    let job = NativeJob {
        workload: "trial",
        artifact_id,
        artifact: Source::File(&trial.prover),
        arguments: &trial.arguments,
        inputs: inputs.collect(),
        cpus: trial.allowance.cpus.max(1) as usize,
        // What it writes as its proof is not asked for as disk.
        disk_bytes: trial
            .allowance
            .disk_bytes
            .saturating_add(limits.proof_bytes_max)
            .saturating_add(limits.public_bytes_max),
        processes_max: PROCESSES_MAX,
        limits,
    };
    Ok(native.prove(&job, &CancelToken::new(), on_event))
}

fn limits(trial: &Trial) -> ProverLimits {
    ProverLimits {
        memory_bytes: trial.allowance.memory_bytes,
        wall_ms: trial.allowance.wall_ms,
        proof_bytes_max: params().proof_bytes_max,
        log_bytes_max: LOG_MAX as u64,
        ..ProverLimits::default()
    }
}

fn no_sandbox(error: &impl std::fmt::Display) -> Failure {
    let hint = "docs/security.md says what a machine needs to run Linux programs; a wasm prover needs nothing";
    Failure { code: Code::Failed, message: format!("no sandbox on this machine: {error}"), hint: hint.to_owned() }
}
