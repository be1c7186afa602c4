//! One run of a verifier: what it returns is a verdict, and nothing of this machine may show in it (rule 10).

use wasmtime::{InstancePre, Linker};

use super::Executor;
use super::engine::Kind;
use super::guest::{self, Fault, Guest, Limiter};
use super::modules::LoadError;
use super::watch::Watch;
use crate::{InvalidReason, NoVerdictReason, Verdict, Verification, VerifyJob, abi};

type Program = InstancePre<Guest<()>>;

pub(super) fn verify(executor: &Executor, job: &VerifyJob<'_>) -> Verification {
    match program(executor, job.artifact) {
        Ok(program) => run(executor, &program, job),
        Err(verdict) => Verification { verdict, fuel: 0, wall_ms: 0 },
    }
}

/// The compiled verifier, or the verdict that its absence means.
fn program(executor: &Executor, artifact: &[u8]) -> Result<Program, Verdict> {
    let module = executor.modules.get(Kind::Verifier, artifact).map_err(|error| match error {
        LoadError::Bad(error) => Verdict::Invalid(InvalidReason::BadModule(error.to_string())),
        LoadError::Compile(error) => host_fault(error),
    })?;
    let linker = Linker::new(module.engine());
    linker.instantiate_pre(&module).map_err(|error| host_fault(format!("{error:#}")))
}

fn run(executor: &Executor, program: &Program, job: &VerifyJob<'_>) -> Verification {
    let _slot = executor.verifiers.take();
    let _running = executor.ticker.running();
    let stack_bytes = executor.settings.verifier_stack_bytes;
    let ended = std::thread::scope(|scope| {
        let thread = guest::on_own_stack(scope, "verifier", stack_bytes, || call(program, job));
        thread.map(|thread| thread.join())
    });
    match ended {
        Ok(Ok(verification)) => verification,
        Ok(Err(_panic)) => no_run("the verifier's thread panicked".to_owned()),
        Err(error) => no_run(format!("the verifier's thread cannot be started: {error}")),
    }
}

fn call(program: &Program, job: &VerifyJob<'_>) -> Verification {
    let limits = &job.limits;
    let limiter = Limiter::new(limits.memory_bytes);
    let guest = Guest { limiter, watch: Watch::start(limits.wall_ms, Vec::new()), memory: None, host: () };
    let mut store = guest::store_of(program.module().engine(), guest);
    if let Err(error) = store.set_fuel(limits.fuel) {
        return no_run(format!("{error:#}"));
    }
    let returned = guest::call(&mut store, program, abi::VERIFY, &job.input);
    let left = match store.get_fuel() {
        Ok(left) => left,
        Err(error) => return no_run(format!("{error:#}")),
    };
    let verdict = verdict_of(returned, left);
    Verification { verdict, fuel: limits.fuel.saturating_sub(left), wall_ms: store.data().watch.elapsed_ms() }
}

/// Fuel is looked at when functions and loops begin, so a program can return after using up the last of it: that is out
/// of fuel like any other, and it must have some left.
fn verdict_of(returned: Result<i32, Fault>, fuel_left: u64) -> Verdict {
    match returned {
        Ok(_) if fuel_left == 0 => Verdict::Invalid(InvalidReason::OutOfFuel),
        Ok(abi::VALID) => Verdict::Valid,
        Ok(code) => Verdict::Invalid(InvalidReason::Exit(code)),
        Err(Fault::OutOfFuel) => Verdict::Invalid(InvalidReason::OutOfFuel),
        Err(Fault::OutOfMemory) => Verdict::Invalid(InvalidReason::OutOfMemory),
        Err(Fault::BadPointer) => Verdict::Invalid(InvalidReason::BadPointer),
        Err(Fault::InputTooLarge) => Verdict::Invalid(InvalidReason::InputTooLarge),
        Err(Fault::Trap(trap)) => Verdict::Invalid(InvalidReason::Trap(trap.to_string())),
        Err(Fault::StackOverflow) => Verdict::NoVerdict(NoVerdictReason::StackOverflow),
        Err(Fault::Interrupted(_)) => Verdict::NoVerdict(NoVerdictReason::WallClock),
        Err(Fault::Host(error)) => host_fault(error),
    }
}

fn host_fault(error: String) -> Verdict {
    Verdict::NoVerdict(NoVerdictReason::HostFault(error))
}

fn no_run(error: String) -> Verification {
    Verification { verdict: host_fault(error), fuel: 0, wall_ms: 0 }
}
