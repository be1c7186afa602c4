//! Running a guest without proving it.

use program::Error;
use sp1_core_executor::{MinimalExecutorEnum, Program};
use std::{format, sync::Arc, vec::Vec};

/// How a guest ended that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What it committed.
    pub public_values: Vec<u8>,
    /// The instructions that it took.
    pub cycles: u64,
}

/// Runs the guest in this ELF file; it reads these buffers.
///
/// # Errors
/// When the file is none of SP1's machine, the guest does what the machine forbids, or its exit code is not zero.
pub fn execute(elf: &[u8], buffers: &[&[u8]]) -> Result<Execution, Error> {
    let program = Program::from(elf).map_err(|error| format!("the guest is no ELF file for riscv64im: {error}"))?;
    let mut guest = MinimalExecutorEnum::new(Arc::new(program), false, None);
    buffers.iter().for_each(|buffer| guest.with_input(buffer));
    while !guest.is_done() {
        guest.try_execute_chunk().map_err(|error| format!("the guest failed: {error}"))?;
    }
    match guest.exit_code() {
        0 => Ok(Execution { cycles: guest.global_clk(), public_values: guest.into_public_values_stream() }),
        code => Err(format!("the guest ended with exit code {code}, of which there is no proof").into()),
    }
}
