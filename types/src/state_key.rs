//! The names of values in the state: BLAKE3 over a family and what tells its members apart.

use crate::{AccountId, ChainTime, Height, ProgramId, VerdictKey, WorkloadId, offence::Offence};

/// A name in the state.
pub type Key = [u8; 32];

/// Blocks for which outcomes are kept; their keys are used again and again.
pub const OUTCOMES_KEPT: u64 = 256;

/// The width of a bucket of things that fall due together, in milliseconds of chain time.
pub const DUE_BUCKET_MS: u64 = 250;

fn key(family: &str, part: &[u8], number: u64) -> Key {
    let mut hasher = blake3::Hasher::new_derive_key("lemma 1 state key");
    // The family is prefix-free by its length, the part is of fixed length within a family.
    hasher.update(&[u8::try_from(family.len()).unwrap_or(u8::MAX)]).update(family.as_bytes());
    hasher.update(part).update(&number.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// [`crate::record::Meta`].
#[must_use]
pub fn meta() -> Key {
    key("meta", &[], 0)
}

/// [`crate::record::Account`].
#[must_use]
pub fn account(id: AccountId) -> Key {
    key("account", &id.0, 0)
}

/// [`crate::record::DeployedProgram`].
#[must_use]
pub fn program(id: ProgramId) -> Key {
    key("program", &id.0, 0)
}

/// [`crate::Workload`].
#[must_use]
pub fn workload(id: WorkloadId) -> Key {
    key("workload", &id.0, 0)
}

/// [`crate::draw::Draw`] of an attempt, counted from 1.
#[must_use]
pub fn draw(id: WorkloadId, attempt: u16) -> Key {
    key("draw", &id.0, u64::from(attempt))
}

/// [`crate::record::Prover`].
#[must_use]
pub fn prover(id: AccountId) -> Key {
    key("prover", &id.0, 0)
}

/// [`crate::record::VerdictSet`] of a version.
#[must_use]
pub fn verdict_set(version: u64) -> Key {
    key("verdict-set", &[], version)
}

/// A [`crate::record::Page`] of the queue.
#[must_use]
pub fn queue(page: u64) -> Key {
    key("queue", &[], page)
}

/// A [`crate::record::Page`] of live workloads.
#[must_use]
pub fn live(page: u64) -> Key {
    key("live", &[], page)
}

/// [`crate::record::Live`] of a workload that has not ended.
#[must_use]
pub fn live_entry(id: WorkloadId) -> Key {
    key("live-entry", &id.0, 0)
}

/// A [`crate::record::HeightPage`] of heights whose beacons are wanted.
#[must_use]
pub fn wanted(page: u64) -> Key {
    key("wanted", &[], page)
}

/// [`crate::record::PendingDraws`] of a block.
#[must_use]
pub fn pending_draws(height: Height) -> Key {
    key("pending-draws", &[], height.0)
}

/// The bucket in which something falls due.
#[must_use]
pub const fn due_bucket(time: ChainTime) -> u64 {
    match time.0.checked_div(DUE_BUCKET_MS) {
        Some(bucket) => bucket,
        None => 0,
    }
}

/// What falls due in a bucket: page 0 is its [`crate::record::DueHead`], the full ones before it are
/// [`crate::record::DuePage`]s.
#[must_use]
pub fn due(bucket: u64, page: u64) -> Key {
    key("due", &bucket.to_le_bytes(), page)
}

/// [`crate::event::Outcome`]: what the block at `height` left for members.
#[must_use]
pub fn outcome(height: Height) -> Key {
    key("outcome", &[], height.0.checked_rem(OUTCOMES_KEPT).unwrap_or(0))
}

/// [`crate::record::Movements`]: a page of how the block at `height` moved money.
#[must_use]
pub fn movements(height: Height, page: u64) -> Key {
    let slot = height.0.checked_rem(OUTCOMES_KEPT).unwrap_or(0);
    key("movements", &slot.to_le_bytes(), page)
}

/// [`crate::record::Validators`].
#[must_use]
pub fn validators() -> Key {
    key("validators", &[], 0)
}

/// [`crate::record::Seats`]: who is named for an epoch.
#[must_use]
pub fn seats(epoch: u64) -> Key {
    key("seats", &[], epoch)
}

/// [`crate::record::Registry`].
#[must_use]
pub fn registry() -> Key {
    key("registry", &[], 0)
}

/// The account of the prover that ever registered a verdict key.
#[must_use]
pub fn verdict_key(of: &VerdictKey) -> Key {
    key("verdict-key", &of.0, 0)
}

/// [`crate::record::Offers`].
#[must_use]
pub fn offers() -> Key {
    key("offers", &[], 0)
}

/// [`crate::record::Ballots`].
#[must_use]
pub fn ballots() -> Key {
    key("ballots", &[], 0)
}

/// Whether an offence was paid for.
#[must_use]
pub fn offence(prover: AccountId, workload: WorkloadId, attempt: u16, offence: Offence) -> Key {
    let part = [prover.0, workload.0].concat();
    key("offence", &part, u64::from(attempt) << 8 | offence as u64)
}
