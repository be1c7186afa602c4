//! Compiled modules: the ones used last in memory, more on disk, the rest compiled when asked for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use wasmtime::Module;

use super::Settings;
use super::disk::Disk;
use super::engine::{Engines, Kind};
use crate::check::{ModuleError, check_prover, check_verifier};

/// Why there is no compiled module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoadError {
    /// The artifact breaks a rule of modules: every node says the same.
    #[error(transparent)]
    Bad(#[from] ModuleError),
    /// A valid module that this node could not compile.
    #[error("compilation failed: {0}")]
    Compile(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    kind: Kind,
    artifact: blake3::Hash,
}

pub(super) struct Modules {
    pub(super) engines: Engines,
    disk: Disk,
    compilations_max: usize,
    state: Mutex<State>,
    compiled: Condvar,
}

struct State {
    recent: Recent,
    compiling: Vec<Key>,
}

impl Modules {
    pub(super) fn new(engines: Engines, disk: Disk, settings: &Settings) -> Self {
        let recent =
            Recent { modules: Vec::new(), count_max: settings.modules_max, bytes_max: settings.modules_bytes_max };
        let state = Mutex::new(State { recent, compiling: Vec::new() });
        Self { engines, disk, compilations_max: settings.compilations_max.max(1), state, compiled: Condvar::new() }
    }

    /// The compiled module of an artifact. Compiles each artifact once, however many ask at the same time.
    pub(super) fn get(&self, kind: Kind, artifact: &[u8]) -> Result<Module, LoadError> {
        let key = Key { kind, artifact: blake3::hash(artifact) };
        let mut state = self.lock();
        loop {
            if let Some(module) = state.recent.get(&key) {
                return Ok(module);
            }
            if state.compiling.len() < self.compilations_max && !state.compiling.contains(&key) {
                break;
            }
            state = self.compiled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.compiling.push(key);
        drop(state);
        let _compiling = Compiling { modules: self, key };
        let module = self.load(key, artifact)?;
        self.lock().recent.insert(key, module.clone());
        Ok(module)
    }

    fn load(&self, key: Key, artifact: &[u8]) -> Result<Module, LoadError> {
        let engine = self.engines.of(key.kind);
        if let Some(module) = self.disk.load(engine, key.kind, &key.artifact) {
            return Ok(module);
        }
        match key.kind {
            Kind::Verifier => check_verifier(artifact)?,
            Kind::Prover => check_prover(artifact)?,
        }
        let module = Module::from_binary(engine, artifact).map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        self.disk.store(engine, key.kind, &key.artifact, &module);
        Ok(module)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next one compile, also when this one failed or panicked.
struct Compiling<'a> {
    modules: &'a Modules,
    key: Key,
}

impl Drop for Compiling<'_> {
    fn drop(&mut self) {
        self.modules.lock().compiling.retain(|key| *key != self.key);
        self.modules.compiled.notify_all();
    }
}

/// The modules used last, the latest at the end, bounded in number and in bytes of code.
struct Recent {
    modules: Vec<(Key, Module)>,
    count_max: usize,
    bytes_max: usize,
}

impl Recent {
    fn get(&mut self, key: &Key) -> Option<Module> {
        let at = self.modules.iter().position(|(other, _)| other == key)?;
        let entry = self.modules.remove(at);
        let module = entry.1.clone();
        self.modules.push(entry);
        Some(module)
    }

    fn insert(&mut self, key: Key, module: Module) {
        self.modules.push((key, module));
        while self.modules.len() > self.count_max || self.bytes() > self.bytes_max {
            self.modules.remove(0);
        }
    }

    fn bytes(&self) -> usize {
        self.modules.iter().map(|(_, module)| code_bytes(module)).sum()
    }
}

fn code_bytes(module: &Module) -> usize {
    let image = module.image_range();
    image.end as usize - image.start as usize
}
