//! Programs.

use crate::{Moment, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, BlobId, ProgramId, record::DeployedProgram};
use utoipa::ToSchema;

/// One artifact of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// The bytes.
    #[schema(value_type = schema::Id)]
    pub blob: BlobId,
    /// How many they are.
    pub size: u64,
}

/// A deployed program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Program {
    /// The hash of its description.
    #[schema(value_type = schema::Id)]
    pub program: ProgramId,
    /// For people; says nothing about what it does.
    pub name: String,
    /// Proof system and version.
    pub proof_system: String,
    /// What runs the prover: `wasm`.
    pub runtime: String,
    /// Makes proofs.
    pub prover: Artifact,
    /// Checks them.
    pub verifier: Artifact,
    /// The fuel that one verification may use.
    pub fuel_limit: u64,
    /// Who deployed it first.
    #[schema(value_type = schema::Id)]
    pub deployer: AccountId,
    /// When.
    pub deployed: Moment,
}

/// Programs, the last deployed first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Programs {
    /// The programs.
    pub programs: Vec<Program>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

impl From<&types::Artifact> for Artifact {
    fn from(artifact: &types::Artifact) -> Self {
        Self { blob: artifact.blob, size: artifact.size }
    }
}

impl From<&DeployedProgram> for Program {
    fn from(deployed: &DeployedProgram) -> Self {
        let program = &deployed.program;
        Self {
            program: program.id(),
            name: program.name.to_string(),
            proof_system: program.proof_system.to_string(),
            runtime: program.runtime.to_string(),
            prover: (&program.prover).into(),
            verifier: (&program.verifier).into(),
            fuel_limit: program.fuel_limit,
            deployer: deployed.deployer,
            deployed: deployed.at.into(),
        }
    }
}
