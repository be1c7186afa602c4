//! Workloads: what a run becomes once it is in a block, until its end state and for ever after.

use crate::{
    AccountId, Amount, BlobId, Certificate, ChainTime, Height, List, Millis, Quote, Resources, Run, Runtime,
    WorkloadId, limits::DRAWS_MAX, message::Fail, verdict::Subject,
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Where a workload is in its life. The numbers are part of the encoding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum State {
    /// The run is in a block; the fee is in escrow.
    Queued = 0,
    /// A draw named a prover.
    Allocated = 1,
    /// The prover accepted.
    Proving = 2,
    /// The announcement is in a block.
    Proved = 3,
    /// End: a settlement with a certificate of *valid*.
    Verified = 4,
    /// End: the last attempt failed.
    Failed = 5,
    /// End: taken back while queued.
    Cancelled = 6,
    /// End: no prover could be found in time.
    Expired = 7,
}

impl State {
    /// Whether a workload stays here for ever.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Verified | Self::Failed | Self::Cancelled | Self::Expired)
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Allocated => "allocated",
            Self::Proving => "proving",
            Self::Proved => "proved",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// A point in the chain's history.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Moment {
    /// The block.
    pub height: Height,
    /// Its chain time.
    pub time: ChainTime,
}

/// A proof that was announced in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Announced {
    /// The bundle of proof and public values.
    pub proof: BlobId,
    /// Its size in bytes.
    pub size: u64,
    /// When the announcement was in a block.
    pub at: Moment,
    /// The version of the verdict set that judges it.
    pub set: u64,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum AttemptEnd {
    /// The prover did not accept within the window.
    Silent,
    /// The prover handed it back within the window.
    HandedBack,
    /// The prover said that it failed.
    Failed(Fail),
    /// The prover announced nothing until its deadline.
    Missed,
    /// Two thirds said *valid*.
    Valid(Certificate),
    /// Two thirds said *invalid*.
    Rejected(Certificate),
    /// Two thirds could not fetch the proof.
    Unavailable(Certificate),
    /// The verdict clock ran out before two thirds agreed.
    Undecided,
}

impl AttemptEnd {
    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::HandedBack => "handed-back",
            Self::Failed(_) => "failed",
            Self::Missed => "missed",
            Self::Valid(_) => "valid",
            Self::Rejected(_) => "rejected",
            Self::Unavailable(_) => "unavailable",
            Self::Undecided => "undecided",
        }
    }
}

/// One prover's turn at a workload.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attempt {
    /// The prover that was drawn.
    pub prover: AccountId,
    /// The height whose beacon drew it.
    pub drawn_by: Height,
    /// When it was drawn.
    pub drawn: Moment,
    /// When it accepted.
    pub accepted: Option<Moment>,
    /// What it announced.
    pub announced: Option<Announced>,
    /// When and how it ended.
    pub end: Option<(Moment, AttemptEnd)>,
}

/// Why a workload ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum EndReason {
    /// A proof was verified.
    Proved = 0,
    /// The last attempt failed: see how it ended.
    AttemptsUsed = 1,
    /// No two thirds of the verdict set agreed in time.
    Undecided = 2,
    /// The sender took it back.
    Cancelled = 3,
    /// No prover had room, or none accepted, in time.
    NoProver = 4,
}

/// The end of a workload, and where its money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: Moment,
    /// Paid to the prover for computing.
    pub to_prover: Amount,
    /// Paid to those whose verdicts are in the certificate.
    pub to_verdicts: Amount,
    /// Paid back to the sender.
    pub refunded: Amount,
    /// Burned.
    pub burned: Amount,
}

/// Where a workload comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Kind {
    /// From a user's run.
    Run = 0,
    /// From the chain: it tests a prover's new capacity (rule 13). It is not drawn; its one attempt is that prover's.
    Test = 1,
}

/// A workload, as it lies in the state.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Workload {
    /// Its name.
    pub id: WorkloadId,
    /// Where it comes from.
    pub kind: Kind,
    /// Who asked and paid.
    pub sender: AccountId,
    /// What was asked for.
    pub run: Run,
    /// What runs its program.
    pub runtime: Runtime,
    /// Where it is in its life.
    pub state: State,
    /// When the run was in a block.
    pub created: Moment,
    /// When it came into its present state.
    pub since: Moment,
    /// The chain time at which it moves on by itself; none in an end state.
    pub moves_on: Option<ChainTime>,
    /// The block at which its present time was found to be up, while blocks of f + 1 leaders are still to come (rule 7).
    pub overtime: Option<Height>,
    /// How often a later verdict set took the place of the first, in the attempt under way (rule 11).
    pub renewals: u64,
    /// The locked fee, part by part. What is still in escrow of it: all until the end, then nothing.
    pub fee: Quote,
    /// Computing time plus the allowance for moving inputs: what the compute fee pays for and the deadline allows.
    pub billed: Millis,
    /// Its draws, in order.
    pub attempts: List<Attempt, DRAWS_MAX>,
    /// Its end.
    pub end: Option<End>,
}

impl Workload {
    /// What a prover needs to take it on.
    #[must_use]
    pub fn need(&self) -> Resources {
        Resources { runtimes: self.runtime.into(), ..self.run.resources }
    }

    /// The attempt under way, counted from 1, unless it is queued or ended.
    #[must_use]
    pub fn current(&self) -> Option<(u16, &Attempt)> {
        let attempt = self.attempts.last().filter(|attempt| attempt.end.is_none())?;
        Some((u16::try_from(self.attempts.len()).ok()?, attempt))
    }

    /// How many attempts were accepted by their provers.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.accepted.is_some()).count()
    }

    /// What verdicts about the attempt under way are about, once its proof is announced.
    #[must_use]
    pub fn subject(&self) -> Option<(Subject, &Announced)> {
        let (attempt, current) = self.current()?;
        let announced = current.announced.as_ref()?;
        Some((Subject { workload: self.id, attempt, proof: announced.proof }, announced))
    }

    /// The attempt that was verified, counted from 1, with its proof and certificate.
    #[must_use]
    pub fn verified(&self) -> Option<(u16, &Attempt, &Announced, &Certificate)> {
        let attempt = self.attempts.last()?;
        let (announced, (_, AttemptEnd::Valid(certificate))) = (attempt.announced.as_ref()?, attempt.end.as_ref()?)
        else {
            return None;
        };
        Some((u16::try_from(self.attempts.len()).ok()?, attempt, announced, certificate))
    }
}
