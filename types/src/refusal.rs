//! Why something that was sent in is refused: a closed set of reasons, each with a stable code and a hint.

use crate::{Amount, Height, Runtimes};
use borsh::{BorshDeserialize, BorshSerialize};

/// A reason to refuse a transaction, a prover's message, a settlement or a verdict.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, thiserror::Error)]
pub enum Refusal {
    /// Not the canonical encoding of anything.
    #[error("the bytes are not canonical: {0}")]
    Malformed(String),
    /// Larger than allowed.
    #[error("{got} bytes, where at most {max} are allowed")]
    TooLarge {
        /// Bytes that were sent.
        got: u64,
        /// Bytes that are allowed.
        max: u64,
    },
    /// Meant for another network.
    #[error("it is meant for another chain")]
    WrongChain,
    /// Not signed by whom it names.
    #[error("the signature is not the signer's")]
    BadSignature,
    /// The nonce was used before.
    #[error("nonce {got} was used before; the next is {next}")]
    NonceUsed {
        /// The nonce of the transaction.
        got: u64,
        /// The account's next.
        next: u64,
    },
    /// Transactions before this one are missing.
    #[error("nonce {got} comes too early; the next is {next}")]
    NonceGap {
        /// The nonce of the transaction.
        got: u64,
        /// The account's next.
        next: u64,
    },
    /// Its last block is past.
    #[error("it was valid until height {valid_until}; the chain is at {height}")]
    Past {
        /// The last block that could have held it.
        valid_until: Height,
        /// Where the chain is.
        height: Height,
    },
    /// Its last block is too far ahead.
    #[error("it may be valid until height {max} at most, not {got}")]
    TooFarAhead {
        /// The last block that it names.
        got: Height,
        /// The last block that it may name now.
        max: Height,
    },
    /// The fee limit is below the fee.
    #[error("the fee is {fee}, above the limit of {limit}")]
    FeeLimit {
        /// The fee.
        fee: Amount,
        /// The limit that the sender set.
        limit: Amount,
    },
    /// The account has not enough.
    #[error("the account holds {balance} and {needed} are needed")]
    Funds {
        /// What it holds.
        balance: Amount,
        /// What is needed.
        needed: Amount,
    },
    /// A number is out of the range that genesis allows.
    #[error("{what} is {got}, where {min} to {max} are allowed")]
    OutOfRange {
        /// Which number.
        what: String,
        /// What it is.
        got: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// There is no such program.
    #[error("no such program was deployed")]
    UnknownProgram,
    /// The program is there already.
    #[error("the program is deployed already")]
    ProgramExists,
    /// There is no such workload.
    #[error("there is no such workload")]
    UnknownWorkload,
    /// Only the sender of a run may do that.
    #[error("the workload is another account's")]
    NotYours,
    /// The workload is not in the state in which this can be done.
    #[error("the workload is {state}")]
    WrongState {
        /// The state's word.
        state: String,
    },
    /// No registered prover could ever serve it.
    #[error("no prover has {what}; the largest has {largest}")]
    NeverServed {
        /// What is asked for.
        what: String,
        /// What the largest prover has.
        largest: String,
    },
    /// A run names runtimes.
    #[error("the run asks for {0}, which only its program can")]
    Runtimes(Runtimes),
    /// Too many workloads live at once.
    #[error("{0} workloads are under way, the most there can be")]
    Full(u64),
    /// Whoever sent it was not drawn for that attempt.
    #[error("that prover was not drawn for this attempt")]
    NotDrawn,
    /// The attempt is not the one under way.
    #[error("attempt {got} is not under way")]
    WrongAttempt {
        /// The attempt that it names.
        got: u16,
    },
    /// The verdict or settlement is about another proof than was announced.
    #[error("another proof was announced")]
    WrongProof,
    /// Not a member of the verdict set.
    #[error("not a member of the verdict set")]
    Stranger,
    /// It was said before.
    #[error("it was said before")]
    Repeated,
    /// The certificate does not hold.
    #[error("the certificate does not hold: {0}")]
    Certificate(String),
    /// The beacon is not the one that is wanted.
    #[error("the beacon does not hold or its turn has not come")]
    Beacon,
    /// A blob's bytes have another hash.
    #[error("the bytes have another hash")]
    HashMismatch,
    /// There is no room now.
    #[error("there is no room now")]
    Busy,
    /// The account has no bond behind that.
    #[error("the account is no {0}")]
    NoRole(String),
    /// The account is a prover already.
    #[error("the account is registered as a prover already")]
    Registered,
    /// A verdict key was registered before, or its secret is not known to the sender.
    #[error("the verdict key {0}")]
    VerdictKey(String),
    /// A bond does not cover what it stands behind.
    #[error("a bond of {bond} covers {units} cores; {needed} are needed")]
    Bond {
        /// The bond.
        bond: Amount,
        /// The cores that it covers.
        units: u64,
        /// The cores that need it.
        needed: u64,
    },
    /// Something has to come to its end first.
    #[error("not while {0}")]
    NotWhile(String),
    /// There is no such parameter, or it cannot be changed.
    #[error("parameter {0}")]
    Parameter(String),
    /// The evidence proves nothing.
    #[error("the evidence proves nothing: {0}")]
    Evidence(String),
    /// The offence was paid for already.
    #[error("the offence was paid for already")]
    Punished,
    /// An amount cannot be said.
    #[error("an amount is too large")]
    Overflow,
    /// Another transaction waits under this nonce, and this one does not offer more.
    #[error("another transaction of the account waits under this nonce, with a fee limit that is no lower")]
    NonceTaken,
}

impl Refusal {
    /// The stable code of the reason, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLarge { .. } => "too-large",
            Self::WrongChain => "wrong-chain",
            Self::BadSignature => "bad-signature",
            Self::NonceUsed { .. } => "nonce-used",
            Self::NonceGap { .. } => "nonce-gap",
            Self::Past { .. } => "past",
            Self::TooFarAhead { .. } => "too-far-ahead",
            Self::FeeLimit { .. } => "fee-limit",
            Self::Funds { .. } => "funds",
            Self::OutOfRange { .. } => "out-of-range",
            Self::UnknownProgram => "unknown-program",
            Self::ProgramExists => "program-exists",
            Self::UnknownWorkload => "unknown-workload",
            Self::NotYours => "not-yours",
            Self::WrongState { .. } => "wrong-state",
            Self::NeverServed { .. } => "never-served",
            Self::Runtimes(_) => "runtimes",
            Self::Full(_) => "full",
            Self::NotDrawn => "not-drawn",
            Self::WrongAttempt { .. } => "wrong-attempt",
            Self::WrongProof => "wrong-proof",
            Self::Stranger => "stranger",
            Self::Repeated => "repeated",
            Self::Certificate(_) => "certificate",
            Self::Beacon => "beacon",
            Self::HashMismatch => "hash-mismatch",
            Self::Busy => "busy",
            Self::Overflow => "overflow",
            Self::NoRole(_) => "no-role",
            Self::Registered => "registered",
            Self::VerdictKey(_) => "verdict-key",
            Self::Bond { .. } => "bond",
            Self::NotWhile(_) => "not-while",
            Self::Parameter(_) => "parameter",
            Self::Evidence(_) => "evidence",
            Self::Punished => "punished",
            Self::NonceTaken => "nonce-taken",
        }
    }

    /// What to do next.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "encode it with this version of the client",
            Self::TooLarge { .. } => "move large inputs into blobs",
            Self::WrongChain => "ask the node's status for its chain id and sign again",
            Self::BadSignature => "sign with the key of the account that it names",
            Self::NonceUsed { .. } | Self::NonceGap { .. } => "ask for the account's next nonce and sign again",
            Self::Past { .. } | Self::TooFarAhead { .. } => {
                "sign again with a later height, closer to the present height"
            }
            Self::FeeLimit { .. } => "raise the fee limit or make it smaller",
            Self::Funds { .. } => "ask for a quote, then fund the account",
            Self::OutOfRange { .. } => "see the chain's parameters",
            Self::UnknownProgram => "deploy the program first",
            Self::ProgramExists => "use it",
            Self::UnknownWorkload => "check the id; a pending run has no workload yet",
            Self::NotYours => "sign with the account that sent the run",
            Self::WrongState { .. } => "see the workload's timeline",
            Self::NeverServed { .. } => "ask for less",
            Self::Runtimes(_) => "leave runtimes out of the run's resources",
            Self::Full(_) | Self::Busy => "try again later",
            Self::NotDrawn | Self::WrongAttempt { .. } | Self::WrongProof | Self::Stranger => {
                "nothing: it is not your turn"
            }
            Self::Repeated => "nothing: it took effect",
            Self::Certificate(_) | Self::Beacon => "check that the keys are those of this chain",
            Self::HashMismatch => "send the bytes that have this hash",
            Self::Overflow => "use smaller amounts",
            Self::NoRole(_) => "register first; validators are named by genesis",
            Self::Registered => "update it instead",
            Self::VerdictKey(_) => "make a new verdict key and prove possession of it for this chain and account",
            Self::Bond { .. } => "bond more, or declare fewer cores",
            Self::NotWhile(_) => "wait for it, see the prover's status",
            Self::Parameter(_) => "see the chain's parameters and which of them can be voted on",
            Self::Evidence(_) => {
                "send two signed messages that contradict each other, or a verdict against a certificate"
            }
            Self::Punished => "nothing: it took effect",
            Self::NonceTaken => "sign with the next nonce, or raise the fee limit to take the other's place",
        }
    }
}
