//! Who takes part: bonds, registrations of provers, heartbeats, and votes on parameters.

use crate::{
    AccountId, Amount, ChainId, List, Resources, Text, VerdictKey,
    limits::{CHANGES_MAX, NAME_MAX, TEXT_MAX},
    sign::{Signable, Signed},
    verdict::VerdictSignature,
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a bond stands behind.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Role {
    /// A seat.
    Validator = 0,
    /// A prover's capacity.
    Prover = 1,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Prover => "prover",
        }
    }
}

/// What a prover declares when it joins.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Registration {
    /// Its verdict key: used by no prover before.
    pub key: VerdictKey,
    /// Proof that it knows the secret of that key, bound to chain and account.
    pub possession: VerdictSignature,
    /// What it has. It counts once it is tested.
    pub capacity: Resources,
    /// Where users reach its API, if it says: `http://host:port`.
    pub address: Text<TEXT_MAX>,
    /// What it stands to lose: at least what its cores need.
    pub bond: Amount,
}

/// What a prover changes about itself; what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProverUpdate {
    /// What it has. What is less counts at once, what is more once it is tested.
    pub capacity: Option<Resources>,
    /// Whether it takes no new workloads.
    pub drain: Option<bool>,
    /// Where users reach its API.
    pub address: Option<Text<TEXT_MAX>>,
}

/// A prover's sign of life, once in an epoch: free of charge, with reserved room in every block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Heartbeat {
    /// The network it is meant for.
    pub chain: ChainId,
    /// Who is alive.
    pub prover: AccountId,
    /// In which epoch.
    pub epoch: u64,
}

impl Signable for Heartbeat {
    const DOMAIN: &'static [u8] = b"lemma/heartbeat/1";

    fn signer(&self) -> AccountId {
        self.prover
    }

    fn chain(&self) -> ChainId {
        self.chain
    }
}

/// A heartbeat as it travels.
pub type SignedHeartbeat = Signed<Heartbeat>;

/// One parameter and its new value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Change {
    /// The parameter's name.
    pub parameter: Text<NAME_MAX>,
    /// Its value from the next epoch on, in its unit.
    pub value: u64,
}

/// Changes that are voted on together.
pub type Changes = List<Change, CHANGES_MAX>;
