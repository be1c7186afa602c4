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
    use types::{
        AccountId, Attempt, AttemptEnd, Data, Height, List, Millis, ProgramId, Quote, Resources, Run, State,
        workload::Moment,
    };

    fn record(attempts: &[bool], state: State) -> Workload {
        let end = |ended: &bool| ended.then(|| (Moment::default(), AttemptEnd::Silent));
        let prover = AccountId([1; 32]);
        let (accepted, announced, drawn) = (None, None, Moment::default());
        let attempt = |ended| Attempt { prover, drawn_by: Height(1), drawn, accepted, announced, end: end(ended) };
        Workload {
            id: WorkloadId([1; 32]),
            sender: AccountId([2; 32]),
            run: Run {
                program: ProgramId([3; 32]),
                arguments: Data::default(),
                inputs: List::default(),
                resources: Resources::default(),
                compute_max: Millis(1),
                fee_max: types::Amount(1),
            },
            state,
            created: Moment::default(),
            since: Moment::default(),
            moves_on: None,
            fee: Quote::default(),
            billed: Millis(1),
            attempts: List::truncated(attempts.iter().map(attempt).collect()),
            end: None,
        }
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
}
