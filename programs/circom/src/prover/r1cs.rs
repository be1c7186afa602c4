//! `.r1cs`: the constraints of a circuit, as circom writes them.
//!
//! Section 1: the size of a number in bytes, the modulus, the numbers of wires, public outputs, public inputs and private
//! inputs (`u32` each), labels (`u64`), constraints. Section 2: the constraints `A · B = C`, each three linear
//! combinations: the number of terms, then wire (`u32`) and coefficient of each. Wire 0 is one; the public ones follow.

use super::binfile::{BinFile, Reader, number, width};
use ark_ff::PrimeField;
use ark_relations::utils::matrix::Matrix;
use program::Error;

/// The sections of custom gates, which only PLONK has.
const CUSTOM_GATES: [u32; 2] = [4, 5];

/// A circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R1cs<F> {
    /// Wires, the constant among them.
    pub variables: usize,
    /// Public outputs and inputs.
    pub public: usize,
    /// A, B and C: a row of terms for each constraint; every wire of a term exists.
    pub matrices: [Matrix<F>; 3],
}

impl<F: PrimeField> R1cs<F> {
    /// Reads a circuit over `F`.
    ///
    /// # Errors
    ///
    /// When the file is damaged, for another field, or has custom gates.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let file = BinFile::read(bytes, "r1cs", 1)?;
        let mut header = file.section(1)?;
        header.field::<F>()?;
        let (variables, outputs, inputs) = (header.count()?, header.count()?, header.count()?);
        let (_private, _labels, constraints) = (header.u32()?, header.u64()?, header.count()?);
        header.end()?;
        let public = outputs.checked_add(inputs).filter(|public| *public < variables);
        let public = public.ok_or_else(|| header.error("has more public signals than wires"))?;
        if CUSTOM_GATES.iter().any(|kind| file.has(*kind)) && has_custom_gates(&file)? {
            return Err(header.error("has custom gates, which Groth16 does not know"));
        }
        let mut section = file.section(2)?;
        let mut matrices = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..constraints {
            for matrix in &mut matrices {
                matrix.push(terms(&mut section, variables)?);
            }
        }
        section.end()?;
        Ok(Self { variables, public, matrices })
    }
}

/// Whether the list of custom gates that are used is not empty.
fn has_custom_gates(file: &BinFile<'_>) -> Result<bool, Error> {
    Ok(file.section(CUSTOM_GATES[0])?.u32()? != 0)
}

/// One linear combination.
fn terms<F: PrimeField>(section: &mut Reader<'_>, variables: usize) -> Result<Vec<(F, usize)>, Error> {
    let mut terms = Vec::new();
    for _ in 0..section.count()? {
        let wire = section.count()?;
        let coefficient = number(section.take(width::<F>())?);
        let coefficient =
            coefficient.ok_or_else(|| section.error("has a coefficient that is not below the modulus"))?;
        if wire >= variables {
            return Err(section.error("has a term of a wire that does not exist"));
        }
        terms.push((coefficient, wire));
    }
    Ok(terms)
}
