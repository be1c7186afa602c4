//! One function for each endpoint.

use crate::{Client, ClientError, client::Content, sign::encode_signed};
use api::{
    Account, Block, Genesis, Params, Program, Prover, Quote, QuoteRequest, Status, Submitted, TransactionState,
    TransactionStatus, Validators, Workload, paths,
};
use bytes::Bytes;
use reqwest::Method;
use types::{
    AccountId, Call, ProgramId, TxId, WorkloadId,
    limits::{LOG_MAX, PROOF_MAX},
    transaction::SignedTransaction,
};

/// Which bytes of a proof are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofPart {
    /// The proof alone.
    #[default]
    Proof,
    /// The public values alone.
    Public,
    /// Both, as the blob that the announcement names.
    Bundle,
}

impl ProofPart {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Public => "public",
            Self::Bundle => "bundle",
        }
    }
}

/// A proof that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenProof {
    /// The bytes.
    pub bytes: Bytes,
    /// Whether the node says that it is verified. Only a receipt shows it.
    pub verified: bool,
}

impl Client {
    /// How the chain and the node fare.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.get(paths::STATUS).await
    }

    /// The genesis file.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn genesis(&self) -> Result<Genesis, ClientError> {
        self.get(paths::GENESIS).await
    }

    /// The parameters in force, each with what is known of it.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn params(&self) -> Result<Params, ClientError> {
        self.get(paths::PARAMS).await
    }

    /// Sends a signed transaction. Sending it again is harmless: one that is already in a block counts as sent.
    ///
    /// # Errors
    /// The protocol's refusals as problems; otherwise as every request.
    pub async fn submit(&self, signed: &SignedTransaction) -> Result<Submitted, ClientError> {
        let content = Content::Bytes(encode_signed(signed).into());
        match self.json(Method::POST, paths::TRANSACTIONS, content).await {
            Err(ClientError::Problem(problem)) if problem.code == "nonce-used" => {
                let transaction = signed.value.id();
                let known = self.transaction(transaction).await?.state;
                let sent = matches!(known, TransactionState::Pending | TransactionState::Included);
                let workload = matches!(signed.value.call, Call::Run(_)).then(|| transaction.into());
                if sent { Ok(Submitted { transaction, workload }) } else { Err(ClientError::Problem(problem)) }
            }
            result => result,
        }
    }

    /// What became of a transaction.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn transaction(&self, id: TxId) -> Result<TransactionStatus, ClientError> {
        self.get(&paths::fill(paths::TRANSACTION, &id)).await
    }

    /// What a run would cost, and where its money would go.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, ClientError> {
        self.json(Method::POST, paths::QUOTE, Content::json(request)?).await
    }

    /// A workload, with everything that happened to it.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn workload(&self, id: WorkloadId) -> Result<Workload, ClientError> {
        self.get(&paths::fill(paths::WORKLOAD, &id)).await
    }

    /// The proof of a workload; with `unverified` as soon as there is one.
    ///
    /// # Errors
    /// `not-verified-yet` and `no-proof` as problems; otherwise as every request.
    pub async fn proof(&self, id: WorkloadId, part: ProofPart, unverified: bool) -> Result<TakenProof, ClientError> {
        let path = paths::fill(paths::PROOF, &id);
        let early = if unverified { "true" } else { "false" };
        let query = [("part", part.word()), ("unverified", early)];
        let (bytes, verified) = self.bytes(&path, &query, paths::VERIFIED_HEADER, PROOF_MAX + 64).await?;
        Ok(TakenProof { bytes, verified: verified.as_deref() == Some("true") })
    }

    /// The receipt of a workload that has ended, as the node gives it: check it with [`receipt::check`].
    ///
    /// # Errors
    /// `not-ended-yet` as a problem; otherwise as every request.
    pub async fn receipt(&self, id: WorkloadId) -> Result<Bytes, ClientError> {
        let path = paths::fill(paths::RECEIPT, &id);
        Ok(self.bytes(&path, &[], "", receipt::RECEIPT_MAX as u64).await?.0)
    }

    /// What the program of an attempt, counted from 1, logged; of the last one unless told.
    ///
    /// # Errors
    /// `no-log` as a problem; otherwise as every request.
    pub async fn log(&self, id: WorkloadId, attempt: Option<u16>) -> Result<Bytes, ClientError> {
        let attempt = attempt.map(|attempt| attempt.to_string());
        let query: Vec<_> = attempt.iter().map(|attempt| ("attempt", attempt.as_str())).collect();
        Ok(self.bytes(&paths::fill(paths::LOG, &id), &query, "", 16 * LOG_MAX as u64).await?.0)
    }

    /// A program.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn program(&self, id: ProgramId) -> Result<Program, ClientError> {
        self.get(&paths::fill(paths::PROGRAM, &id)).await
    }

    /// A prover.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn prover(&self, id: AccountId) -> Result<Prover, ClientError> {
        self.get(&paths::fill(paths::PROVER, &id)).await
    }

    /// An account.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn account(&self, id: AccountId) -> Result<Account, ClientError> {
        self.get(&paths::fill(paths::ACCOUNT, &id)).await
    }

    /// All validators, with their bonds, seats and votes.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn validators(&self) -> Result<Validators, ClientError> {
        self.get(paths::VALIDATORS).await
    }

    /// A final block.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn block(&self, height: u64) -> Result<Block, ClientError> {
        self.get(&paths::fill(paths::BLOCK, &height)).await
    }
}
