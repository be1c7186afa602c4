//! The prover of a node: its keys, and what runs programs.

use crate::{error::NodeError, folder::Folder, host, keys};
use executor::{Executor, Settings, wasm::engine::VERIFIER_ENGINE};
use replica::ProverKeys;
use std::{path::Path, sync::Arc};
use types::{Genesis, SecretKey, VerdictSecret, genesis::GenesisProver};

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
    let declared = declared(genesis, &keys)?;
    let failed = |error: String| NodeError::Executor(error);
    let executor = Executor::new(&folder.join("programs"), Settings::default());
    let executor = executor.map_err(|error| failed(error.to_string()))?;
    let probe = executor.probe().map_err(|error| failed(error.to_string()))?;
    tracing::info!(?probe, "programs run on this machine");
    Ok(Prover { keys, runs: host::Prover { executor: Arc::new(executor), capacity: declared.capacity } })
}

/// One secret makes both keys.
fn read(path: &Path) -> Result<ProverKeys, NodeError> {
    let secret = keys::read_key(path)?;
    let wrong = || keys::KeyError::Content { path: path.to_owned(), expected: "a key" };
    let account = SecretKey::from_bytes(&secret).ok_or_else(wrong)?;
    let verdict = VerdictSecret::derive(&secret).ok_or_else(wrong)?;
    Ok(ProverKeys { account, verdict })
}

fn declared<'a>(genesis: &'a Genesis, keys: &ProverKeys) -> Result<&'a GenesisProver, NodeError> {
    let (account, key) = (keys.account.account(), keys.verdict.public());
    let found = genesis.provers.iter().find(|prover| prover.account == account && prover.key == key);
    found.ok_or(NodeError::Stranger(account))
}
