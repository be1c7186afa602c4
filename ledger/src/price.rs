//! What a run costs, and whether it can be served at all (rules 2 and 3).

use crate::check::range;
use types::{
    Amount, Genesis, InputSource, Millis, Program, Quote, Refusal, Resources, Run, fee,
    limits::{LIVE_WORKLOADS_MAX, UNITS_MAX},
    record::Meta,
};

/// What a run of a program costs now, and the computing time that this pays for: that of the run and an allowance for moving
/// its inputs. What is locked when it enters a block is exactly this, as long as the verdict set keeps its size.
///
/// # Errors
/// [`Refusal::OutOfRange`], [`Refusal::NeverServed`], [`Refusal::Overflow`].
pub fn quote(genesis: &Genesis, meta: &Meta, run: &Run, program: &Program) -> Result<(Quote, Millis), Refusal> {
    ranges(genesis, run)?;
    served(genesis, &run.resources)?;
    let artifacts = program.prover.size.checked_add(program.verifier.size).ok_or(Refusal::Overflow)?;
    let billed = fee::billed(&genesis.params, run, artifacts).ok_or(Refusal::Overflow)?;
    let quote = fee::quote(&genesis.params, run, billed, program.fuel_limit, meta.set_size);
    Ok((quote.ok_or(Refusal::Overflow)?, billed))
}

/// The quote of a run that may enter a block now, with the amount to be locked.
pub(crate) fn admit(
    genesis: &Genesis,
    meta: &Meta,
    run: &Run,
    program: Option<&Program>,
) -> Result<(Quote, Millis, Amount), Refusal> {
    let (quote, billed) = quote(genesis, meta, run, program.ok_or(Refusal::UnknownProgram)?)?;
    let fee = quote.total().ok_or(Refusal::Overflow)?;
    if fee > run.fee_max {
        return Err(Refusal::FeeLimit { fee, limit: run.fee_max });
    }
    if meta.live >= LIVE_WORKLOADS_MAX {
        return Err(Refusal::Full(LIVE_WORKLOADS_MAX));
    }
    Ok((quote, billed, fee))
}

fn ranges(genesis: &Genesis, run: &Run) -> Result<(), Refusal> {
    let params = &genesis.params;
    range("maximum compute time", run.compute_max.0, 1..=params.compute_max.0)?;
    range("cpus", u64::from(run.resources.cpus), 1..=u64::from(UNITS_MAX))?;
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

/// Whether any prover is large enough. Provers and their capacities are those of genesis as long as none can join.
fn served(genesis: &Genesis, need: &Resources) -> Result<(), Refusal> {
    let mut all = genesis.provers.iter().map(|prover| prover.capacity);
    if all.clone().any(|capacity| capacity.fits(need)) {
        return Ok(());
    }
    let most = all.clone().fold(Resources::default(), larger);
    let parts = [
        ("cores", need.cpus, most.cpus),
        ("MiB of memory", need.memory_mib, most.memory_mib),
        ("MiB of disk", need.disk_mib, most.disk_mib),
        ("graphics processors", need.gpus, most.gpus),
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
    }
}

fn words(resources: &Resources) -> String {
    let Resources { cpus, memory_mib, disk_mib, gpus } = resources;
    format!("{cpus} cores, {memory_mib} MiB of memory, {disk_mib} MiB of disk and {gpus} graphics processors")
}
