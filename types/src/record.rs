//! What lies in the state besides workloads: accounts, programs, provers, pages, and the totals of all money.

use crate::{
    AccountId, Amount, ChainId, ChainTime, Height, List, Program, Resources, Text, WorkloadId,
    limits::{DRAWS_PER_BLOCK_MAX, PAGE_ENTRIES, PROVERS_MAX, TEXT_MAX},
    verdict::{Member, VerdictKey},
    workload::Moment,
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// What it can spend.
    pub balance: Amount,
    /// How many of its transactions were in blocks.
    pub nonce: u64,
}

/// A program that was deployed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DeployedProgram {
    /// The program.
    pub program: Program,
    /// Who deployed it first.
    pub deployer: AccountId,
    /// When.
    pub at: Moment,
}

/// How a prover fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Tally {
    /// Workloads drawn for it.
    pub allocated: u64,
    /// Its proofs that were verified.
    pub verified: u64,
    /// Attempts that it said had failed.
    pub failed: u64,
    /// Windows and deadlines that it let pass.
    pub missed: u64,
    /// Its proofs that were rejected.
    pub rejected: u64,
    /// Its verdicts that were in certificates.
    pub verdicts: u64,
    /// All it earned.
    pub earned: Amount,
}

/// A prover.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Prover {
    /// Its account.
    pub account: AccountId,
    /// Its verdict key.
    pub key: VerdictKey,
    /// What it stands to lose.
    pub bond: Amount,
    /// What it has. Its tickets are its free cores, as far as they are bonded.
    pub capacity: Resources,
    /// What its live attempts take of that.
    pub in_use: Resources,
    /// How it fared.
    pub tally: Tally,
}

impl Prover {
    /// What it has to spare.
    #[must_use]
    pub fn free(&self) -> Resources {
        self.capacity.minus(&self.in_use).unwrap_or_default()
    }
}

/// One version of the set whose verdicts count: the active provers, ascending by account.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct VerdictSet {
    /// The members; a verdict's place in a bitmap is its member's place here.
    pub members: List<Member, PROVERS_MAX>,
}

/// Where all money is. At every height the sum is the supply of genesis (rule 12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Totals {
    /// On accounts.
    pub balances: Amount,
    /// In bonds.
    pub bonds: Amount,
    /// Locked for workloads.
    pub escrow: Amount,
    /// Gone.
    pub burned: Amount,
}

impl Totals {
    /// All of it.
    #[must_use]
    pub fn sum(&self) -> Option<Amount> {
        self.balances.plus(self.bonds)?.plus(self.escrow)?.plus(self.burned)
    }
}

/// A queue of pages in the state: entries `head..tail`, `PAGE_ENTRIES` to a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Cursor {
    /// The first entry that is still there.
    pub head: u64,
    /// One past the last.
    pub tail: u64,
}

/// What is true of the chain as a whole after a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Meta {
    /// The chain.
    pub chain: ChainId,
    /// The block.
    pub height: Height,
    /// Its chain time.
    pub time: ChainTime,
    /// Where all money is.
    pub totals: Totals,
    /// The version of the verdict set in force.
    pub set: u64,
    /// Its size.
    pub set_size: u64,
    /// The queue of workloads that wait for a draw (pages of [`Page`] under `queue`).
    pub queue: Cursor,
    /// Workloads that have not ended: entries `0..live` in pages of [`Page`] under `live`.
    pub live: u64,
    /// Heights whose beacons are wanted, in order (pages of [`HeightPage`] under `wanted`).
    pub wanted: Cursor,
    /// Chain time up to which everything due was done, in buckets of [`crate::state_key::DUE_BUCKET_MS`]: the first bucket
    /// of which something may be left.
    pub due_bucket: u64,
    /// The next of that bucket's full pages, counted from 1; 0 while none was done. Its head, page 0, comes last.
    pub due_page: u64,
    /// Workloads ever queued.
    pub workloads: u64,
    /// Workloads ever verified.
    pub verified: u64,
    /// Programs ever deployed.
    pub programs: u64,
}

/// A page of workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Page {
    /// The entries.
    pub entries: List<WorkloadId, PAGE_ENTRIES>,
}

/// The head of a due bucket: the entries that came last. A head that is full becomes the next full page, so that adding an
/// entry touches one page whatever the bucket holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DueHead {
    /// Full pages: 1 up to this, each a [`Page`].
    pub full: u64,
    /// The entries since.
    pub entries: List<WorkloadId, PAGE_ENTRIES>,
}

/// What is kept of a workload only until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Live {
    /// Its place among the live workloads.
    pub index: u64,
    /// The height whose beacon will draw for it, once a block has fixed that. Until then it is in the queue, or allocated.
    pub draw: Option<Height>,
}

/// A page of heights.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HeightPage {
    /// The entries.
    pub entries: List<Height, PAGE_ENTRIES>,
}

/// A prover as a block found it, for the draws that the block's beacon will decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FreeCapacity {
    /// The prover.
    pub prover: AccountId,
    /// What it had to spare.
    pub free: Resources,
}

/// What executing a block fixed for its draws (rule 6).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PendingDraws {
    /// The workloads, in the order of the queue.
    pub workloads: List<WorkloadId, DRAWS_PER_BLOCK_MAX>,
    /// The active provers with room, ascending by account.
    pub provers: List<FreeCapacity, PROVERS_MAX>,
}

/// A name that the chain keeps for people, such as that of the network.
pub type Name = Text<TEXT_MAX>;
