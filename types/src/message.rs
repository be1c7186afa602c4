//! What a prover tells the chain: signed, free of charge, with reserved room in every block (rule 1).

use crate::{
    AccountId, BlobId, ChainId, Text, WorkloadId,
    limits::TEXT_MAX,
    sign::{Signable, Signed},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Why an attempt failed, in a word for machines and a line for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum FailKind {
    /// The program ended with an error.
    Exit = 0,
    /// The program trapped.
    Trap = 1,
    /// The program ran out of its time.
    Timeout = 2,
    /// The program wanted more memory than it asked for.
    Memory = 3,
    /// The program wrote more than it may.
    Output = 4,
    /// The program's own verifier refused the proof.
    SelfCheck = 5,
    /// The artifact cannot be run.
    BadProgram = 6,
    /// The inputs could not be fetched.
    Inputs = 7,
    /// The prover's own machine failed, again and again.
    Host = 8,
}

impl FailKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::SelfCheck => "self-check",
            Self::BadProgram => "bad-program",
            Self::Inputs => "inputs",
            Self::Host => "host",
        }
    }
}

/// A fail: reason and log (rule 8).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fail {
    /// What happened.
    pub kind: FailKind,
    /// In words.
    pub reason: Text<TEXT_MAX>,
    /// What the program logged, and its size in bytes.
    pub log: Option<(BlobId, u64)>,
}

/// What a prover says about its attempt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ProverAction {
    /// It will do it (rule 7).
    Accept,
    /// It will not, in time (rule 7).
    HandBack,
    /// It could not (rule 8).
    Fail(Fail),
    /// It has a proof (rule 9).
    Announce {
        /// The bundle of proof and public values.
        proof: BlobId,
        /// Its size in bytes.
        size: u64,
    },
}

impl ProverAction {
    /// The word for it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::HandBack => "hand-back",
            Self::Fail(_) => "fail",
            Self::Announce { .. } => "announce",
        }
    }
}

/// A prover's message.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProverMessage {
    /// The network it is meant for.
    pub chain: ChainId,
    /// Who says it.
    pub prover: AccountId,
    /// About which workload.
    pub workload: WorkloadId,
    /// About which of its attempts, counted from 1.
    pub attempt: u16,
    /// What.
    pub action: ProverAction,
}

impl Signable for ProverMessage {
    const DOMAIN: &'static [u8] = b"lemma/prover/1";

    fn signer(&self) -> AccountId {
        self.prover
    }

    fn chain(&self) -> ChainId {
        self.chain
    }
}

/// A prover's message as it travels.
pub type SignedProverMessage = Signed<ProverMessage>;

/// A proof with its public values: the blob that an announcement names.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bundle {
    /// The proof.
    pub proof: Vec<u8>,
    /// What the prover claims besides; bound by the verifier.
    pub public: Vec<u8>,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "proof of {} bytes, {} bytes of public values", self.proof.len(), self.public.len())
    }
}
