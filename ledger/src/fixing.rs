//! The last thing a block does: it fixes which workloads its beacon will draw for, and what the provers have to spare (rule 6).

use crate::{
    allocation::candidates,
    live,
    pages::{QUEUE, WANTED},
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, ChainEvent, List, Resources, State, Workload, WorkloadId,
    limits::{BEACONS_WANTED_MAX, PAGE_ENTRIES, QUEUE_ENDED_PER_BLOCK, QUEUE_VISITS_PER_DRAW},
    record::{FreeCapacity, PendingDraws, Prover, VerdictSet},
    state_key,
};

const TOO_MANY: Stop = Stop::Broken("there are more draws or provers than there can be");

/// Fixes this block's draws, if there is anything to draw and anybody to draw from.
pub(crate) fn fix_draws(work: &mut Work) -> Outcomes {
    let few = work.meta.set_size < work.meta.params.provers_min;
    if few || QUEUE.len(work) == 0 || WANTED.len(work) >= BEACONS_WANTED_MAX {
        return Ok(());
    }
    let queue = QUEUE.peek(work, work.meta.params.draws_per_block).map(drop);
    let free = free_capacity(work).and_then(|free| queue.map(|()| free))?;
    if free.is_empty() {
        return Ok(());
    }
    let workloads = choose(work, &free)?;
    if workloads.is_empty() { Ok(()) } else { want(work, workloads, free) }
}

/// The active provers with a free core, ascending by account.
fn free_capacity(work: &mut Work) -> Outcomes<Vec<(AccountId, Resources)>> {
    let set: VerdictSet = work.read(state_key::verdict_set(work.meta.set))?;
    work.require(set.members.iter().map(|member| state_key::prover(member.account)))?;
    let mut free = Vec::new();
    for member in &set.members {
        let prover: Prover = work.read(state_key::prover(member.account))?;
        free.push((member.account, prover.free(work.meta.params.bond_per_unit)));
    }
    free.retain(|(_, free)| free.cpus > 0);
    Ok(free)
}

/// Takes workloads off the queue, first in, first out. One for which nobody has room now would find nobody when it is drawn
/// either: it goes behind the others at once, so that a large one holds up no small ones, and no beacon is made in vain. One
/// that was cancelled, or whose time is up, is dropped from the queue, and is no visit: nobody keeps the others waiting by runs
/// that are cancelled at once.
fn choose(work: &mut Work, free: &[(AccountId, Resources)]) -> Outcomes<Vec<WorkloadId>> {
    let most = work.meta.params.draws_per_block;
    let mut visits = most.saturating_mul(QUEUE_VISITS_PER_DRAW);
    let (mut ended, mut left, mut batch) = (QUEUE_ENDED_PER_BLOCK, QUEUE.len(work), most);
    let mut chosen: Vec<WorkloadId> = Vec::new();
    while left > 0 && visits > 0 && ended > 0 && (chosen.len() as u64) < most {
        let next = QUEUE.peek(work, batch.min(left))?;
        work.require(next.iter().flat_map(|id| [state_key::workload(*id), state_key::live_entry(*id)]))?;
        for id in next {
            if visits == 0 || ended == 0 || (chosen.len() as u64) >= most {
                break;
            }
            left = left.saturating_sub(1);
            QUEUE.pop(work)?;
            let place = consider(work, id, free)?;
            if matches!(place, Place::Ended) {
                ended = ended.saturating_sub(1);
                continue;
            }
            visits = visits.saturating_sub(1);
            chosen.extend(matches!(place, Place::Drawn).then_some(id));
        }
        // Where many have ended, more are loaded at once.
        batch = batch.saturating_mul(2).min(PAGE_ENTRIES as u64).max(most);
    }
    Ok(chosen)
}

/// What becomes of a workload from the head of the queue.
enum Place {
    /// It has ended, or its time is up: it leaves the queue.
    Ended,
    /// Nobody has room for it now.
    Behind,
    /// It is drawn for.
    Drawn,
}

fn consider(work: &mut Work, id: WorkloadId, free: &[(AccountId, Resources)]) -> Outcomes<Place> {
    let workload: Workload = work.read(state_key::workload(id))?;
    let now = work.now().time;
    if workload.state != State::Queued || workload.moves_on.is_none_or(|time| time <= now) {
        return Ok(Place::Ended);
    }
    if candidates(&workload, free).is_empty() {
        QUEUE.push(work, id)?;
        return Ok(Place::Behind);
    }
    Ok(Place::Drawn)
}

/// Leaves the record of the draws and asks for the beacon.
fn want(work: &mut Work, workloads: Vec<WorkloadId>, free: Vec<(AccountId, Resources)>) -> Outcomes {
    let height = work.now().height;
    for id in &workloads {
        live::set_draw(work, *id, Some(height))?;
    }
    let provers = free.into_iter().map(|(prover, free)| FreeCapacity { prover, free }).collect();
    let provers = List::new(provers).map_err(|_| TOO_MANY)?;
    let workloads = List::new(workloads).map_err(|_| TOO_MANY)?;
    work.create(state_key::pending_draws(height), &PendingDraws { workloads, provers });
    WANTED.push(work, height)?;
    work.tell(ChainEvent::BeaconWanted)
}
