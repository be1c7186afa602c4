//! Allocation (rule 6): a block fixes the workloads and the free capacity for its draws, its beacon decides them.

use crate::{
    life, live,
    pages::{QUEUE, WANTED},
    work::{Outcomes, Stop, Work},
};
use types::{
    AccountId, Attempt, ChainEvent, Height, List, Resources, State, Workload, WorkloadId,
    block::BeaconEntry,
    draw::{Candidate, Draw},
    limits::UNITS_MAX,
    record::PendingDraws,
    state_key,
};

const TOO_MANY: Stop = Stop::Broken("there are more provers or attempts than there can be");

/// The provers that take part in a draw for a workload, of those with so much to spare: it has to fit. One that had an accepted
/// attempt at the workload is out; one that was silent or handed it back is out while others remain. Every core that is free is
/// bonded, and is a ticket.
pub(crate) fn candidates(workload: &Workload, free: &[(AccountId, Resources)]) -> Vec<Candidate> {
    let need = workload.need();
    let fits = |(_, free): &&(AccountId, Resources)| free.fits(&need) && free.cpus > 0;
    let ticket =
        |(prover, free): &(AccountId, Resources)| Candidate { prover: *prover, tickets: free.cpus.min(UNITS_MAX) };
    let (mut fresh, mut passed) = (Vec::new(), Vec::new());
    for candidate in free.iter().filter(fits).map(ticket) {
        match history(workload, candidate.prover) {
            History::None => fresh.push(candidate),
            History::Passed => passed.push(candidate),
            History::Accepted => {}
        }
    }
    if fresh.is_empty() { passed } else { fresh }
}

/// What a prover had to do with a workload before.
enum History {
    None,
    Passed,
    Accepted,
}

fn history(workload: &Workload, prover: AccountId) -> History {
    let own = workload.attempts.iter().filter(|attempt| attempt.prover == prover);
    own.fold(History::None, |history, attempt| match (history, attempt.accepted) {
        (History::Accepted, _) | (_, Some(_)) => History::Accepted,
        _ => History::Passed,
    })
}

/// Makes the draws that the block at the beacon's height fixed, in the order of the queue: from what its record says that the
/// provers have to spare, less what draws took since. Nothing else counts: whoever has seen the beacon could choose among
/// outcomes by what a prover does in between.
pub(crate) fn draw_all(work: &mut Work, entry: &BeaconEntry) -> Outcomes {
    let key = state_key::pending_draws(entry.height);
    let pending: PendingDraws = work.read(key)?;
    let provers = pending.provers.iter().map(|free| state_key::prover(free.prover));
    let workloads = pending.workloads.iter().flat_map(|id| [state_key::workload(*id), state_key::live_entry(*id)]);
    work.require(provers.chain(workloads))?;
    let mut free: Vec<_> = pending.provers.iter().map(|found| (found.prover, found.free)).collect();
    let mut taken: Vec<(AccountId, Resources)> = Vec::new();
    work.each(&pending.workloads, |work, id| {
        taken.extend(draw(work, *id, entry, &mut free)?);
        Ok(())
    })?;
    work.remove(key);
    take_from_later(work, entry.height, &taken)
}

/// Draws for one workload, unless it has ended or is about to. Says who got it, and what it takes.
fn draw(
    work: &mut Work,
    id: WorkloadId,
    entry: &BeaconEntry,
    free: &mut [(AccountId, Resources)],
) -> Outcomes<Option<(AccountId, Resources)>> {
    let mut workload: Workload = work.read(state_key::workload(id))?;
    if workload.state != State::Queued {
        return Ok(None);
    }
    live::set_draw(work, id, None)?;
    if workload.moves_on.is_none_or(|time| time <= work.now().time) {
        return Ok(None);
    }
    let candidates = List::new(candidates(&workload, free)).map_err(|_| TOO_MANY)?;
    let attempt = workload.attempts.len().checked_add(1).and_then(|n| u16::try_from(n).ok()).ok_or(TOO_MANY)?;
    let draw = Draw { workload: id, attempt, height: entry.height, beacon: entry.beacon, candidates };
    let Some(winner) = draw.winner() else {
        // Earlier draws took the room: behind the others, with the expiry it has, so that it holds nobody up.
        return QUEUE.push(work, id).map(|()| None);
    };
    allocate(work, &mut workload, &draw, winner)?;
    let took = (winner, workload.run.resources);
    take(free, &took);
    Ok(Some(took))
}

fn take(free: &mut [(AccountId, Resources)], (prover, took): &(AccountId, Resources)) {
    for (_, free) in free.iter_mut().filter(|(account, _)| account == prover) {
        *free = free.minus(took).unwrap_or_default();
    }
}

/// The records of later blocks were made before these draws: what they took is not there any more.
fn take_from_later(work: &mut Work, height: Height, taken: &[(AccountId, Resources)]) -> Outcomes {
    if taken.is_empty() {
        return Ok(());
    }
    let wanted = WANTED.len(work);
    let wanted = WANTED.peek(work, wanted)?;
    let later: Vec<Height> = wanted.into_iter().filter(|wanted| *wanted > height).collect();
    work.require(later.iter().map(|height| state_key::pending_draws(*height)))?;
    for height in later {
        let key = state_key::pending_draws(height);
        let mut pending: PendingDraws = work.read(key)?;
        let mut free: Vec<_> = pending.provers.iter().map(|found| (found.prover, found.free)).collect();
        taken.iter().for_each(|took| take(&mut free, took));
        for (found, (_, free)) in pending.provers.iter_mut().zip(free) {
            found.free = free;
        }
        work.write(key, &pending);
    }
    Ok(())
}

/// Gives the workload's next attempt to the prover that the draw named.
fn allocate(work: &mut Work, workload: &mut Workload, draw: &Draw, prover: AccountId) -> Outcomes {
    life::change_prover(work, prover, |prover| {
        prover.in_use = prover.in_use.plus(&workload.run.resources)?;
        prover.live = prover.live.checked_add(1)?;
        prover.tally.allocated = prover.tally.allocated.checked_add(1)?;
        Some(())
    })?;
    let drawn = work.now();
    let attempt = Attempt { prover, drawn_by: draw.height, drawn, accepted: None, announced: None, end: None };
    workload.attempts.push(attempt).map_err(|_| TOO_MANY)?;
    let until = drawn.time.after(work.meta.params.accept_window);
    life::enter(work, workload, State::Allocated, until)?;
    life::keep(work, workload);
    work.create(state_key::draw(workload.id, draw.attempt), draw);
    work.tell(ChainEvent::Allocated { workload: workload.id, attempt: draw.attempt, prover })
}
