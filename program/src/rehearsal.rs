//! Calling a program natively, the way the network calls it in WebAssembly: for tests of programs.

use crate::{Error, Host, Job, Output, Prove, Verify, section, statement::Case};
use alloc::{string::String, vec::Vec};
use core::cell::{Cell, RefCell};

/// A host for tests: keeps the log and the progress, and its randomness is a fixed sequence that keeps no secret.
pub struct Rehearsal {
    log: RefCell<Vec<String>>,
    progress: Cell<u16>,
    sequence: Cell<u64>,
}

impl Rehearsal {
    /// A host whose [`Host::random`] repeats for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { log: RefCell::default(), progress: Cell::default(), sequence: Cell::new(seed) }
    }

    /// Calls `prove` with these arguments and inputs, packed into sections and unpacked again.
    ///
    /// # Errors
    ///
    /// What `prove` returns, or that the inputs do not fit the contract.
    pub fn prove(&self, prove: Prove, arguments: &[u8], inputs: &[&[u8]]) -> Result<Output, Error> {
        let sections: Vec<&[u8]> = [&[arguments], inputs].concat();
        let buffer = section::encode(&sections).ok_or("too many or too long inputs")?;
        prove(&Job::decode(&buffer, self)?)
    }

    /// The lines logged so far.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// The last progress reported, in thousandths.
    pub fn last_progress(&self) -> u16 {
        self.progress.get()
    }

    /// The next number of the sequence (SplitMix64).
    fn next(&self) -> u64 {
        let state = self.sequence.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.sequence.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Host for Rehearsal {
    fn log(&self, line: &str) {
        self.log.borrow_mut().push(line.into());
    }

    fn progress(&self, permille: u16) {
        self.progress.set(permille);
    }

    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

/// Calls `verify` with this output and statement, packed into sections and unpacked again.
pub fn verify(verify: Verify, output: &Output, statement: &[&[u8]]) -> bool {
    let sections: Vec<&[u8]> = [&[output.proof.as_slice(), output.public_values.as_slice()], statement].concat();
    let Some(buffer) = section::encode(&sections) else { return false };
    judge(verify, &buffer)
}

/// Whether `buffer` holds a case that `verify` accepts.
pub(crate) fn judge(verify: Verify, buffer: &[u8]) -> bool {
    match Case::decode(buffer) {
        Ok(Some(case)) => verify(&case.statement, case.proof, case.public_values),
        Ok(None) | Err(_) => false,
    }
}
