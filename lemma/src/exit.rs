//! How the command ends: a code for scripts, a message and a hint for people.

use client::ClientError;
use node::KeyError;
use receipt::ReceiptError;

/// The exit codes, as `--help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Something failed here.
    Failed = 1,
    /// The command line or an input file makes no sense.
    Usage = 2,
    /// The node cannot be reached or cannot answer.
    Unreachable = 3,
    /// The network or the node refused.
    Refused = 4,
    /// A receipt, proof or blob is not what it should be.
    Unverified = 5,
    /// The workload ended without a proof.
    WithoutProof = 6,
}

/// What the table at the end of `--help` says.
pub const TABLE: &str = "\
Exit codes:
  0  done
  1  something failed here
  2  the command line or an input file makes no sense
  3  the node cannot be reached or cannot answer now
  4  the network or the node refused
  5  a receipt, proof or blob is not what it should be
  6  the workload ended without a proof";

/// A failure that has its own code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What happened.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl Failure {
    /// The command line or an input file makes no sense.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: Code::Usage, message: message.into(), hint: hint.into() }
    }

    /// The workload ended without a proof.
    pub fn without_proof(message: impl Into<String>) -> Self {
        let hint = "`lemma explain ID` tells why; its receipt says so too".to_owned();
        Self { code: Code::WithoutProof, message: message.into(), hint }
    }

    /// The network does not know what is asked about, or does not do it.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: Code::Refused, message: message.into(), hint: hint.into() }
    }

    /// Something is not what it should be.
    pub fn unverified(message: impl Into<String>) -> Self {
        Self { code: Code::Unverified, message: message.into(), hint: String::new() }
    }
}

/// What is told of an error, by whatever lies at its root.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The exit code.
    pub exit: Code,
    /// The stable code in words.
    pub code: String,
    /// What to do next; may be empty.
    pub hint: String,
}

/// Maps an error to what is told of it.
#[must_use]
pub fn told(error: &anyhow::Error) -> Told {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Told { exit: failure.code, code: word(failure.code).to_owned(), hint: failure.hint.clone() };
    }
    if let Some(error) = error.downcast_ref::<ClientError>() {
        return Told { exit: of_client(error), code: error.code().to_owned(), hint: error.hint().to_owned() };
    }
    if error.downcast_ref::<KeyError>().is_some() {
        let hint = "name a file that can be used; one that exists is never overwritten".to_owned();
        return Told { exit: Code::Failed, code: word(Code::Failed).to_owned(), hint };
    }
    if error.downcast_ref::<ReceiptError>().is_some() {
        let hint = "check that the group key is that of this chain".to_owned();
        return Told { exit: Code::Unverified, code: "receipt".to_owned(), hint };
    }
    Told { exit: Code::Failed, code: word(Code::Failed).to_owned(), hint: String::new() }
}

/// Says it in the words of a command where the network refused with this code, and leaves every other error as it is.
pub fn instead(error: anyhow::Error, code: &str, failure: impl FnOnce() -> Failure) -> anyhow::Error {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Problem(problem)) if problem.code == code => failure().into(),
        _ => error,
    }
}

fn of_client(error: &ClientError) -> Code {
    match error {
        ClientError::Address { .. } | ClientError::File { .. } => Code::Usage,
        ClientError::Unreachable { .. } => Code::Unreachable,
        ClientError::Problem(problem) if problem.status >= 500 => Code::Unreachable,
        ClientError::Problem(_) | ClientError::ProofGone(_) => Code::Refused,
        ClientError::NoProof { .. } => Code::WithoutProof,
        ClientError::WrongBlob(_) | ClientError::Receipt(_) | ClientError::OtherReceipt { .. } => Code::Unverified,
        ClientError::Answer(_) | ClientError::TooLong { .. } | ClientError::Overflow => Code::Failed,
    }
}

const fn word(code: Code) -> &'static str {
    match code {
        Code::Failed => "failed",
        Code::Usage => "usage",
        Code::Unreachable => "unreachable",
        Code::Refused => "refused",
        Code::Unverified => "unverified",
        Code::WithoutProof => "without-proof",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{Problem, problem};

    fn code(error: impl Into<anyhow::Error>) -> u8 {
        told(&error.into()).exit as u8
    }

    #[test]
    fn every_kind_of_error_has_its_code() {
        let problem = |kind| ClientError::Problem(Box::new(Problem::new(kind, "")));
        let gone = ClientError::Unreachable { node: String::new(), why: String::new() };
        assert_eq!(code(anyhow::anyhow!("other")), 1);
        assert_eq!(code(Failure::usage("", "")), 2);
        assert_eq!(code(Client::new("").expect_err("address")), 2);
        assert_eq!(code(gone), 3);
        assert_eq!(code(problem(problem::BUSY)), 3);
        assert_eq!(code(problem(problem::NOT_FOUND)), 4);
        assert_eq!(code(ClientError::Receipt(ReceiptError::Proof)), 5);
        assert_eq!(code(ReceiptError::Proof), 5);
        assert_eq!(code(Failure::without_proof("")), 6);
    }

    use client::Client;

    #[test]
    fn context_does_not_hide_the_code() {
        let error = anyhow::Error::from(ReceiptError::Proof).context("while checking");
        assert_eq!(told(&error).exit, Code::Unverified);
    }

    #[test]
    fn a_refusal_is_said_in_the_words_of_the_command() {
        let refused = || {
            let problem = Problem::from(&types::Refusal::Repeated);
            anyhow::Error::from(ClientError::Problem(Box::new(problem)))
        };
        let other = || Failure::refused("not jailed", "");
        assert_eq!(instead(refused(), "repeated", other).to_string(), "not jailed");
        assert_eq!(told(&instead(refused(), "repeated", other)).exit, Code::Refused);
        assert_eq!(instead(refused(), "funds", other).to_string(), "it was said before");
    }

    #[test]
    fn the_table_names_every_code() {
        for code in 0..=6 {
            assert!(TABLE.contains(&format!("\n  {code}  ")), "{code}");
        }
    }
}
