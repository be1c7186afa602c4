//! What a replica keeps through a crash, and under which keys.
//!
//! A verdict, an announcement and a fail are durable before they are sent, so that a replica never contradicts itself; a
//! transaction that a user handed to this node is durable before the user hears that it was taken.

use borsh::BorshDeserialize;
use bytes::Bytes;
use types::{
    SignedVerdict, TxId, Workload, WorkloadId, codec,
    limits::{PROVER_MESSAGE_MAX, TRANSACTION_MAX},
    message::SignedProverMessage,
    transaction::SignedTransaction,
    verdict::Subject,
};

const TRANSACTION: u8 = b't';
const PROVER: u8 = b'p';
const VERDICT: u8 = b'v';

/// Something that was kept.
pub(crate) enum Kept {
    /// A user's transaction.
    Transaction(SignedTransaction),
    /// An announcement or a fail of this node's prover.
    Prover(SignedProverMessage),
    /// A verdict of this node's prover.
    Verdict(SignedVerdict),
}

pub(crate) fn transaction(id: TxId) -> Vec<u8> {
    [[TRANSACTION].as_slice(), &id.0].concat()
}

pub(crate) fn prover(workload: WorkloadId, attempt: u16) -> Vec<u8> {
    [[PROVER].as_slice(), &workload.0, &attempt.to_le_bytes()].concat()
}

pub(crate) fn verdict(subject: &Subject) -> Vec<u8> {
    [[VERDICT].as_slice(), &subject.workload.0, &subject.attempt.to_le_bytes(), &subject.proof.0].concat()
}

/// Whether the state shows that an attempt is over, so that nothing said about it is of use any more. After a crash the state may
/// be behind what this node acted on before: an attempt that it has not come to yet is not over.
pub(crate) fn is_over(record: &Workload, attempt: u16) -> bool {
    let index = usize::from(attempt).checked_sub(1);
    let ended = index.and_then(|index| record.attempts.get(index)).is_some_and(|attempt| attempt.end.is_some());
    record.state.is_end() || ended
}

/// Whether a verdict about a proof is of no use any more: the attempt is over, or a block holds another proof of it.
pub(crate) fn is_moot(record: &Workload, subject: &Subject) -> bool {
    let announced = record.subject().map(|(announced, _)| announced);
    let is_other = announced.is_some_and(|other| other.attempt == subject.attempt && other.proof != subject.proof);
    is_over(record, subject.attempt) || is_other
}

/// Reads back what was kept; none for what a later version may have left.
pub(crate) fn read(key: &[u8], value: &Bytes) -> Option<Kept> {
    fn decode<T: BorshDeserialize>(value: &Bytes, max: usize) -> Option<T> {
        codec::decode(value, max).ok()
    }
    match *key.first()? {
        TRANSACTION => decode(value, TRANSACTION_MAX).map(Kept::Transaction),
        PROVER => decode(value, PROVER_MESSAGE_MAX).map(Kept::Prover),
        VERDICT => decode(value, PROVER_MESSAGE_MAX).map(Kept::Verdict),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{attempt, workload};
    use types::{AttemptEnd, BlobId, State};

    fn record(ended: &[bool], state: State) -> Workload {
        let end = |ended: &bool| ended.then_some(AttemptEnd::Silent);
        workload(1, state, ended.iter().map(|ended| attempt(None, end(ended))).collect())
    }

    #[test]
    fn an_attempt_is_over_only_when_the_state_says_so() {
        let over = |attempts: &[bool], state| [1, 2].map(|attempt| is_over(&record(attempts, state), attempt));
        assert_eq!(over(&[], State::Queued), [false, false]);
        assert_eq!(over(&[false], State::Proving), [false, false]);
        assert_eq!(over(&[true], State::Queued), [true, false]);
        assert_eq!(over(&[true, false], State::Proving), [true, false]);
        assert_eq!(over(&[true], State::Failed), [true, true]);
        assert!(!is_over(&record(&[], State::Queued), 0));
    }

    #[test]
    fn a_verdict_is_moot_when_its_attempt_is_over_or_another_proof_is_announced() {
        let proof = |byte| Subject { workload: WorkloadId([1; 32]), attempt: 1, proof: BlobId([byte; 32]) };
        let announced = workload(1, State::Proved, vec![attempt(Some(60), None)]);
        assert_eq!([60, 61].map(|byte| is_moot(&announced, &proof(byte))), [false, true]);
        let proving = workload(1, State::Proving, vec![attempt(None, None)]);
        assert!(!is_moot(&proving, &proof(60)));
        let ended = workload(1, State::Queued, vec![attempt(Some(60), Some(AttemptEnd::Undecided))]);
        assert!(is_moot(&ended, &proof(60)));
    }
}
