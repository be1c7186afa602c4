use super::{Held, hold};
use std::collections::BTreeMap;
use types::{ProverAction, SignedVerdict, Verdict, WorkloadId, codec, message::SignedProverMessage, verdict::Subject};

/// A node never contradicts itself, whatever crashes it had: no two final verdicts about one proof, and no two results of one
/// attempt (rules 9, 10 and 13).
#[derive(Default)]
pub struct OneWord {
    verdicts: BTreeMap<Subject, Verdict>,
    results: BTreeMap<(WorkloadId, u16), Vec<u8>>,
}

impl OneWord {
    /// The node sends a verdict.
    ///
    /// # Errors
    /// When it said something else before that is not *unavailable*.
    pub fn verdict(&mut self, signed: &SignedVerdict) -> Held {
        let (subject, verdict) = (signed.subject, signed.verdict);
        let before = self.verdicts.insert(subject, verdict);
        let same = before.is_none_or(|before| before == verdict || before == Verdict::Unavailable);
        hold(same, || format!("a node says {} of {subject:?}, and said {before:?}", verdict.word()))
    }

    /// The node sends a message of its prover.
    ///
    /// # Errors
    /// When it announced another proof for the attempt, or another fail, or both.
    pub fn message(&mut self, signed: &SignedProverMessage) -> Held {
        let said = &signed.value;
        if !matches!(said.action, ProverAction::Announce { .. } | ProverAction::Fail(_)) {
            return Ok(());
        }
        let result = codec::encode(&said.action);
        let first = self.results.entry((said.workload, said.attempt)).or_insert_with(|| result.clone());
        let same = *first == result;
        hold(same, || {
            format!(
                "a node says of attempt {} at {} two things, one of them {:?}",
                said.attempt, said.workload, said.action
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::samples;
    use types::BlobId;

    #[test]
    fn two_final_verdicts_are_found() {
        let mut word = OneWord::default();
        for verdict in [Verdict::Unavailable, Verdict::Valid, Verdict::Valid] {
            assert_eq!(word.verdict(&samples::verdict(verdict)), Ok(()));
        }
        assert!(word.verdict(&samples::verdict(Verdict::Invalid)).is_err());
        assert!(word.verdict(&samples::verdict(Verdict::Unavailable)).is_err());
    }

    #[test]
    fn two_announcements_for_one_attempt_are_found() {
        let mut word = OneWord::default();
        let announce = |proof| samples::message(1, ProverAction::Announce { proof: BlobId([proof; 32]), size: 1 });
        assert_eq!(word.message(&samples::message(1, ProverAction::Accept)), Ok(()));
        assert_eq!(word.message(&announce(1)), Ok(()));
        assert_eq!(word.message(&announce(1)), Ok(()));
        assert_eq!(word.message(&samples::message(2, announce(2).value.action)), Ok(()));
        assert!(word.message(&announce(2)).is_err());
    }
}
