//! "I know a number whose square is this one."
//!
//! Statement: the square, a little-endian `u64`. Witness: its root, a little-endian `u32`. The proof is the root itself, which
//! shows how a program is made and hides nothing: put your proof system in its place.

use program::{Error, Job, Output, Statement};

/// Makes the proof.
///
/// # Errors
/// When the inputs are not a square and its root. The text is what the user reads.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let [square, root] = job.inputs() else { return Err(Error::new("inputs: a square, its root")) };
    job.log("checking the root");
    if !is_root(square, root) {
        return Err(Error::new("the second input is not the root of the first"));
    }
    job.progress(1000);
    Ok(Output { proof: root.to_vec(), public_values: Vec::new() })
}

/// Whether this proof proves this statement: the only judge. It accepts one statement for one input, and nothing else.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [square] = statement.inputs() else { return false };
    public_values.is_empty() && is_root(square, proof)
}

fn is_root(square: &[u8], root: &[u8]) -> bool {
    let (Ok(square), Ok(root)) = (<[u8; 8]>::try_from(square), <[u8; 4]>::try_from(root)) else { return false };
    u64::from_le_bytes(square) == u64::from(u32::from_le_bytes(root)).pow(2)
}

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);
