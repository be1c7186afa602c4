//! The statement: what a verifier judges a proof against.

use crate::section::{self, SectionError};
use alloc::vec::Vec;

/// The inputs of the run that were marked as statement, in its order. They come from the chain, never from the prover.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    inputs: Vec<&'a [u8]>,
}

impl<'a> Statement<'a> {
    /// A statement of these inputs.
    pub fn new(inputs: Vec<&'a [u8]>) -> Self {
        Self { inputs }
    }

    /// The inputs. Match on the slice to demand an exact number of them.
    pub fn inputs(&self) -> &[&'a [u8]] {
        &self.inputs
    }
}

/// A verifier's input, taken apart.
pub(crate) struct Case<'a> {
    pub(crate) statement: Statement<'a>,
    pub(crate) proof: &'a [u8],
    pub(crate) public_values: &'a [u8],
}

impl<'a> Case<'a> {
    /// Reads proof, public values and statement from the sections of `buffer`. `None` if one of the first two is
    /// missing.
    pub(crate) fn decode(buffer: &'a [u8]) -> Result<Option<Self>, SectionError> {
        let sections = section::decode(buffer)?;
        let [proof, public_values, inputs @ ..] = sections.as_slice() else { return Ok(None) };
        Ok(Some(Self { statement: Statement::new(inputs.to_vec()), proof, public_values }))
    }
}
