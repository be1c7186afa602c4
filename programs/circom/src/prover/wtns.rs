//! `.wtns`: the value of every variable of a circuit, as circom's witness generator writes it.
//!
//! Section 1: the size of a number in bytes, the modulus, how many values. Section 2: the values, little-endian.

use super::binfile::{BinFile, number, width};
use ark_ff::PrimeField;
use program::Error;

/// Reads a witness over `F`. The first value is one.
///
/// # Errors
///
/// When the file is damaged, or for another field, or a value is not below the modulus.
pub fn read<F: PrimeField>(bytes: &[u8]) -> Result<Vec<F>, Error> {
    let file = BinFile::read(bytes, "wtns", 2)?;
    let mut header = file.section(1)?;
    header.field::<F>()?;
    let count = header.count()?;
    header.end()?;
    let values = file.section(2)?;
    if Some(values.rest().len()) != count.checked_mul(width::<F>()) {
        return Err(values.error("has another number of values than it says"));
    }
    let values: Option<Vec<F>> = values.rest().chunks_exact(width::<F>()).map(number).collect();
    values.ok_or_else(|| Error::new("the wtns has a value that is not below the modulus"))
}
