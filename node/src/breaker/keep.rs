//! What follows from an open breaker: the replica hands back what is drawn, the chain is told that the prover drains, and it is
//! written down, so that a restart does not begin anew.

use super::{Breaker, Open};
use crate::{
    feed::Filter,
    folder::replace,
    host::{Desk, Host},
    state::State,
};
use api::Problem;
use ports::Engine;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use types::{
    Amount, Call, ChainId, Height, SecretKey, Signed, Transaction, codec,
    fee::transaction_fee,
    host::HostEvent,
    record::{Account, Meta, Prover},
    registry::ProverUpdate,
    sign::Signature,
    state_key,
};

/// How often it is looked after.
const LOOK: Duration = Duration::from_secs(1);
/// How long a transaction may take before another is sent.
const SEND_AGAIN: Duration = Duration::from_secs(20);
/// Blocks for which such a transaction is valid.
const VALID_BLOCKS: u64 = 100;

/// Keeps the breaker of a prover, until the event stream of its host ends. `path` is the file that is there while it is open.
pub async fn keep_breaker(engine: Arc<dyn Engine>, host: &Host, chain: ChainId, secret: SecretKey, path: PathBuf) {
    let (state, desk) = (State(engine), host.0.clone());
    if let Some(open) = read(&path) {
        desk.breaker().reopen(open);
    }
    let mut keeper = Keeper { state, desk, chain, secret, path, known: None, sent: None };
    while keeper.desk.feed.listen(Filter::default()).is_some() {
        keeper.look().await;
        tokio::time::sleep(LOOK).await;
    }
}

struct Keeper {
    state: State,
    desk: Arc<Desk>,
    chain: ChainId,
    secret: SecretKey,
    path: PathBuf,
    /// What was told and written down last.
    known: Option<Open>,
    sent: Option<Instant>,
}

impl Keeper {
    async fn look(&mut self) {
        self.change().await;
        if self.known.is_none() {
            return;
        }
        if let Err(problem) = self.drain().await {
            tracing::warn!(%problem, "an open breaker cannot drain the prover yet");
        }
        self.change().await;
    }

    /// Tells and writes down what changed.
    async fn change(&mut self) {
        let open = self.desk.breaker().open().cloned();
        if open == self.known {
            return;
        }
        if open.is_some() != self.known.is_some() {
            told(open.as_ref());
            self.desk.insist(&HostEvent::Refuse { refuse: open.is_some() }).await;
        }
        if let Err(error) = write(&self.path, open.as_ref()) {
            tracing::error!(%error, path = %self.path.display(), "the breaker is not on disk: a restart forgets it");
        }
        self.known = open;
    }

    /// Sees to it that the chain knows.
    async fn drain(&mut self) -> Result<(), Problem> {
        let account = self.secret.account();
        let (_, prover) = self.state.get::<Prover>(state_key::prover(account)).await?;
        let Some(prover) = prover else { return Ok(()) };
        self.desk.breaker().chain_says(prover.draining);
        let drained = self.desk.breaker().open().is_none_or(|open| open.drained);
        if drained || self.sent.is_some_and(|sent| sent.elapsed() < SEND_AGAIN) {
            return Ok(());
        }
        let (height, meta) = self.state.get::<Meta>(state_key::meta()).await?;
        let (_, record) = self.state.get::<Account>(state_key::account(account)).await?;
        let (Some(meta), Some(record)) = (meta, record) else { return Ok(()) };
        let signed = self.transaction(&meta, record.nonce, height);
        self.sent = Some(Instant::now());
        match self.desk.submit(signed).await {
            Ok(transaction) => tracing::warn!(%transaction, "the chain is told that the prover drains"),
            Err(error) => tracing::warn!(?error, "the chain could not be told that the prover drains"),
        }
        Ok(())
    }

    fn transaction(&self, meta: &Meta, nonce: u64, height: u64) -> Signed<Transaction> {
        let valid = VALID_BLOCKS.min(meta.params.validity_max);
        let update = ProverUpdate { capacity: None, drain: Some(true), address: None };
        let mut value = Transaction {
            chain: self.chain,
            sender: self.secret.account(),
            nonce,
            fee_limit: Amount::ZERO,
            valid_until: Height(height.saturating_add(valid)),
            call: Call::Update(update),
        };
        // The fee depends on the length alone.
        let bytes = codec::encode(&Signed { value: value.clone(), signature: Signature([0; 64]) }).len();
        value.fee_limit = transaction_fee(&meta.params, bytes).unwrap_or(Amount::ZERO);
        Signed::new(value, &self.secret)
    }
}

fn told(open: Option<&Open>) {
    let Some(open) = open else {
        return tracing::info!("the breaker is closed: the prover takes workloads again");
    };
    for failure in &open.failures {
        tracing::error!(what = failure.what, workload = %failure.workload, "a failure in a row");
    }
    tracing::error!(
        failures = open.failures.len(),
        "the breaker is open: the prover takes no new workloads and finishes what it holds, until `lemma prover resume`"
    );
}

/// The file of an open breaker. One that cannot be read opens nothing, and is told.
fn read(path: &Path) -> Option<Open> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "whether the breaker was open is not known");
            return None;
        }
    };
    let damaged = |error| tracing::error!(%error, path = %path.display(), "what opened the breaker cannot be read");
    serde_json::from_slice(&bytes).map_err(damaged).ok()
}

fn write(path: &Path, open: Option<&Open>) -> io::Result<()> {
    let Some(open) = open else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    replace(path, &serde_json::to_vec_pretty(open)?)
}

impl From<&Breaker> for api::Breaker {
    fn from(breaker: &Breaker) -> Self {
        let (failures, most) = breaker.count();
        let (since_ms, by) = breaker.open().map_or((None, &[][..]), |open| (Some(open.since_ms), &*open.failures));
        let failure =
            |it: &super::Failure| api::OwnFailure { what: it.what.clone(), workload: it.workload, time_ms: it.time_ms };
        Self {
            open: since_ms.is_some(),
            since_ms,
            failures: failures as u64,
            failures_max: most,
            by: by.iter().map(failure).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_breaker_is_a_file_and_a_closed_one_none() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("breaker.json");
        let open = Open { since_ms: 7, failures: Vec::new(), drained: true };
        write(&path, Some(&open)).expect("written");
        assert_eq!(read(&path), Some(open));
        fs::write(&path, "nonsense").expect("written");
        assert_eq!(read(&path), None);
        (0..2).for_each(|_| write(&path, None).expect("removed"));
        assert_eq!(read(&path), None);
    }
}
