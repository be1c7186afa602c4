//! The committed verifier, run as nodes run it.

use executor::{Executor, InvalidReason, Sections, Settings, Verdict, Verification, VerifierLimits, VerifyJob};
use std::{fs, path::Path};

const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../artifacts/verifier.wasm");

/// The verifier, compiled.
pub struct Verifier {
    artifact: Vec<u8>,
    executor: Executor,
    _cache: tempfile::TempDir,
}

/// A guest's key, what it committed, and the proof: what a run of the program leaves.
#[derive(Clone)]
pub struct Held {
    /// The statement.
    pub key: Vec<u8>,
    /// The public values.
    pub public: Vec<u8>,
    /// The proof.
    pub proof: Vec<u8>,
}

impl Held {
    /// What lies in a folder: the files `key`, `public` and `proof`.
    pub fn read(folder: &Path) -> Self {
        let read = |name| fs::read(folder.join(name)).unwrap();
        Self { key: read("key"), public: read("public"), proof: read("proof") }
    }
}

impl Verifier {
    /// Reads and compiles the artifact.
    pub fn new() -> Self {
        let cache = tempfile::tempdir().unwrap();
        let executor = Executor::new(cache.path(), Settings::default()).unwrap();
        Self { artifact: fs::read(VERIFIER).unwrap(), executor, _cache: cache }
    }

    /// One verification, with any number of inputs as statement.
    pub fn run(&self, statement: &[&[u8]], public: &[u8], proof: &[u8]) -> Verification {
        let input = Sections::of_verifier(proof, public, statement.iter().copied());
        self.executor.verify(&VerifyJob { artifact: &self.artifact, input, limits: VerifierLimits::default() })
    }

    /// Whether a proof is accepted.
    pub fn accepts(&self, held: &Held) -> bool {
        self.run(&[&held.key], &held.public, &held.proof).verdict == Verdict::Valid
    }

    /// Whether a proof is refused by a verdict: by an answer or a panic, and not for want of fuel, of memory or of an engine.
    pub fn refuses(&self, held: &Held) -> bool {
        let verdict = self.run(&[&held.key], &held.public, &held.proof).verdict;
        matches!(verdict, Verdict::Invalid(InvalidReason::Exit(_) | InvalidReason::Trap(_)))
    }
}
