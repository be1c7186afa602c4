//! The prover of a node: its keys, and what runs programs.

use crate::{error::NodeError, folder::Folder, host, keys};
use executor::{Executor, NativeExecutor, NativeSettings, Settings, wasm::engine::VERIFIER_ENGINE};
use replica::ProverKeys;
use std::{path::Path, sync::Arc, thread};
use types::{Genesis, Resources, SecretKey, VerdictSecret};

/// A prover.
pub(super) struct Prover {
    pub(super) keys: ProverKeys,
    pub(super) runs: host::Prover,
}

/// The prover whose secret is in a file. Its runtime is offered only after something really ran in it.
pub(super) fn prover(path: &Path, genesis: &Genesis, folder: &Folder) -> Result<Prover, NodeError> {
    if *genesis.verifier != *VERIFIER_ENGINE {
        let (genesis, ours) = (genesis.verifier.to_string(), VERIFIER_ENGINE.to_owned());
        return Err(NodeError::Verifier { genesis, ours });
    }
    let keys = read(path)?;
    let capacity = capacity(genesis, &keys)?;
    let failed = |error: String| NodeError::Executor(error);
    let executor = Executor::new(&folder.join("programs"), Settings::default());
    let executor = executor.map_err(|error| failed(error.to_string()))?;
    let probe = executor.probe().map_err(|error| failed(error.to_string()))?;
    tracing::info!(?probe, "programs run on this machine");
    let native = native(folder, &capacity)?;
    Ok(Prover { keys, runs: host::Prover { executor: Arc::new(executor), native, capacity } })
}

/// The sandbox for Linux programs, if this machine has one that holds. Where the prover says that it does, and it has not, it is
/// told: what is drawn would be handed back.
fn native(folder: &Folder, capacity: &Resources) -> Result<Option<Arc<NativeExecutor>>, NodeError> {
    let executor = NativeExecutor::new(&folder.join("sandbox"), NativeSettings::default());
    let executor = executor.map_err(|error| NodeError::Executor(error.to_string()))?;
    match executor.probe() {
        Ok(probe) => {
            tracing::info!(?probe, "Linux programs run in a sandbox");
            Ok(Some(Arc::new(executor)))
        }
        Err(error) if capacity.runtimes.is_empty() => {
            tracing::info!(%error, "no Linux programs are run");
            Ok(None)
        }
        Err(error) => {
            tracing::warn!(%error, "genesis says that this prover runs Linux programs; it cannot, and hands them back");
            Ok(None)
        }
    }
}

/// One secret makes both keys.
fn read(path: &Path) -> Result<ProverKeys, NodeError> {
    let secret = keys::read_key(path)?;
    let wrong = || keys::KeyError::Content { path: path.to_owned(), expected: "a key" };
    let account = SecretKey::from_bytes(&secret).ok_or_else(wrong)?;
    let verdict = VerdictSecret::derive(&secret).ok_or_else(wrong)?;
    Ok(ProverKeys { account, verdict })
}

/// What programs may take together: the machine's cores, or more if genesis says that this prover has more. How much of it is
/// drawn on is what the prover declared to the chain.
fn capacity(genesis: &Genesis, keys: &ProverKeys) -> Result<Resources, NodeError> {
    let (account, key) = (keys.account.account(), keys.verdict.public());
    let cores = u32::try_from(thread::available_parallelism().map_or(1, usize::from)).unwrap_or(u32::MAX);
    match genesis.provers.iter().find(|prover| prover.account == account) {
        Some(declared) if declared.key == key => {
            Ok(Resources { cpus: declared.capacity.cpus.max(cores), ..declared.capacity })
        }
        Some(_) => Err(NodeError::VerdictKey(account)),
        None => {
            tracing::info!(%account, cores, "the prover is not of genesis: `lemma prover register` makes it known");
            Ok(Resources { cpus: cores, ..Resources::default() })
        }
    }
}
