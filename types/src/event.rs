//! What a block did to workloads: written into the state for members to react to, and streamed to whoever listens.

use crate::{
    AccountId, Amount, BlobId, ChainTime, EndReason, Height, List, ProgramId, State, WorkloadId,
    limits::EVENTS_PER_BLOCK, offence::Offence,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// One thing that a block did.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ChainEvent {
    /// A program was deployed.
    Deployed {
        /// The program.
        program: ProgramId,
    },
    /// A run became a workload.
    Queued {
        /// The workload.
        workload: WorkloadId,
        /// Who asked.
        sender: AccountId,
    },
    /// This block fixed draws: the beacon of its height is wanted.
    BeaconWanted,
    /// A beacon came in and its draws were made.
    Drawn {
        /// The height whose beacon it was.
        height: Height,
    },
    /// A draw named a prover.
    Allocated {
        /// The workload.
        workload: WorkloadId,
        /// The attempt, counted from 1.
        attempt: u16,
        /// The prover.
        prover: AccountId,
    },
    /// The prover accepted.
    Accepted {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// The prover.
        prover: AccountId,
    },
    /// The prover announced a proof.
    Proved {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// The prover.
        prover: AccountId,
        /// The bundle.
        proof: BlobId,
        /// Its size in bytes.
        size: u64,
    },
    /// A later verdict set judges the proof from now on.
    Renewed {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// The version of the set.
        set: u64,
    },
    /// An attempt ended without a valid proof.
    AttemptEnded {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// The prover.
        prover: AccountId,
        /// How; the workload's record holds what proves it.
        end: AttemptEndKind,
    },
    /// The workload reached an end state.
    Ended {
        /// The workload.
        workload: WorkloadId,
        /// Which.
        state: State,
        /// Why.
        reason: EndReason,
    },
    /// An epoch began: seats, active provers and the compute price are new.
    Epoch {
        /// The epoch.
        epoch: u64,
        /// The version of the verdict set.
        set: u64,
        /// Price of one core for one second.
        compute_price: Amount,
    },
    /// A prover passed its test: what it has counts from now on.
    Tested {
        /// The prover.
        prover: AccountId,
    },
    /// An offence cost bond.
    Slashed {
        /// The offender.
        prover: AccountId,
        /// In which workload.
        workload: WorkloadId,
        /// What it did.
        offence: Offence,
        /// How much it lost.
        amount: Amount,
    },
    /// A prover missed too often: nothing is drawn for it.
    Jailed {
        /// The prover.
        prover: AccountId,
        /// The earliest chain time of its return.
        until: ChainTime,
    },
}

/// How an attempt ended, without what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum AttemptEndKind {
    /// No answer within the window.
    Silent = 0,
    /// Handed back.
    HandedBack = 1,
    /// Failed.
    Failed = 2,
    /// Deadline missed.
    Missed = 3,
    /// Rejected by certificate.
    Rejected = 4,
    /// Unavailable by certificate.
    Unavailable = 5,
    /// Undecided.
    Undecided = 6,
}

impl AttemptEndKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::HandedBack => "handed-back",
            Self::Failed => "failed",
            Self::Missed => "missed",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::Undecided => "undecided",
        }
    }
}

impl ChainEvent {
    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Deployed { .. } => "deployed",
            Self::Queued { .. } => "queued",
            Self::BeaconWanted => "beacon-wanted",
            Self::Drawn { .. } => "drawn",
            Self::Allocated { .. } => "allocated",
            Self::Accepted { .. } => "accepted",
            Self::Proved { .. } => "proved",
            Self::Renewed { .. } => "renewed",
            Self::AttemptEnded { .. } => "attempt-ended",
            Self::Ended { .. } => "ended",
            Self::Epoch { .. } => "epoch",
            Self::Tested { .. } => "tested",
            Self::Slashed { .. } => "slashed",
            Self::Jailed { .. } => "jailed",
        }
    }

    /// The workload it is about.
    #[must_use]
    pub const fn workload(&self) -> Option<WorkloadId> {
        match self {
            Self::Deployed { .. }
            | Self::BeaconWanted
            | Self::Drawn { .. }
            | Self::Epoch { .. }
            | Self::Tested { .. }
            | Self::Jailed { .. } => None,
            Self::Queued { workload, .. }
            | Self::Allocated { workload, .. }
            | Self::Accepted { workload, .. }
            | Self::Proved { workload, .. }
            | Self::Renewed { workload, .. }
            | Self::AttemptEnded { workload, .. }
            | Self::Slashed { workload, .. }
            | Self::Ended { workload, .. } => Some(*workload),
        }
    }
}

/// What one block did, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outcome {
    /// The block.
    pub height: Height,
    /// What it did.
    pub events: List<ChainEvent, EVENTS_PER_BLOCK>,
}
