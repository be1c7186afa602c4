//! What a run costs, and whether it can be served at all (rules 2 and 3).

use crate::check::range;
use types::{
    Amount, InputSource, Millis, Params, Program, Quote, Refusal, Resources, Run, fee,
    limits::{LIVE_WORKLOADS_MAX, UNITS_MAX},
    record::{Meta, Offers},
};

/// What a run of a program costs now, and the computing time that this pays for: that of the run and an allowance for moving
/// its inputs. What is locked when it enters a block is exactly this, as long as the verdict set keeps its size.
///
/// # Errors
/// [`Refusal::OutOfRange`], [`Refusal::NeverServed`], [`Refusal::Overflow`].
pub fn quote(meta: &Meta, offers: &Offers, run: &Run, program: &Program) -> Result<(Quote, Millis), Refusal> {
    let params = &meta.params;
    ranges(params, run)?;
    let need = Resources { runtimes: program.runtime.into(), ..run.resources };
    served(offers, &need)?;
    let artifacts = program.prover.size.checked_add(program.verifier.size).ok_or(Refusal::Overflow)?;
    let billed = fee::billed(params, run, artifacts).ok_or(Refusal::Overflow)?;
    let quote = fee::quote(params, meta.compute_price, run, billed, program.fuel_limit, meta.set_size);
    Ok((quote.ok_or(Refusal::Overflow)?, billed))
}

/// The quote of a run that may enter a block now, with the amount to be locked.
pub(crate) fn admit(
    meta: &Meta,
    offers: &Offers,
    run: &Run,
    program: Option<&Program>,
) -> Result<(Quote, Millis, Amount), Refusal> {
    let (quote, billed) = quote(meta, offers, run, program.ok_or(Refusal::UnknownProgram)?)?;
    let fee = quote.total().ok_or(Refusal::Overflow)?;
    if fee > run.fee_max {
        return Err(Refusal::FeeLimit { fee, limit: run.fee_max });
    }
    if meta.live >= LIVE_WORKLOADS_MAX {
        return Err(Refusal::Full(LIVE_WORKLOADS_MAX));
    }
    Ok((quote, billed, fee))
}

fn ranges(params: &Params, run: &Run) -> Result<(), Refusal> {
    range("maximum compute time", run.compute_max.0, 1..=params.compute_max.0)?;
    range("cpus", u64::from(run.resources.cpus), 1..=u64::from(UNITS_MAX))?;
    if !run.resources.runtimes.is_empty() {
        return Err(Refusal::Runtimes(run.resources.runtimes));
    }
    for input in &run.inputs {
        if let InputSource::Blob { size, .. } = input.source {
            range("blob size", size, 0..=params.blob_bytes_max)?;
        }
    }
    // Every prover reads the whole statement to verify: it must fit where the verifier runs.
    let statement = run.statement().fold(0, |sum: u64, source| sum.saturating_add(source.size()));
    range("statement size", statement, 0..=params.verifier_memory_max)?;
    Ok(())
}

/// Whether any active prover is large enough. Where none is active now, those that come back may be.
fn served(offers: &Offers, need: &Resources) -> Result<(), Refusal> {
    let mut all = offers.largest.iter().copied();
    if offers.largest.is_empty() || all.clone().any(|capacity| capacity.fits(need)) {
        return Ok(());
    }
    let most = all.clone().fold(Resources::default(), larger);
    if !most.runtimes.covers(need.runtimes) {
        let largest = if most.runtimes.is_empty() { "wasm".to_owned() } else { format!("wasm, {}", most.runtimes) };
        return Err(Refusal::NeverServed { what: format!("the runtime {}", need.runtimes), largest });
    }
    let parts = [
        ("cores", need.cpus, most.cpus),
        ("MiB of memory", need.memory_mib, most.memory_mib),
        ("MiB of disk", need.disk_mib, most.disk_mib),
        ("graphics processors", need.gpus, most.gpus),
        ("GiB on each graphics processor", if need.gpus == 0 { 0 } else { need.gpu_class }, most.gpu_class),
    ];
    if let Some((unit, need, most)) = parts.into_iter().find(|(_, need, most)| need > most) {
        return Err(Refusal::NeverServed { what: format!("{need} {unit}"), largest: format!("{most}") });
    }
    let by_cores =
        all.next().map(|first| all.fold(first, |one, other| if other.cpus > one.cpus { other } else { one }));
    let largest = by_cores.unwrap_or_default();
    Err(Refusal::NeverServed { what: format!("all of {}", words(need)), largest: words(&largest) })
}

fn larger(one: Resources, other: Resources) -> Resources {
    Resources {
        cpus: one.cpus.max(other.cpus),
        memory_mib: one.memory_mib.max(other.memory_mib),
        disk_mib: one.disk_mib.max(other.disk_mib),
        gpus: one.gpus.max(other.gpus),
        gpu_class: one.gpu_class.max(other.gpu_class),
        runtimes: one.runtimes.either(other.runtimes),
    }
}

fn words(resources: &Resources) -> String {
    let Resources { cpus, memory_mib, disk_mib, gpus, gpu_class, runtimes } = resources;
    let words = format!(
        "{cpus} cores, {memory_mib} MiB of memory, {disk_mib} MiB of disk and {gpus} graphics processors of {gpu_class} GiB"
    );
    if runtimes.is_empty() { words } else { format!("{words}, for {runtimes}") }
}
