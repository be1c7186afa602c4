//! What follows the event stream of a node from its start to its end.

use crate::{breaker::keep_breaker, feed::learn_parties, host::Host, index::follow_index, webhooks::Webhooks};
use ledger::Ledger;
use ports::Handle;
use std::{path::PathBuf, sync::Arc};
use tokio::task::JoinSet;
use types::SecretKey;

/// What there is to do beside answering.
pub(super) struct Duties {
    pub(super) ledger: Ledger,
    /// The secret of the prover's account, and the file that is there while its breaker is open.
    pub(super) breaker: Option<(SecretKey, PathBuf)>,
    pub(super) webhooks: Option<Webhooks>,
}

/// Begins with all of it. It ends with the event stream, when the host is stopped.
pub(super) fn follow(handle: &Handle, host: &Arc<Host>, duties: Duties) -> JoinSet<()> {
    let Duties { ledger, breaker, webhooks } = duties;
    let chain = ledger.chain();
    let mut all = JoinSet::new();
    let (engine, outside) = (handle.engine.clone(), host.clone());
    let (rules, runtime) = (ledger.clone(), tokio::runtime::Handle::current());
    all.spawn_blocking(move || follow_index(engine, &outside, rules, &runtime));
    let (engine, outside) = (handle.engine.clone(), host.clone());
    all.spawn(async move { learn_parties(engine, &outside).await });
    if let Some((secret, path)) = breaker {
        let (engine, outside) = (handle.engine.clone(), host.clone());
        all.spawn(async move { keep_breaker(engine, &outside, chain, secret, path).await });
    }
    if let Some(webhooks) = webhooks {
        all.spawn(webhooks.follow(handle.engine.clone(), chain, host));
    }
    all
}
