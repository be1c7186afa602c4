//! The prover of a node: its keys, and what runs programs.

use super::machine;
use crate::{
    config::Limits,
    error::NodeError,
    folder::Folder,
    host::{self, Share},
    keys,
};
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
pub(super) fn prover(path: &Path, genesis: &Genesis, folder: &Folder, limits: &Limits) -> Result<Prover, NodeError> {
    if *genesis.verifier != *VERIFIER_ENGINE {
        let (genesis, ours) = (genesis.verifier.to_string(), VERIFIER_ENGINE.to_owned());
        return Err(NodeError::Verifier { genesis, ours });
    }
    let keys = read(path)?;
    let declared = declared(genesis, &keys)?;
    let capacity = capacity(declared.as_ref(), limits);
    let failed = |error: String| NodeError::Executor(error);
    let executor = Executor::new(&folder.join("programs"), Settings::default());
    let executor = executor.map_err(|error| failed(error.to_string()))?;
    let probe = executor.probe().map_err(|error| failed(error.to_string()))?;
    tracing::info!(?probe, "programs run on this machine");
    let native = native(folder, declared.as_ref())?;
    Ok(Prover { keys, runs: host::Prover { executor: Arc::new(executor), native, capacity } })
}

/// The sandbox for Linux programs, if this machine has one that holds. Where the prover says that it does, and it has not, it is
/// told: what is drawn would be handed back.
fn native(folder: &Folder, declared: Option<&Resources>) -> Result<Option<Arc<NativeExecutor>>, NodeError> {
    let executor = NativeExecutor::new(&folder.join("sandbox"), NativeSettings::default());
    let executor = executor.map_err(|error| NodeError::Executor(error.to_string()))?;
    match executor.probe() {
        Ok(probe) => {
            tracing::info!(?probe, "Linux programs run in a sandbox");
            Ok(Some(Arc::new(executor)))
        }
        Err(error) if declared.is_none_or(|declared| declared.runtimes.is_empty()) => {
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

/// What genesis declares of this prover, if it is one of genesis.
fn declared(genesis: &Genesis, keys: &ProverKeys) -> Result<Option<Resources>, NodeError> {
    let (account, key) = (keys.account.account(), keys.verdict.public());
    match genesis.provers.iter().find(|prover| prover.account == account) {
        Some(declared) if declared.key == key => Ok(Some(declared.capacity)),
        Some(_) => Err(NodeError::VerdictKey(account)),
        None => {
            tracing::info!(%account, "the prover is not of genesis: `lemma prover register` makes it known");
            Ok(None)
        }
    }
}

/// What programs may take together. How much of it is drawn on is what the prover declared to the chain: this is what the machine
/// stands. Cores may be shared, so if genesis says that there are more than the machine has, there are. Memory may not, and some
/// of it is left to the node.
fn capacity(declared: Option<&Resources>, limits: &Limits) -> Share {
    let cores = u32::try_from(thread::available_parallelism().map_or(1, usize::from)).unwrap_or(u32::MAX);
    let cores = declared.map_or(cores, |declared| declared.cpus.max(cores));
    let memory_bytes = memory(machine::memory_bytes().unwrap_or(u64::MAX), limits);
    tracing::info!(cores, memory_mib = memory_bytes >> 20, "programs may take together");
    if let Some(declared) = declared {
        warn_of(declared, memory_bytes >> 20);
    }
    Share { cores, memory_bytes }
}

/// What is left of the machine's memory. A small machine leaves its node a quarter.
fn memory(machine: u64, limits: &Limits) -> u64 {
    let left = machine.saturating_sub(limits.memory_headroom_bytes.min(machine / 4));
    limits.programs_memory_bytes.map_or(left, |most| most.min(left))
}

fn warn_of(declared: &Resources, there_mib: u64) {
    let (memory_mib, disk_mib) = (declared.memory_mib, declared.disk_mib);
    if u64::from(memory_mib).saturating_add(disk_mib.into()) > there_mib {
        tracing::warn!(
            memory_mib,
            disk_mib,
            there_mib,
            "genesis says that this prover has more memory and disk together than this machine has for programs: the disk of \
             Linux programs lies in memory, and what does not fit is handed back"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_node_keeps_some_memory_for_itself() {
        let limits = Limits { memory_headroom_bytes: GIB, ..Limits::default() };
        assert_eq!(memory(16 * GIB, &limits), 15 * GIB);
        assert_eq!(memory(2 * GIB, &limits), 3 * GIB / 2, "a small machine keeps a quarter");
        let limits = Limits { programs_memory_bytes: Some(4 * GIB), ..limits };
        assert_eq!(memory(16 * GIB, &limits), 4 * GIB);
        assert_eq!(memory(4 * GIB, &limits), 3 * GIB, "no more than there is");
    }
}
