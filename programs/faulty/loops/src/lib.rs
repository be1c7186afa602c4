//! A faulty prover for tests of the network: it logs a line and loops for ever.

use program::{Error, Job, Output};

/// Logs `looping for ever` and never returns.
///
/// # Errors
///
/// Not even that.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    job.log("looping for ever");
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(feature = "prover")]
program::prover!(prove);
