//! Running a prover, then its own verifier on what it made (rules 8 and 9).

use super::{Desk, lock, programs::HostFault, room::Share};
use crate::logs::Writer;
use executor::{
    CancelToken, FailReason, NativeJob, NoVerdictReason, Outcome, ProgramEvent, ProgramLog, ProveJob, ProverLimits,
    Sections, Source,
};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};
use types::{
    BlobId, InputRole, InputSource, Runtime, Text, WorkloadId, codec,
    host::{Execute, ExecuteOutcome, HostEvent, Notice},
    limits::LOG_MAX,
    message::{Bundle, Fail, FailKind},
};

/// Bytes of log that are kept: with the mark of what is missing no more than a fail may name, or the chain would not take it.
const LOG_KEPT_MAX: u64 = (LOG_MAX - executor::LOG_MARK_BYTES_MAX) as u64;
/// Processes and threads of one program.
const PROCESSES_MAX: u32 = 1024;

impl Desk {
    pub(super) fn execute(self: &Arc<Self>, execute: Execute) {
        let key = (execute.workload, execute.attempt);
        let cancel = CancelToken::new();
        {
            // Under the lock, so that an attempt that is taken on now is seen by whoever stops the host.
            let mut turns = lock(&self.turns);
            if turns.contains_key(&key) || self.stopping.load(Ordering::SeqCst) {
                return;
            }
            turns.insert(key, cancel.clone());
        }
        self.breaker().begun(execute.workload);
        let desk = self.clone();
        let (workload, attempt) = key;
        let log = Arc::new(self.logs.write(workload, attempt));
        self.runtime.spawn(async move {
            let outcome = desk.turn(execute, &cancel, log).await;
            lock(&desk.turns).remove(&key);
            // Not told once the host stops: what the end cuts off has not ended.
            desk.insist(&HostEvent::Executed { workload, attempt, outcome }).await;
        });
    }

    pub(super) fn stop_turn(&self, workload: WorkloadId, attempt: u16) {
        if let Some(cancel) = lock(&self.turns).get(&(workload, attempt)) {
            cancel.cancel();
        }
        self.room.settle();
    }

    /// Waits for room, runs, and says how it went.
    async fn turn(self: &Arc<Self>, execute: Execute, cancel: &CancelToken, log: Arc<Writer>) -> ExecuteOutcome {
        let workload = execute.workload;
        if let Err(fault) = self.prover() {
            return self.own_fault(workload, &fault.to_string());
        }
        let turn = match self.room.enter(self.share(&execute), cancel.clone()) {
            Ok(turn) => turn,
            Err(none) => {
                self.counters.overloaded.fetch_add(1, Ordering::Relaxed);
                return self.own_fault(workload, &none.to_string());
            }
        };
        let Ok(taken) = turn.await else { return ExecuteOutcome::Stopped };
        let (desk, cancel) = (self.clone(), cancel.clone());
        let run = tokio::task::spawn_blocking(move || {
            // Given back here, whatever happens to those who wait for the end.
            let _taken = taken;
            desk.counters.executed.fetch_add(1, Ordering::Relaxed);
            desk.run(&execute, &cancel, &log).unwrap_or_else(|fault| desk.fault(workload, &fault))
        });
        run.await.unwrap_or_else(|error| self.own_fault(workload, &format!("the attempt was cut off: {error}")))
    }

    /// A fault of this machine, or of a program that asks for what no machine can do.
    fn fault(&self, workload: WorkloadId, fault: &HostFault) -> ExecuteOutcome {
        let reason = fault.to_string();
        if fault.is_own() { self.own_fault(workload, &reason) } else { host_fault(&reason) }
    }

    /// A fault of this machine: it counts for the breaker.
    fn own_fault(&self, workload: WorkloadId, reason: &str) -> ExecuteOutcome {
        self.breaker().faulted(workload);
        host_fault(reason)
    }

    /// What an attempt takes of this machine.
    fn share(&self, execute: &Execute) -> Share {
        let limits = self.limits(execute);
        let output = limits.proof_bytes_max.saturating_add(limits.public_bytes_max);
        let share = Share::of(execute.program.runtime, &execute.resources, output);
        match execute.program.runtime {
            // Held here while the module has its copy of them.
            Runtime::Wasm => share.holding(input_bytes(execute), self.room.usage().whole),
            Runtime::LinuxX86_64 => share,
        }
    }

    fn run(
        self: &Arc<Self>,
        execute: &Execute,
        cancel: &CancelToken,
        log: &Writer,
    ) -> Result<ExecuteOutcome, HostFault> {
        if cancel.is_cancelled() {
            return Ok(ExecuteOutcome::Stopped);
        }
        let outcome = match execute.program.runtime {
            Runtime::Wasm => self.prove(execute, cancel, log)?,
            Runtime::LinuxX86_64 => self.prove_natively(execute, cancel, log)?,
        };
        let kept = self.keep_log(execute, &outcome);
        match outcome {
            Outcome::Success(made) => {
                let bundle = Bundle { proof: made.proof, public: made.public };
                self.made(execute, &bundle, kept)
            }
            Outcome::Failed(failure) => Ok(match &failure.reason {
                FailReason::HostError(error) => self.own_fault(execute.workload, error),
                reason => failure_of(reason, kept),
            }),
        }
    }

    /// Runs a prover that is WebAssembly.
    fn prove(self: &Arc<Self>, execute: &Execute, cancel: &CancelToken, log: &Writer) -> Result<Outcome, HostFault> {
        let limits = self.limits(execute);
        if input_bytes(execute) > limits.memory_bytes {
            return Ok(Outcome::Failed(executor::Failed {
                reason: FailReason::OutOfMemory,
                log: ProgramLog { bytes: b"the inputs do not fit into the memory\n".to_vec(), dropped_bytes: 0 },
                usage: executor::Usage::default(),
            }));
        }
        let artifact = self.artifact(&execute.program.prover)?;
        let inputs = self.sources(execute.inputs.iter().map(|input| &input.source))?;
        let input = Sections::of_prover(&execute.arguments, inputs.iter().map(Vec::as_slice));
        input.encoded_len().map_err(|_| HostFault::Input)?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| std::io::Error::other(error.to_string())).map_err(disk)?;
        let job = ProveJob { artifact: &artifact, input, seed, limits };
        Ok(self.prover()?.executor.prove(&job, cancel, &self.teller(execute, log)))
    }

    /// Runs a prover that is a Linux program, in a sandbox. Inputs that are blobs are files to it, and never in memory here.
    fn prove_natively(
        self: &Arc<Self>,
        execute: &Execute,
        cancel: &CancelToken,
        log: &Writer,
    ) -> Result<Outcome, HostFault> {
        let runtime = execute.program.runtime;
        let native = self.prover()?.native.as_ref().ok_or(HostFault::NoRuntime(runtime))?;
        let prover = &execute.program.prover;
        let artifact = self.path(prover.blob, prover.size)?;
        let blobs = execute.inputs.iter().map(|input| match &input.source {
            InputSource::Inline(_) => Ok(None),
            InputSource::Blob { blob, size } => self.path(*blob, *size).map(Some),
        });
        let blobs: Vec<Option<PathBuf>> = blobs.collect::<Result<_, _>>()?;
        let inputs = execute.inputs.iter().zip(&blobs).map(|(input, path)| match (&input.source, path) {
            (InputSource::Inline(bytes), _) => Source::Bytes(bytes),
            (InputSource::Blob { .. }, Some(path)) => Source::File(path),
            (InputSource::Blob { .. }, None) => Source::Bytes(&[]),
        });
        let limits = self.limits(execute);
        let job = NativeJob {
            workload: &execute.workload.to_string(),
            artifact_id: prover.blob.0,
            artifact: Source::File(&artifact),
            arguments: &execute.arguments,
            inputs: inputs.collect(),
            cpus: execute.resources.cpus.max(1) as usize,
            // What it writes as its proof is not asked for as disk.
            disk_bytes: (u64::from(execute.resources.disk_mib) << 20)
                .saturating_add(limits.proof_bytes_max)
                .saturating_add(limits.public_bytes_max),
            processes_max: PROCESSES_MAX,
            limits,
        };
        Ok(native.prove(&job, cancel, &self.teller(execute, log)))
    }

    fn limits(&self, execute: &Execute) -> ProverLimits {
        ProverLimits {
            memory_bytes: u64::from(execute.resources.memory_mib) << 20,
            wall_ms: execute.compute_ms,
            proof_bytes_max: self.params.proof_bytes_max,
            log_bytes_max: LOG_KEPT_MAX,
            ..ProverLimits::default()
        }
    }

    /// Tells listeners how far a program says it is, and what it logs.
    fn teller(self: &Arc<Self>, execute: &Execute, log: &Writer) -> impl Fn(ProgramEvent) {
        let (desk, workload, attempt) = (self.clone(), execute.workload, execute.attempt);
        move |event| match event {
            ProgramEvent::Progress(permille) => {
                desk.publish(&Notice::Progress { workload, attempt, permille: permille.into() });
            }
            ProgramEvent::Log(bytes) => log.push(&bytes),
            ProgramEvent::Started => {}
        }
    }

    /// Checks what a prover made with the program's own verifier, and keeps it: an honest prover is never rejected.
    fn made(
        self: &Arc<Self>,
        execute: &Execute,
        bundle: &Bundle,
        log: Option<(BlobId, u64)>,
    ) -> Result<ExecuteOutcome, HostFault> {
        let bytes = codec::encode(bundle);
        let (size, max) = (bytes.len() as u64, self.params.proof_bytes_max);
        if size > max {
            let reason = format!("the proof has {size} bytes, where {max} are allowed");
            return Ok(failed(FailKind::Output, &reason, log));
        }
        let statement = execute.inputs.iter().filter(|input| input.role == InputRole::Statement);
        let statement = statement.map(|input| &input.source);
        let program = &execute.program;
        match self.check(&program.verifier, program.fuel_limit, bundle, statement)?.verdict {
            executor::Verdict::Valid => {}
            executor::Verdict::Invalid(reason) => return Ok(failed(FailKind::SelfCheck, &reason.to_string(), log)),
            executor::Verdict::NoVerdict(NoVerdictReason::HostFault(reason)) => {
                return Ok(self.own_fault(execute.workload, &reason));
            }
            executor::Verdict::NoVerdict(reason) => return Ok(host_fault(&reason.to_string())),
        }
        let kept = self.store.put(&bytes)?;
        Ok(ExecuteOutcome::Proved { proof: kept.blob, size: kept.size })
    }

    /// Keeps what a program logged. An attempt does not fail for want of room for its log.
    fn keep_log(&self, execute: &Execute, outcome: &Outcome) -> Option<(BlobId, u64)> {
        let log = &outcome.log().bytes;
        if log.is_empty() {
            return None;
        }
        let kept = self.store.put(log);
        let kept = kept.inspect_err(|error| tracing::warn!(%error, "a log could not be kept")).ok()?;
        self.mempool().keep_log(execute.workload, execute.attempt, kept.blob);
        Some((kept.blob, kept.size))
    }
}

fn input_bytes(execute: &Execute) -> u64 {
    execute.inputs.iter().fold(0, |sum, input| sum.saturating_add(input.source.size()))
}

fn disk(error: std::io::Error) -> HostFault {
    HostFault::Store(error.into())
}

fn failure_of(reason: &FailReason, log: Option<(BlobId, u64)>) -> ExecuteOutcome {
    let kind = match reason {
        FailReason::Exit(_) => FailKind::Exit,
        FailReason::Trap(_) | FailReason::Signal(_) | FailReason::OutOfFuel => FailKind::Trap,
        FailReason::Timeout => FailKind::Timeout,
        FailReason::OutOfMemory => FailKind::Memory,
        FailReason::OutputTooLarge | FailReason::BadOutput(_) | FailReason::Disk => FailKind::Output,
        FailReason::BadModule(_) => FailKind::BadProgram,
        FailReason::Cancelled => return ExecuteOutcome::Stopped,
        FailReason::HostError(error) => return host_fault(error),
    };
    failed(kind, &reason.to_string(), log)
}

fn failed(kind: FailKind, reason: &str, log: Option<(BlobId, u64)>) -> ExecuteOutcome {
    ExecuteOutcome::Failed(Fail { kind, reason: Text::truncated(reason), log })
}

fn host_fault(reason: &str) -> ExecuteOutcome {
    ExecuteOutcome::HostFault(Text::truncated(reason))
}
