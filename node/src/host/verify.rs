//! Checking a proof that was announced (rule 10).

use super::{Desk, programs::HostFault};
use executor::NoVerdictReason;
use std::sync::{Arc, atomic::Ordering};
use types::{
    Text, Verdict, codec,
    host::{HostEvent, Verify},
    message::Bundle,
};

/// What came of a check; and the reason in words.
struct Found {
    verdict: Option<Verdict>,
    /// Without a verdict: whether there may be one later.
    again: bool,
    reason: String,
}

impl Found {
    fn verdict(verdict: Verdict, reason: impl ToString) -> Self {
        Self { verdict: Some(verdict), again: false, reason: reason.to_string() }
    }

    fn none(again: bool, reason: impl ToString) -> Self {
        Self { verdict: None, again, reason: reason.to_string() }
    }
}

impl Desk {
    pub(super) fn verify(self: &Arc<Self>, verify: Verify) {
        let (workload, attempt, proof) = (verify.workload, verify.attempt, verify.proof);
        let then = move |found: Found| {
            let Found { verdict, again, reason } = found;
            HostEvent::Verified { workload, attempt, proof, verdict, again, reason: Text::truncated(&reason) }
        };
        let work = move |desk: &Self| {
            desk.counters.checked.fetch_add(1, Ordering::Relaxed);
            desk.verdict(&verify).unwrap_or_else(|fault| {
                tracing::warn!(%workload, attempt, %fault, "a proof could not be checked");
                Found::none(fault.may_pass(), fault)
            })
        };
        self.work(|desk| &desk.checks, work, |reason| Found::none(true, reason), then);
    }

    fn verdict(&self, verify: &Verify) -> Result<Found, HostFault> {
        let max = self.params.proof_bytes_max;
        let bytes = self.blob(verify.proof, max)?;
        let Ok(bundle) = codec::decode::<Bundle>(&bytes, bytes.len()) else {
            return Ok(Found::verdict(Verdict::Invalid, "the bytes are no bundle of proof and public values"));
        };
        drop(bytes);
        let found = self.check(&verify.verifier, verify.fuel_limit, &bundle, verify.statement.iter())?;
        Ok(match found.verdict {
            executor::Verdict::Valid => Found::verdict(Verdict::Valid, ""),
            executor::Verdict::Invalid(reason) => Found::verdict(Verdict::Invalid, reason),
            // What takes all of the stack or too much time would do so again.
            executor::Verdict::NoVerdict(reason) => {
                Found::none(matches!(reason, NoVerdictReason::HostFault(_)), reason)
            }
        })
    }
}
