//! One run of a prover: on a thread of its own, its events handed to the caller's thread, its end an outcome.

mod host;

use std::sync::mpsc;
use std::time::Duration;

use cpu_time::ThreadTime;
use wasmtime::{InstancePre, Linker, Store};

use super::Executor;
use super::engine::{Engines, Kind};
use super::guest::{self, Fault, Guest, Limiter};
use super::modules::LoadError;
use super::watch::{Interrupted, Watch};
use crate::{CancelToken, FailReason, Failed, Outcome, ProgramEvent, ProgramLog, ProveJob, Success, Usage, abi};
use host::Host;

/// Events that wait for the caller. When it is slower than the program, the program waits.
const EVENTS_WAITING_MAX: usize = 256;

type Program = InstancePre<Guest<Host>>;

/// What all runs of provers share: the host functions.
pub(super) struct Prover {
    linker: Linker<Guest<Host>>,
}

impl Prover {
    pub(super) fn new(engines: &Engines) -> wasmtime::Result<Self> {
        Ok(Self { linker: host::linker(&engines.prover)? })
    }
}

pub(super) fn prove(
    executor: &Executor,
    job: &ProveJob<'_>,
    cancel: &CancelToken,
    on_event: &dyn Fn(ProgramEvent),
) -> Outcome {
    if cancel.is_cancelled() {
        return not_started(FailReason::Cancelled);
    }
    match program(executor, job.artifact) {
        Ok(program) => run(executor, &program, job, cancel, on_event),
        Err(reason) => not_started(reason),
    }
}

fn program(executor: &Executor, artifact: &[u8]) -> Result<Program, FailReason> {
    let module = executor.modules.get(Kind::Prover, artifact).map_err(|error| match error {
        LoadError::Bad(error) => FailReason::BadModule(error.to_string()),
        LoadError::Compile(error) => FailReason::HostError(error),
    })?;
    executor.prover.linker.instantiate_pre(&module).map_err(|error| FailReason::HostError(format!("{error:#}")))
}

fn run(
    executor: &Executor,
    program: &Program,
    job: &ProveJob<'_>,
    cancel: &CancelToken,
    on_event: &dyn Fn(ProgramEvent),
) -> Outcome {
    let _running = executor.ticker.running();
    let (events, received) = mpsc::sync_channel(EVENTS_WAITING_MAX);
    let stack_bytes = executor.settings.prover_stack_bytes;
    let abandoned = CancelToken::new();
    std::thread::scope(|scope| {
        // Should `on_event` panic, the run ends instead of keeping this thread until its time is over.
        let _abandon = abandoned.cancel_on_drop();
        let tokens = vec![cancel.clone(), abandoned.clone()];
        let body = move || call(program, job, tokens, events);
        let thread = match guest::on_own_stack(scope, "prover", stack_bytes, body) {
            Ok(thread) => thread,
            Err(error) => {
                return not_started(FailReason::HostError(format!("the prover's thread cannot be started: {error}")));
            }
        };
        // Ends when the run drops its end of the channel.
        received.into_iter().for_each(on_event);
        let panicked = |_| not_started(FailReason::HostError("the prover's thread panicked".to_owned()));
        thread.join().unwrap_or_else(panicked)
    })
}

fn call(
    program: &Program,
    job: &ProveJob<'_>,
    cancel: Vec<CancelToken>,
    events: mpsc::SyncSender<ProgramEvent>,
) -> Outcome {
    // A caller that is gone hears nothing, and the run goes on to its end.
    let _ = events.send(ProgramEvent::Started);
    let guest = Guest {
        limiter: Limiter::new(job.limits.memory_bytes),
        watch: Watch::start(job.limits.wall_ms, cancel),
        memory: None,
        host: Host::new(job, events),
    };
    let mut store = guest::store_of(program.module().engine(), guest);
    // The run has this thread to itself.
    let cpu = ThreadTime::try_now();
    let returned = guest::call(&mut store, program, abi::PROVE, &job.input);
    let cpu = cpu.and_then(|cpu| cpu.try_elapsed()).ok();
    outcome_of(returned, store, cpu)
}

fn outcome_of(returned: Result<i32, Fault>, store: Store<Guest<Host>>, cpu: Option<Duration>) -> Outcome {
    let Guest { limiter, watch, host, .. } = store.into_data();
    let usage = Usage {
        wall_ms: watch.elapsed_ms(),
        memory_peak_bytes: limiter.memory_peak_bytes as u64,
        cpu_ms: cpu.and_then(|cpu| u64::try_from(cpu.as_millis()).ok()),
        disk_peak_bytes: 0,
        host_calls: host.calls,
    };
    let log = host.log.finish();
    match (host.ended, returned) {
        (Some(reason), _) => Outcome::Failed(Failed { reason, log, usage }),
        (None, Ok(abi::SUCCESS)) => {
            Outcome::Success(Success { proof: host.proof.bytes, public: host.public.bytes, log, usage })
        }
        (None, Ok(code)) => Outcome::Failed(Failed { reason: FailReason::Exit(code), log, usage }),
        (None, Err(fault)) => Outcome::Failed(Failed { reason: reason_of(fault), log, usage }),
    }
}

fn reason_of(fault: Fault) -> FailReason {
    match fault {
        Fault::Interrupted(Interrupted::Time) => FailReason::Timeout,
        Fault::Interrupted(Interrupted::Cancel) => FailReason::Cancelled,
        Fault::OutOfMemory => FailReason::OutOfMemory,
        Fault::StackOverflow => FailReason::Trap("call stack exhausted".to_owned()),
        Fault::BadPointer => FailReason::Trap("alloc returned null or a pointer outside the memory".to_owned()),
        Fault::InputTooLarge => FailReason::Trap("the input does not fit in 32 bits".to_owned()),
        Fault::Trap(trap) => FailReason::Trap(trap.to_string()),
        Fault::OutOfFuel => FailReason::OutOfFuel,
        Fault::Host(error) => FailReason::HostError(error),
    }
}

fn not_started(reason: FailReason) -> Outcome {
    Outcome::Failed(Failed { reason, log: ProgramLog::default(), usage: Usage::default() })
}
