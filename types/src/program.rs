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
    /// A WebAssembly module by the program contract.
    Wasm = 0,
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
