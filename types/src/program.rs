//! Programs: immutable pairs of artifacts that anyone may deploy.

use crate::{BlobId, ProgramId, Text, id::hash_in, limits::TEXT_MAX};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What runs a prover. The numbers are part of the encoding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Runtime {
    /// A WebAssembly module by the program contract. Every prover offers it, since verifiers need it.
    Wasm = 0,
    /// A Linux program for x86_64: a static ELF, or a root directory as tar or OCI layout. Needs a sandbox.
    #[serde(rename = "linux-x86_64")]
    LinuxX86_64 = 1,
}

impl Runtime {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Wasm, Self::LinuxX86_64];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::LinuxX86_64 => "linux-x86_64",
        }
    }
}

impl std::fmt::Display for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Runtime {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|runtime| runtime.word() == text).ok_or_else(|| UnknownRuntime(text.to_owned()))
    }
}

/// Why a text is not a runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a runtime, wasm or linux-x86_64, got {0:?}")]
pub struct UnknownRuntime(pub String);

/// The runtimes that a prover offers, or a workload needs, besides WebAssembly. In JSON a list of their words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, Serialize, Deserialize)]
#[serde(from = "Vec<Runtime>", into = "Vec<Runtime>")]
pub struct Runtimes(u8);

impl Runtimes {
    /// No others.
    pub const NONE: Self = Self(0);

    /// Whether there are no others.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Whether all of `need` are here.
    #[must_use]
    pub const fn covers(self, need: Self) -> bool {
        self.0 & need.0 == need.0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are in either.
    #[must_use]
    pub const fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// They, ascending.
    pub fn iter(self) -> impl Iterator<Item = Runtime> {
        Runtime::ALL.into_iter().filter(move |runtime| Self::from(*runtime).0 & self.0 != 0)
    }
}

impl From<Runtime> for Runtimes {
    fn from(runtime: Runtime) -> Self {
        match runtime {
            Runtime::Wasm => Self::NONE,
            Runtime::LinuxX86_64 => Self(1),
        }
    }
}

impl From<Vec<Runtime>> for Runtimes {
    fn from(runtimes: Vec<Runtime>) -> Self {
        runtimes.into_iter().fold(Self::NONE, |all, runtime| all.either(runtime.into()))
    }
}

impl From<Runtimes> for Vec<Runtime> {
    fn from(runtimes: Runtimes) -> Self {
        runtimes.iter().collect()
    }
}

impl std::fmt::Display for Runtimes {
    /// Their words, with commas between.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Runtime::word).collect();
        f.write_str(&words.join(", "))
    }
}

impl BorshDeserialize for Runtimes {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let bits = u8::deserialize_reader(reader)?;
        let known = Self(bits).iter().fold(Self::NONE, |all, runtime| all.either(runtime.into()));
        let unknown = || std::io::Error::new(std::io::ErrorKind::InvalidData, "a runtime that does not exist");
        (known.0 == bits).then_some(known).ok_or_else(unknown)
    }
}

/// One artifact of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The bytes.
    pub blob: BlobId,
    /// How many they are.
    pub size: u64,
}

/// A program as it is deployed. Its name is the hash of all this.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// For people; says nothing about what it does.
    pub name: Text<TEXT_MAX>,
    /// Proof system and version, such as `groth16-bn254/arkworks-0.6`.
    pub proof_system: Text<TEXT_MAX>,
    /// What runs the prover.
    pub runtime: Runtime,
    /// Makes proofs.
    pub prover: Artifact,
    /// Checks them: always WebAssembly without imports.
    pub verifier: Artifact,
    /// The fuel that one verification may use; more is *invalid*.
    pub fuel_limit: u64,
}

impl Program {
    /// The program's name.
    #[must_use]
    pub fn id(&self) -> ProgramId {
        ProgramId(hash_in("lemma 1 program", self))
    }
}
