//! What can go wrong, with a stable code and a hint.

use api::Problem;
use receipt::ReceiptError;
use types::{BlobId, State, WorkloadId};

/// Why a request did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is none of a node.
    #[error("{url:?} is not the address of a node: {why}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The node cannot be reached, or stopped answering.
    #[error("the node at {node} cannot be reached: {why}")]
    Unreachable {
        /// The node.
        node: String,
        /// What the connection said, from the outside in.
        why: String,
    },
    /// The node answered with a problem.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The answer is not what the API promises.
    #[error("the node's answer makes no sense: {0}")]
    Answer(String),
    /// The answer is longer than it may be.
    #[error("the node's answer is longer than {max} bytes")]
    TooLong {
        /// The longest it may be.
        max: u64,
    },
    /// The bytes are not those of the blob that was asked for.
    #[error("the node sent other bytes than those of blob {0}")]
    WrongBlob(BlobId),
    /// A file of this machine cannot be read or written.
    #[error("{file} cannot be used: {why}")]
    File {
        /// The file.
        file: String,
        /// What the operating system said.
        why: String,
    },
    /// The receipt does not hold.
    #[error("the receipt is refused: {0}")]
    Receipt(#[from] ReceiptError),
    /// The receipt is another workload's.
    #[error("the node sent the receipt of {got} instead of {expected}")]
    OtherReceipt {
        /// The workload that was asked for.
        expected: WorkloadId,
        /// The workload of the receipt.
        got: WorkloadId,
    },
    /// The workload ended without a proof that was verified.
    #[error("workload {workload} ended as {} and has no verified proof", .state.word())]
    NoProof {
        /// The workload.
        workload: WorkloadId,
        /// Its end state.
        state: State,
    },
    /// The proof of the workload was kept for some epochs, and is no longer.
    #[error("the node no longer has the proof of workload {0}")]
    ProofGone(WorkloadId),
    /// The amount of a fee cannot be said.
    #[error("the fee is too large to be said")]
    Overflow,
}

impl ClientError {
    /// The stable code, for machines: that of the problem, or one of `address`, `unreachable`, `bad-answer`, `file`, `receipt`,
    /// `no-proof`, `proof-gone`, `overflow`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Address { .. } => "address",
            Self::Unreachable { .. } => "unreachable",
            Self::Problem(problem) => &problem.code,
            Self::Answer(_) | Self::TooLong { .. } | Self::WrongBlob(_) => "bad-answer",
            Self::File { .. } => "file",
            Self::Receipt(_) | Self::OtherReceipt { .. } => "receipt",
            Self::NoProof { .. } => "no-proof",
            Self::ProofGone(_) => "proof-gone",
            Self::Overflow => "overflow",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Address { .. } => "give it as http://HOST:PORT or https://HOST",
            Self::Unreachable { .. } => "check that the node runs and that the address is that of its API",
            Self::Problem(problem) => &problem.hint,
            Self::Answer(_) | Self::TooLong { .. } => "check that the address is that of a node of this version",
            Self::File { .. } => "check the path, and whether there is room",
            Self::WrongBlob(_) => "ask another node: this one lies or is damaged",
            Self::Receipt(_) | Self::OtherReceipt { .. } => {
                "check that the group key is that of this chain; ask another node"
            }
            Self::NoProof { .. } => "name a workload that was verified",
            Self::ProofGone(_) => "put its bundle back with `lemma blob put`, if you kept it; ask an archive",
            Self::Overflow => "use smaller amounts",
        }
    }

    /// Whether the node said that something is not there (yet).
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.status == 404)
    }

    /// Whether it is worth asking again: the node could not be reached, or had no time.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }
}
