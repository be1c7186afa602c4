//! Heartbeats (rule 10): a prover that was not heard of in an epoch is not active in the next.

use crate::{
    bond, check, life,
    work::{Outcomes, Work},
};
use types::registry::SignedHeartbeat;

/// Takes a prover's sign of life, once in an epoch.
pub(crate) fn take(work: &mut Work, signed: &SignedHeartbeat) -> Outcomes {
    work.prove(|_, chain| signed.clone().verify(chain).map(|_| ()))?;
    let prover = bond::registered(work, signed.value.prover)?;
    check::heartbeat(&prover, &signed.value, work.meta.epoch)?;
    let epoch = signed.value.epoch;
    life::change_prover(work, prover.account, |prover| {
        (prover.seen, prover.spoke) = (epoch, 0);
        Some(())
    })
}
