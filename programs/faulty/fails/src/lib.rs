//! A faulty prover for tests of the network: it logs a line and returns an error.

use program::{Error, Job, Output};

/// Logs `about to fail` and fails.
///
/// # Errors
///
/// Always: `failing on purpose`.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    job.log("about to fail");
    Err(Error::new("failing on purpose"))
}

#[cfg(feature = "prover")]
program::prover!(prove);

#[cfg(test)]
mod tests {
    use super::*;
    use program::rehearsal::Rehearsal;

    #[test]
    fn it_fails_with_a_line_in_the_log() {
        let rehearsal = Rehearsal::new(0);
        assert_eq!(rehearsal.prove(prove, b"", &[]), Err(Error::new("failing on purpose")));
        assert_eq!(rehearsal.log_lines(), ["about to fail"]);
    }
}
