//! Provers that join and change (rule 13): what they declare counts once it passed a test, which is a workload of its own.

use crate::{
    bond, check, due, epoch, life, live,
    money::Why,
    work::{Outcomes, Work},
};
use types::{
    AccountId, Amount, Attempt, ChainEvent, Data, Input, InputRole, InputSource, List, Millis, Quote, Refusal,
    Resources, Run, Runtimes, State, Transaction, TxId, Workload, WorkloadId, codec, fee,
    limits::LIVE_WORKLOADS_MAX,
    record::{Cause, Due, Prover},
    registry::{ProverUpdate, Registration},
    state_key,
    workload::Kind,
};

/// What the built-in program needs to run at all, in MiB.
const TEST_MEMORY_MIB: u32 = 4;
/// Computing time of a test whatever its size, in milliseconds.
const TEST_BASE_MS: u64 = 10_000;
/// Computing time of a test for each MiB, in milliseconds: several times what an ordinary machine takes.
const TEST_MS_PER_MIB: u64 = 200;

/// Rule 13: an account becomes a prover. Nothing is drawn for it before its capacity is tested.
pub(crate) fn register(work: &mut Work, transaction: &Transaction, registration: &Registration) -> Outcomes {
    let (sender, id) = (transaction.sender, transaction.id());
    work.require([state_key::prover(sender), state_key::verdict_key(&registration.key), state_key::registry()])?;
    if work.find::<Prover>(state_key::prover(sender))?.is_some() {
        return Err(Refusal::Registered.into());
    }
    check::registration(&work.meta.params, registration)?;
    let used: Option<AccountId> = work.find(state_key::verdict_key(&registration.key))?;
    if used.is_some() {
        return Err(Refusal::VerdictKey("was registered before".to_owned()).into());
    }
    check::possession(work.meta.chain, sender, registration)
        .or_else(|refusal| if work.scouting { Ok(()) } else { Err(refusal) })?;
    let mut prover = Prover::new(sender, registration.key, registration.bond, work.meta.epoch);
    prover.address.clone_from(&registration.address);
    work.write(state_key::prover(sender), &prover);
    work.write(state_key::verdict_key(&registration.key), &sender);
    bond::list(work, sender)?;
    work.bond(sender, registration.bond, Why(Cause::Bond, Some(id.0)))?;
    declare(work, sender, registration.capacity, id)
}

/// Rule 13: a prover changes what it declared.
pub(crate) fn update(work: &mut Work, sender: AccountId, update: &ProverUpdate, id: TxId) -> Outcomes {
    bond::registered(work, sender)?;
    life::change_prover(work, sender, |prover| {
        prover.draining = update.drain.unwrap_or(prover.draining);
        if let Some(address) = &update.address {
            prover.address.clone_from(address);
        }
        Some(())
    })?;
    update.capacity.map_or(Ok(()), |capacity| declare(work, sender, capacity, id))
}

/// Rule 13: a jail ends after its delay, when the prover says so.
pub(crate) fn return_from_jail(work: &mut Work, sender: AccountId) -> Outcomes {
    let prover = bond::registered(work, sender)?;
    check::jail(&prover, work.now().time)?;
    let epoch = work.meta.epoch;
    life::change_prover(work, sender, |prover| {
        prover.jailed = None;
        prover.seen = epoch;
        Some(())
    })
}

/// What is less counts at once; what is more is tested first.
fn declare(work: &mut Work, account: AccountId, capacity: Resources, id: TxId) -> Outcomes {
    let prover = bond::registered(work, account)?;
    check::capacity(&work.meta.params, &prover, &capacity)?;
    let more = check::more(&prover, &capacity);
    life::change_prover(work, account, |prover| {
        prover.capacity = prover.capacity.smaller(&capacity);
        prover.declared = more.then_some(capacity);
        prover.test = more.then_some(id.into());
        Some(())
    })?;
    if more { test(work, account, &capacity, id.into()) } else { Ok(()) }
}

/// The chain asks for a test of what a prover declares. The prover pays for the verdicts.
fn test(work: &mut Work, account: AccountId, declared: &Resources, id: WorkloadId) -> Outcomes {
    if work.meta.live >= LIVE_WORKLOADS_MAX {
        return Err(Refusal::Full(LIVE_WORKLOADS_MAX).into());
    }
    let workload = test_workload(work, account, tested_with(declared), id)?;
    work.lock(account, workload.fee.verification, Why(Cause::Lock, Some(id.0)))?;
    live::add(work, id)?;
    life::change_prover(work, account, |prover| {
        prover.live = prover.live.checked_add(1)?;
        Some(())
    })?;
    work.meta.workloads = work.meta.workloads.saturating_add(1);
    work.create(state_key::workload(id), &workload);
    due::add(work, Due::Workload(id), workload.moves_on.unwrap_or(work.now().time))?;
    work.tell(ChainEvent::Queued { workload: id, sender: account })?;
    work.tell(ChainEvent::Allocated { workload: id, attempt: 1, prover: account })
}

/// All that is declared: nothing of it is in use, and nothing is drawn for a prover under test. At least what the test itself
/// needs to run.
fn tested_with(declared: &Resources) -> Resources {
    // The test is WebAssembly, which everybody runs.
    Resources { memory_mib: declared.memory_mib.max(TEST_MEMORY_MIB), runtimes: Runtimes::NONE, ..*declared }
}

/// How long a test may compute: so much for each MiB, so that there is no time to do with less memory what takes more work.
fn test_time(most: Millis, memory_mib: u32) -> Millis {
    let scaled = u64::from(memory_mib).saturating_mul(TEST_MS_PER_MIB).saturating_add(TEST_BASE_MS);
    Millis(scaled.min(most.0))
}

fn test_workload(work: &Work, account: AccountId, resources: Resources, id: WorkloadId) -> Outcomes<Workload> {
    let (now, params, test) = (work.now(), &work.meta.params, &work.genesis.capacity_test);
    let verification =
        fee::verification(params, test.program.fuel_limit, work.meta.set_size).ok_or(Refusal::Overflow)?;
    // The parent's hash was not known when the prover signed: it cannot have computed before.
    let seed =
        blake3::Hasher::new_derive_key("lemma 1 capacity test").update(&work.context.parent).update(&id.0).finalize();
    let Resources { cpus, memory_mib, disk_mib, gpus, gpu_class, .. } = resources;
    let statement = codec::encode(&(*seed.as_bytes(), [cpus, memory_mib, disk_mib, gpus, gpu_class]));
    let compute_max = test_time(test.compute_max, resources.memory_mib);
    let source = InputSource::Inline(Data::new(statement).map_err(|_| Refusal::Overflow)?);
    let run = Run {
        program: test.program.id(),
        arguments: Data::default(),
        inputs: List::truncated(vec![Input { role: InputRole::Statement, source }]),
        resources,
        compute_max,
        fee_max: verification,
    };
    let attempt =
        Attempt { prover: account, drawn_by: now.height, drawn: now, accepted: None, announced: None, end: None };
    Ok(Workload {
        id,
        kind: Kind::Test,
        sender: account,
        run,
        runtime: test.program.runtime,
        state: State::Allocated,
        created: now,
        since: now,
        moves_on: Some(now.time.after(params.accept_window)),
        overtime: None,
        renewals: 0,
        fee: Quote { compute: Amount::ZERO, verification },
        billed: Millis(compute_max.0.saturating_add(params.transfer_base.0)),
        attempts: List::truncated(vec![attempt]),
        end: None,
    })
}

/// A test has ended: what was declared counts from now on, or was never said.
pub(crate) fn tested(work: &mut Work, account: AccountId, passed: bool) -> Outcomes {
    let epoch = work.meta.epoch;
    life::change_prover(work, account, |prover| {
        let declared = prover.declared.take();
        prover.test = None;
        if passed {
            prover.capacity = declared.unwrap_or(prover.capacity);
            prover.seen = prover.seen.max(epoch);
        }
        Some(())
    })?;
    if !passed {
        return Ok(());
    }
    let prover = bond::registered(work, account)?;
    if prover.member {
        epoch::offer(work, prover.active(work.meta.params.bond_per_unit))?;
    }
    work.tell(ChainEvent::Tested { prover: account })
}
