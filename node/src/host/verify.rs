//! Checking a proof that was announced (rule 10).

use super::{Desk, programs::HostFault};
use std::sync::{Arc, atomic::Ordering};
use types::{
    Text, Verdict, codec,
    host::{HostEvent, Verify},
    message::Bundle,
};

/// What came of a check: a verdict, or none where this host cannot tell; and the reason in words.
type Found = (Option<Verdict>, String);

impl Desk {
    pub(super) fn verify(self: &Arc<Self>, verify: Verify) {
        let (workload, attempt, proof) = (verify.workload, verify.attempt, verify.proof);
        let then = move |(verdict, reason): Found| HostEvent::Verified {
            workload,
            attempt,
            proof,
            verdict,
            reason: Text::truncated(&reason),
        };
        let work = move |desk: &Self| {
            desk.counters.checked.fetch_add(1, Ordering::Relaxed);
            desk.verdict(&verify).unwrap_or_else(|fault| {
                tracing::warn!(%workload, attempt, %fault, "a proof could not be checked");
                (None, fault.to_string())
            })
        };
        self.work(|desk| &desk.checks, work, |reason| (None, reason.to_owned()), then);
    }

    fn verdict(&self, verify: &Verify) -> Result<Found, HostFault> {
        let max = self.params.proof_bytes_max;
        let bytes = self.blob(verify.proof, max)?;
        let Ok(bundle) = codec::decode::<Bundle>(&bytes, bytes.len()) else {
            return Ok((Some(Verdict::Invalid), "the bytes are no bundle of proof and public values".to_owned()));
        };
        drop(bytes);
        let found = self.check(&verify.verifier, verify.fuel_limit, &bundle, verify.statement.iter())?;
        Ok(match found.verdict {
            executor::Verdict::Valid => (Some(Verdict::Valid), String::new()),
            executor::Verdict::Invalid(reason) => (Some(Verdict::Invalid), reason.to_string()),
            executor::Verdict::NoVerdict(reason) => (None, reason.to_string()),
        })
    }
}
