//! What all tests share: the hostile program, built once, and labs by means.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use executor::native::NativeSettings;
use executor::{FailReason, Outcome, Success};

use crate::lab::{self, Lab};

/// Where the hostile program lies, as a static ELF.
pub fn hostile_path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| lab::hostile(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap())
}

/// Its bytes.
pub fn hostile() -> &'static [u8] {
    static READ: OnceLock<Vec<u8>> = OnceLock::new();
    READ.get_or_init(|| std::fs::read(hostile_path()).unwrap())
}

/// Settings with the tests' own sandbox process.
pub fn settings() -> NativeSettings {
    NativeSettings { binary: env!("CARGO_BIN_EXE_sandbox").into(), ..NativeSettings::default() }
}

/// A lab by the best means of this machine.
pub fn lab() -> Lab {
    Lab::new(hostile().to_vec(), settings()).unwrap()
}

/// One lab for each set of means that this machine has.
pub fn labs() -> Vec<Lab> {
    labs_by_settings().into_iter().map(|(_, lab)| lab).collect()
}

/// The same, each with what it was made by.
pub fn labs_by_settings() -> Vec<(NativeSettings, Lab)> {
    let mut labs: Vec<(NativeSettings, Lab)> = Vec::new();
    for (without_namespaces, without_groups) in [(false, false), (false, true), (true, false), (true, true)] {
        let settings = NativeSettings { without_namespaces, without_groups, ..settings() };
        let lab = Lab::new(hostile().to_vec(), settings.clone()).unwrap();
        if !labs.iter().any(|(_, other)| other.probe == lab.probe) {
            labs.push((settings, lab));
        }
    }
    labs
}

pub fn success(outcome: Outcome) -> Success {
    match outcome {
        Outcome::Success(success) => success,
        Outcome::Failed(failed) => panic!("the program failed: {failed:?}"),
    }
}

pub fn reason(outcome: Outcome) -> FailReason {
    match outcome {
        Outcome::Failed(failed) => failed.reason,
        Outcome::Success(success) => panic!("the program succeeded: {success:?}"),
    }
}
