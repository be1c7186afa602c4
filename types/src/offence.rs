//! Offences that cost bond, and the evidence that anyone may submit (rule 13).

use crate::{
    AccountId, BlobId, SignedVerdict, WorkloadId,
    message::{ProverAction, SignedProverMessage},
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a prover did. The numbers are part of the encoding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Offence {
    /// Its proof was rejected by a certificate.
    RejectedProof = 0,
    /// Its final verdict is the opposite of the certificate's.
    FalseVerdict = 1,
    /// It signed two different final verdicts about one proof.
    TwoVerdicts = 2,
    /// It announced two different proofs in one attempt.
    TwoAnnouncements = 3,
}

impl Offence {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RejectedProof => "rejected-proof",
            Self::FalseVerdict => "false-verdict",
            Self::TwoVerdicts => "two-verdicts",
            Self::TwoAnnouncements => "two-announcements",
        }
    }
}

/// What proves an offence, in the words of the offender.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Evidence {
    /// A final verdict that contradicts the certificate that the state holds about that proof.
    FalseVerdict(SignedVerdict),
    /// Two different final verdicts about one proof.
    TwoVerdicts {
        /// One.
        one: SignedVerdict,
        /// The other.
        other: SignedVerdict,
    },
    /// Two announcements of different proofs in one attempt.
    TwoAnnouncements {
        /// One.
        one: SignedProverMessage,
        /// The other.
        other: SignedProverMessage,
    },
}

impl Evidence {
    /// What is proved, if it is.
    #[must_use]
    pub const fn offence(&self) -> Offence {
        match self {
            Self::FalseVerdict(_) => Offence::FalseVerdict,
            Self::TwoVerdicts { .. } => Offence::TwoVerdicts,
            Self::TwoAnnouncements { .. } => Offence::TwoAnnouncements,
        }
    }

    /// Against whom.
    #[must_use]
    pub const fn prover(&self) -> AccountId {
        match self {
            Self::FalseVerdict(signed) | Self::TwoVerdicts { one: signed, .. } => signed.prover,
            Self::TwoAnnouncements { one, .. } => one.value.prover,
        }
    }

    /// About which workload and attempt.
    #[must_use]
    pub const fn attempt(&self) -> (WorkloadId, u16) {
        match self {
            Self::FalseVerdict(signed) | Self::TwoVerdicts { one: signed, .. } => {
                (signed.subject.workload, signed.subject.attempt)
            }
            Self::TwoAnnouncements { one, .. } => (one.value.workload, one.value.attempt),
        }
    }

    /// The proofs that two announcements name, if both are announcements.
    #[must_use]
    pub const fn announced(one: &SignedProverMessage, other: &SignedProverMessage) -> Option<(BlobId, BlobId)> {
        match (&one.value.action, &other.value.action) {
            (ProverAction::Announce { proof: one, .. }, ProverAction::Announce { proof: other, .. }) => {
                Some((*one, *other))
            }
            _ => None,
        }
    }
}
