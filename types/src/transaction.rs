//! Transactions: what an account asks the chain to do, for a fee (rule 1).

use crate::{
    AccountId, Amount, ChainId, Height, Program, Run, TxId, WorkloadId,
    id::hash_in,
    offence::Evidence,
    registry::{Changes, ProverUpdate, Registration, Role},
    sign::{Signable, Signed},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// What is asked for. The order of the kinds is part of the encoding.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Call {
    /// Moves money.
    Transfer {
        /// To whom.
        to: AccountId,
        /// How much.
        amount: Amount,
    },
    /// Makes a program known.
    Deploy(Program),
    /// Asks for one execution of a program.
    Run(Run),
    /// Takes back a run that has not been allocated.
    Cancel {
        /// The workload of that run.
        workload: WorkloadId,
    },
    /// Adds to a bond of the sender.
    Bond {
        /// Behind what.
        role: Role,
        /// How much.
        amount: Amount,
    },
    /// Takes back of a bond of the sender; it is paid back when it can no longer have to answer for anything.
    Unbond {
        /// Behind what.
        role: Role,
        /// How much.
        amount: Amount,
    },
    /// Joins as a prover.
    Register(Box<Registration>),
    /// Changes what the sender declared as a prover.
    Update(ProverUpdate),
    /// Ends the sender's jail.
    Return,
    /// Says which parameters the sender, who is seated, wants changed at the next epoch: in place of what it wanted before.
    Vote(Changes),
    /// Proves an offence.
    Evidence(Box<Evidence>),
}

impl Call {
    /// The word for this kind of transaction.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Transfer { .. } => "transfer",
            Self::Deploy(_) => "deploy",
            Self::Run(_) => "run",
            Self::Cancel { .. } => "cancel",
            Self::Bond { .. } => "bond",
            Self::Unbond { .. } => "unbond",
            Self::Register(_) => "register",
            Self::Update(_) => "update",
            Self::Return => "return",
            Self::Vote(_) => "vote",
            Self::Evidence(_) => "evidence",
        }
    }
}

/// A transaction, as its sender signs it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Transaction {
    /// The network it is meant for.
    pub chain: ChainId,
    /// Who asks and pays.
    pub sender: AccountId,
    /// How many transactions of the sender came before.
    pub nonce: u64,
    /// The most the sender pays for the transaction itself.
    pub fee_limit: Amount,
    /// The last block that may hold it.
    pub valid_until: Height,
    /// What is asked for.
    pub call: Call,
}

impl Transaction {
    /// The transaction's name: what was signed decides it, the signature does not.
    #[must_use]
    pub fn id(&self) -> TxId {
        TxId(hash_in("lemma 1 transaction", self))
    }
}

impl Signable for Transaction {
    const DOMAIN: &'static [u8] = b"lemma/transaction/1";

    fn signer(&self) -> AccountId {
        self.sender
    }

    fn chain(&self) -> ChainId {
        self.chain
    }
}

/// A transaction as it travels.
pub type SignedTransaction = Signed<Transaction>;
