//! Runs: what a user asks for (rule 2).

use crate::{
    Amount, BlobId, Data, List, Millis, ProgramId, Runtimes,
    limits::{ARGUMENTS_MAX, INPUT_INLINE_MAX, INPUTS_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Who sees an input. The numbers are part of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum InputRole {
    /// Prover and verifier: part of what is proved.
    Statement = 0,
    /// The prover alone. Not confidential: it travels and rests like any blob.
    Witness = 1,
}

/// Where an input's bytes are.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum InputSource {
    /// Here.
    Inline(Data<INPUT_INLINE_MAX>),
    /// In a blob.
    Blob {
        /// Its name.
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
    },
}

impl InputSource {
    /// The size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Inline(data) => data.len() as u64,
            Self::Blob { size, .. } => *size,
        }
    }
}

/// One input of a run.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Input {
    /// Who sees it.
    pub role: InputRole,
    /// Where it is.
    pub source: InputSource,
}

/// What a workload needs, or what a prover has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Resources {
    /// Processor cores.
    pub cpus: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Disk in MiB.
    pub disk_mib: u32,
    /// Graphics processors.
    pub gpus: u32,
    /// Their class: the memory that each of them has at least, in GiB.
    #[serde(default)]
    pub gpu_class: u32,
    /// Runtimes besides WebAssembly. In a run there are none: what it needs is its program's.
    #[serde(default)]
    pub runtimes: Runtimes,
}

impl Resources {
    /// Whether `need` fits in here.
    #[must_use]
    pub const fn fits(&self, need: &Self) -> bool {
        self.cpus >= need.cpus
            && self.memory_mib >= need.memory_mib
            && self.disk_mib >= need.disk_mib
            && self.gpus >= need.gpus
            && (need.gpus == 0 || self.gpu_class >= need.gpu_class)
            && self.runtimes.covers(need.runtimes)
    }

    /// Whether it is nothing at all, of whatever class and runtimes.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.cpus == 0 && self.memory_mib == 0 && self.disk_mib == 0 && self.gpus == 0
    }

    /// What is left without `other`, of the same class and runtimes; `None` where something would be less than nothing.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            cpus: self.cpus.checked_sub(other.cpus)?,
            memory_mib: self.memory_mib.checked_sub(other.memory_mib)?,
            disk_mib: self.disk_mib.checked_sub(other.disk_mib)?,
            gpus: self.gpus.checked_sub(other.gpus)?,
            gpu_class: self.gpu_class,
            runtimes: self.runtimes,
        })
    }

    /// Both together, of this class and these runtimes.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            cpus: self.cpus.checked_add(other.cpus)?,
            memory_mib: self.memory_mib.checked_add(other.memory_mib)?,
            disk_mib: self.disk_mib.checked_add(other.disk_mib)?,
            gpus: self.gpus.checked_add(other.gpus)?,
            gpu_class: self.gpu_class,
            runtimes: self.runtimes,
        })
    }

    /// The smaller of both, each for itself, with the runtimes of both.
    #[must_use]
    pub fn smaller(&self, other: &Self) -> Self {
        Self {
            cpus: self.cpus.min(other.cpus),
            memory_mib: self.memory_mib.min(other.memory_mib),
            disk_mib: self.disk_mib.min(other.disk_mib),
            gpus: self.gpus.min(other.gpus),
            gpu_class: self.gpu_class.min(other.gpu_class),
            runtimes: self.runtimes.common(other.runtimes),
        }
    }
}

/// A request for one execution of a program.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Run {
    /// What to run.
    pub program: ProgramId,
    /// Its arguments, for the prover alone.
    pub arguments: Data<ARGUMENTS_MAX>,
    /// Its inputs, in the order in which the program gets them.
    pub inputs: List<Input, INPUTS_MAX>,
    /// What it needs.
    pub resources: Resources,
    /// The longest it may compute.
    pub compute_max: Millis,
    /// The most the sender will pay for it, the transaction's own fee not counted.
    pub fee_max: Amount,
}

impl Run {
    /// Bytes that a prover has to fetch before it can start.
    #[must_use]
    pub fn blob_bytes(&self) -> u64 {
        let blobs = self.inputs.iter().filter(|input| matches!(input.source, InputSource::Blob { .. }));
        blobs.fold(0, |sum: u64, input| sum.saturating_add(input.source.size()))
    }

    /// The inputs that the verifier sees, in order.
    pub fn statement(&self) -> impl Iterator<Item = &InputSource> {
        self.inputs.iter().filter(|input| input.role == InputRole::Statement).map(|input| &input.source)
    }
}
