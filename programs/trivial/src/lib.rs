//! The fastest program there is: the proof is the statement, backwards. It proves nothing.
//!
//! For tests of the network, where only the path of a proof matters. The run has one statement input, first; the
//! prover ignores what follows. Public values: the length of the statement as little-endian `u32`.

use program::{Error, Job, Output, Statement};

/// The proof and public values for this statement.
fn output(statement: &[u8]) -> Option<Output> {
    let length = u32::try_from(statement.len()).ok()?;
    Some(Output { proof: statement.iter().rev().copied().collect(), public_values: length.to_le_bytes().into() })
}

/// Turns the first input around.
///
/// # Errors
///
/// When there is no input.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let [statement, ..] = job.inputs() else { return Err(Error::new("no input")) };
    job.log("turning the statement around");
    job.progress(1000);
    output(statement).ok_or_else(|| Error::new("the statement is too long"))
}

/// Whether `proof` is the one statement input, backwards.
pub fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
    let [statement] = statement.inputs() else { return false };
    output(statement).is_some_and(|expected| expected.proof == proof && expected.public_values == public_values)
}

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);

#[cfg(test)]
mod tests {
    use super::*;
    use program::rehearsal::{self, Rehearsal};

    #[test]
    fn a_statement_backwards_is_accepted_and_nothing_else() {
        let output = Rehearsal::new(0).prove(prove, b"", &[b"lemma", b"witness"]).unwrap();
        assert_eq!(output.proof, b"ammel");
        assert!(rehearsal::verify(verify, &output, &[b"lemma"]));
        assert!(!rehearsal::verify(verify, &output, &[b"Lemma"]));
        assert!(!rehearsal::verify(verify, &output, &[b"lemma", b"witness"]));
        assert!(!rehearsal::verify(verify, &Output { public_values: vec![4, 0, 0, 0], ..output }, &[b"lemma"]));
    }

    #[test]
    fn without_input_there_is_no_proof() {
        assert_eq!(Rehearsal::new(0).prove(prove, b"", &[]), Err(Error::new("no input")));
    }
}
