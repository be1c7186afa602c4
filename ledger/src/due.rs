//! What falls due (rule *chain time*): every workload that has not ended moves on by itself at some chain time.
//!
//! Times are gathered in buckets of [`state_key::DUE_BUCKET_MS`]. A bucket is done once chain time has left it, so a workload moves on at
//! most that much after its time, and nothing is ever added to a bucket that is being done. Buckets are done in order, their
//! pages in the order in which they were filled; what a block has no room for follows in the next. Nobody takes an entry out
//! when its workload has moved on before: such entries are passed over.
//!
//! Progress: a block that stops early has done at least one page, or [`DUE_BUCKETS_PER_BLOCK`] buckets, which is more than the
//! longest step of chain time can add.

use crate::{
    bond, epoch, life,
    work::{Outcomes, Stop, Work},
};
use ports::Key;
use types::{
    AttemptEnd, ChainEvent, ChainTime, EndReason, State, Workload, WorkloadId,
    limits::{DUE_BUCKETS_PER_BLOCK, DUE_LOOKS_PER_BLOCK, DUE_PER_BLOCK},
    record::{Due, DueHead, DuePage},
    registry::Role,
    state_key,
};

/// Buckets whose heads are asked for together.
const WINDOW: u64 = 256;

/// What a block has done of what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    buckets: u64,
    /// Entries that were looked at, most of which may be of workloads that moved on before.
    looked: usize,
    /// Those that moved something on.
    moved: usize,
}

/// Notes that something falls due at `time`.
pub(crate) fn add(work: &mut Work, due: Due, time: ChainTime) -> Outcomes {
    const TORN: Stop = Stop::Broken("a due page is too long");
    let bucket = state_key::due_bucket(time);
    let key = state_key::due(bucket, 0);
    let mut head: DueHead = work.find(key)?.unwrap_or_default();
    if head.entries.push(due).is_err() {
        head.full = head.full.checked_add(1).ok_or(TORN)?;
        let entries = std::mem::take(&mut head.entries);
        work.create(state_key::due(bucket, head.full), &DuePage { entries });
        head.entries.push(due).map_err(|_| TORN)?;
    }
    work.write(key, &head);
    Ok(())
}

/// Does the next page of what is due. None if there is nothing left, or no room.
pub(crate) fn next(work: &mut Work, progress: Progress) -> Outcomes<Option<Progress>> {
    let (bucket, present) = (work.meta.due_bucket, state_key::due_bucket(work.now().time));
    if bucket >= present || progress.buckets >= DUE_BUCKETS_PER_BLOCK {
        return Ok(None);
    }
    let window = bucket..present.min(bucket.saturating_add(WINDOW));
    let heads = work.require(window.map(|bucket| state_key::due(bucket, 0)));
    let found = work.find::<DueHead>(state_key::due(bucket, 0)).and_then(|head| heads.map(|()| head))?;
    let Some(head) = found else { return Ok(Some(leave_bucket(work, progress))) };
    let page = work.meta.due_page.max(1);
    if page <= head.full { full_page(work, progress, page) } else { head_page(work, progress, &head) }
}

/// Does a bucket's full page.
fn full_page(work: &mut Work, progress: Progress, page: u64) -> Outcomes<Option<Progress>> {
    let key = state_key::due(work.meta.due_bucket, page);
    let entries = work.read::<DuePage>(key)?.entries;
    if !has_room(progress, entries.len()) {
        return Ok(None);
    }
    let progress = all_move_on(work, &entries, progress)?;
    work.remove(key);
    work.meta.due_page = page.saturating_add(1);
    Ok(Some(progress))
}

/// Does a bucket's head, its last page.
fn head_page(work: &mut Work, progress: Progress, head: &DueHead) -> Outcomes<Option<Progress>> {
    if !has_room(progress, head.entries.len()) {
        return Ok(None);
    }
    let progress = all_move_on(work, &head.entries, progress)?;
    work.remove(state_key::due(work.meta.due_bucket, 0));
    Ok(Some(leave_bucket(work, progress)))
}

fn leave_bucket(work: &mut Work, progress: Progress) -> Progress {
    work.meta.due_bucket = work.meta.due_bucket.saturating_add(1);
    work.meta.due_page = 0;
    Progress { buckets: progress.buckets.saturating_add(1), ..progress }
}

/// Whether the block has room for a page of so many entries. What has moved on before costs a look: of that a block can do more
/// than blocks can bring about on average, so that nobody makes time stand still by runs that are cancelled at once.
fn has_room(progress: Progress, entries: usize) -> bool {
    progress.moved.saturating_add(entries) <= DUE_PER_BLOCK
        && progress.looked.saturating_add(entries) <= DUE_LOOKS_PER_BLOCK
}

fn all_move_on(work: &mut Work, entries: &[Due], progress: Progress) -> Outcomes<Progress> {
    work.require(entries.iter().map(key))?;
    let mut moved = 0_usize;
    work.each(entries, |work, due| {
        let has_moved = match due {
            Due::Workload(id) => move_on(work, *id)?,
            Due::Unbonding(role, account) => bond::release(work, *role, *account).map(|()| true)?,
        };
        moved = moved.saturating_add(usize::from(has_moved));
        Ok(())
    })?;
    let (looked, moved) = (progress.looked.saturating_add(entries.len()), progress.moved.saturating_add(moved));
    Ok(Progress { looked, moved, ..progress })
}

fn key(due: &Due) -> Key {
    match due {
        Due::Workload(id) => state_key::workload(*id),
        Due::Unbonding(Role::Prover, account) => state_key::prover(*account),
        Due::Unbonding(Role::Validator, _) => state_key::validators(),
    }
}

/// Moves a workload on whose time has come, and says so. One whose time is later, or that has ended, stays.
fn move_on(work: &mut Work, id: WorkloadId) -> Outcomes<bool> {
    let mut workload: Workload = work.read(state_key::workload(id))?;
    if workload.moves_on.is_none_or(|time| time > work.now().time) {
        return Ok(false);
    }
    if workload.state != State::Queued && !heard_out(work, &mut workload)? {
        life::keep(work, &workload);
        return Ok(true);
    }
    match workload.state {
        State::Allocated => attempt_over(work, &mut workload, AttemptEnd::Silent)?,
        State::Proving => attempt_over(work, &mut workload, AttemptEnd::Missed)?,
        State::Proved => verdicts_over(work, &mut workload)?,
        State::Queued => expire(work, &mut workload)?,
        _ => return Err(Stop::Broken("a workload that has ended moves on")),
    }
    life::keep(work, &workload);
    Ok(true)
}

/// Rule 7: a time that is up is up only once blocks of f + 1 different leaders have passed since, so that an honest one could
/// have put in what was sent in time. Until then what was waited for is still taken.
fn heard_out(work: &mut Work, workload: &mut Workload) -> Outcomes<bool> {
    let since = *workload.overtime.get_or_insert(work.now().height);
    if epoch::heard(work, since)? {
        return Ok(true);
    }
    let again = work.now().time.after(work.meta.params.block_interval);
    workload.moves_on = Some(again);
    add(work, Due::Workload(workload.id), again)?;
    Ok(false)
}

/// The prover let its window or deadline pass (rules 7 and 8).
fn attempt_over(work: &mut Work, workload: &mut Workload, end: AttemptEnd) -> Outcomes {
    life::end_attempt(work, workload, end)?;
    life::next_attempt(work, workload)
}

/// The verdict clock ran out (rule 11). A later verdict set gets as much time, if there is one and it may; as long as there is
/// none, this one goes on.
fn verdicts_over(work: &mut Work, workload: &mut Workload) -> Outcomes {
    let (present, epochs) = (work.meta.set, work.meta.params.verdict_epochs);
    let announced = workload.attempts.last_mut().and_then(|attempt| attempt.announced.as_mut());
    let announced = announced.ok_or(Stop::Broken("a workload is proved and has no proof"))?;
    if workload.renewals >= epochs {
        return undecided(work, workload);
    }
    if announced.set != present {
        announced.set = present;
        workload.renewals = workload.renewals.saturating_add(1);
        let attempt = u16::try_from(workload.attempts.len()).unwrap_or(u16::MAX);
        work.tell(ChainEvent::Renewed { workload: workload.id, attempt, set: present })?;
    }
    let until = work.now().time.after(work.meta.params.verdict_window);
    (workload.overtime, workload.moves_on) = (None, Some(until));
    add(work, Due::Workload(workload.id), until)
}

/// No set decided (rule 11): the compute fee is halved between prover and user, rounded down for the prover.
fn undecided(work: &mut Work, workload: &mut Workload) -> Outcomes {
    let prover = life::end_attempt(work, workload, AttemptEnd::Undecided)?;
    let half = workload.fee.compute.share(1, 2).unwrap_or_default();
    let rest = life::locked(workload)?.minus(half).unwrap_or_default();
    let payout = life::Payout { prover: Some((prover, half)), ..life::Payout::refund(rest) };
    life::end(work, workload, State::Failed, EndReason::Undecided, &payout)
}

/// No prover could be found in time.
fn expire(work: &mut Work, workload: &mut Workload) -> Outcomes {
    let back = life::back(workload)?;
    life::end(work, workload, State::Expired, EndReason::NoProver, &back)
}
