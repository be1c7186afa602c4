//! What lies in the state besides workloads: accounts, programs, provers, pages, and the totals of all money.

use crate::{
    AccountId, Amount, ChainId, ChainTime, Height, List, Params, Program, Resources, Text, WorkloadId,
    genesis::PeerId,
    limits::{
        DRAWS_PER_BLOCK_MAX, MISSES_MAX, MOVEMENTS_PER_PAGE, PAGE_ENTRIES, PROVERS_MAX, REGISTERED_MAX, TEXT_MAX,
        UNBONDINGS_MAX, VALIDATORS_MAX,
    },
    registry::{Changes, Role},
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

/// A part of a bond that was taken back, and is not paid back yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Unbonding {
    /// How much.
    pub amount: Amount,
    /// The chain time at which it is paid back, if nothing keeps it.
    pub release: ChainTime,
    /// The epoch in which it was taken back: until that ends, a verdict still weighs it.
    pub epoch: u64,
}

/// A validator, among the nodes that genesis knows.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// Its key as a node.
    pub peer: PeerId,
    /// Its account.
    pub account: AccountId,
    /// What decides about its seat.
    pub bond: Amount,
    /// What it took back.
    pub unbonding: List<Unbonding, UNBONDINGS_MAX>,
}

/// All validators, in the order of genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validators {
    /// They.
    pub validators: List<Validator, VALIDATORS_MAX>,
}

/// Who is named for an epoch: ascending. Who is named for one signs in the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seats {
    /// The nodes.
    pub seats: List<PeerId, VALIDATORS_MAX>,
}

/// Something that counts towards jail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Miss {
    /// Whether it is a fail where another prover succeeded: a proof of its own that is found valid wipes that out.
    pub fail: bool,
    /// By whose workload; the chain's zero account where a whole epoch was missed.
    pub user: AccountId,
    /// When.
    pub time: ChainTime,
}

/// A prover.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Prover {
    /// Its account.
    pub account: AccountId,
    /// Its verdict key.
    pub key: VerdictKey,
    /// What it stands to lose, without what it took back.
    pub bond: Amount,
    /// What it took back and can still lose.
    pub unbonding: List<Unbonding, UNBONDINGS_MAX>,
    /// What it has, as far as it was tested.
    pub capacity: Resources,
    /// What it declared, if that is more.
    pub declared: Option<Resources>,
    /// The workload that tests what it declared, if one is under way.
    pub test: Option<WorkloadId>,
    /// What its live attempts take of its capacity.
    pub in_use: Resources,
    /// Its attempts that are not over: its bond answers for them.
    pub live: u64,
    /// Whether it is in the verdict set in force.
    pub member: bool,
    /// Whether it takes no new workloads.
    pub draining: bool,
    /// Where users reach its API, if it says.
    pub address: Text<TEXT_MAX>,
    /// The last epoch in which it gave a sign of life: a heartbeat, or a verdict in a certificate.
    pub seen: u64,
    /// Its verdicts in certificates in that epoch.
    pub spoke: u64,
    /// The earliest chain time of its return, while it is jailed.
    pub jailed: Option<ChainTime>,
    /// What counts towards jail, oldest first.
    pub misses: List<Miss, MISSES_MAX>,
    /// How it fared.
    pub tally: Tally,
}

impl Prover {
    /// A prover that has done nothing yet.
    #[must_use]
    pub fn new(account: AccountId, key: VerdictKey, bond: Amount, epoch: u64) -> Self {
        Self {
            account,
            key,
            bond,
            unbonding: List::default(),
            capacity: Resources::default(),
            declared: None,
            test: None,
            in_use: Resources::default(),
            live: 0,
            member: false,
            draining: false,
            address: Text::default(),
            seen: epoch,
            spoke: 0,
            jailed: None,
            misses: List::default(),
            tally: Tally::default(),
        }
    }

    /// Cores that its bond covers.
    #[must_use]
    pub fn bonded_units(&self, bond_per_unit: Amount) -> u32 {
        let units = self.bond.0.checked_div(bond_per_unit.0).unwrap_or(0);
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// What counts of its capacity: its cores as far as they are bonded, and nothing while it drains, is jailed or under test.
    #[must_use]
    pub fn active(&self, bond_per_unit: Amount) -> Resources {
        if self.draining || self.jailed.is_some() || self.test.is_some() {
            return Resources::default();
        }
        Resources { cpus: self.capacity.cpus.min(self.bonded_units(bond_per_unit)), ..self.capacity }
    }

    /// What it has to spare. Its tickets are its free cores.
    #[must_use]
    pub fn free(&self, bond_per_unit: Amount) -> Resources {
        self.active(bond_per_unit).minus(&self.in_use).unwrap_or_default()
    }
}

/// All registered provers, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Registry {
    /// Their accounts.
    pub provers: List<AccountId, REGISTERED_MAX>,
}

/// What active provers have, without what another has more of in every way: what decides whether a run can ever be served.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Offers {
    /// Capacities, none of which fits another.
    pub largest: List<Resources, PROVERS_MAX>,
}

/// What one seat wants changed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ballot {
    /// Who.
    pub account: AccountId,
    /// What: ascending by parameter.
    pub changes: Changes,
}

/// The votes of an epoch: at most one of each seat.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ballots {
    /// The epoch.
    pub epoch: u64,
    /// The votes.
    pub ballots: List<Ballot, VALIDATORS_MAX>,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// The fee of a transaction: from its sender, to the block's leader.
    Fee = 0,
    /// A transfer.
    Transfer = 1,
    /// A run's fee was locked.
    Lock = 2,
    /// What was locked came back.
    Refund = 3,
    /// For computing.
    Compute = 4,
    /// For a verdict.
    Verdict = 5,
    /// Of a slashed bond, to the user whose proof was rejected.
    Compensation = 6,
    /// Into a bond.
    Bond = 7,
    /// Out of a bond.
    Unbond = 8,
}

/// One account's money changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Movement {
    /// The account.
    pub account: AccountId,
    /// Whether it got the amount; else it gave it.
    pub got: bool,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub cause: Cause,
    /// The transaction or workload that it was about, if there is one.
    pub about: Option<[u8; 32]>,
}

/// A page of how a block moved money.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Movements {
    /// The block.
    pub height: Height,
    /// Whether another page follows.
    pub more: bool,
    /// The movements, in order.
    pub entries: List<Movement, MOVEMENTS_PER_PAGE>,
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
    /// Its epoch.
    pub epoch: u64,
    /// The parameters in force.
    pub params: Params,
    /// Price of one core for one second, in force for this epoch.
    pub compute_price: Amount,
    /// Core-milliseconds that live attempts took in this epoch.
    pub used: u128,
    /// Core-milliseconds that active provers had in this epoch.
    pub offered: u128,
    /// Cores that live attempts take.
    pub units_used: u64,
    /// Cores that active provers have.
    pub units_offered: u64,
    /// Settlements in this epoch.
    pub settled: u64,
    /// Seats that sign in this epoch.
    pub seats: u64,
    /// The last block that each validator led, in the order of genesis.
    pub led: List<Height, VALIDATORS_MAX>,
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

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Due {
    /// A workload moves on.
    Workload(WorkloadId),
    /// A part of a bond may be paid back.
    Unbonding(Role, AccountId),
}

/// A page of what falls due.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DuePage {
    /// The entries.
    pub entries: List<Due, PAGE_ENTRIES>,
}

/// The head of a due bucket: the entries that came last. A head that is full becomes the next full page, so that adding an
/// entry touches one page whatever the bucket holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DueHead {
    /// Full pages: 1 up to this, each a [`DuePage`].
    pub full: u64,
    /// The entries since.
    pub entries: List<Due, PAGE_ENTRIES>,
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
