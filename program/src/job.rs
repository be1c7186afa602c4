//! The job: what a prover is given, and what it hands back.

use crate::{
    error::Error,
    section::{self, SectionError},
};
use alloc::{string::ToString, vec::Vec};

/// What the prover's surroundings do for it. The SDK implements it for WebAssembly; [`crate::rehearsal`] has one for
/// tests.
pub trait Host {
    /// Adds a line to the log of the attempt.
    fn log(&self, line: &str);
    /// Says how far the prover is, in thousandths of the whole.
    fn progress(&self, permille: u16);
    /// Fills `bytes` with randomness fit for secrets.
    fn random(&self, bytes: &mut [u8]);
    /// What the prover may use.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// What a prover may use. The sandbox holds it to that; a prover reads it to choose its ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Threads that run at once, at least 1. WebAssembly has one.
    pub threads: usize,
    /// Memory, in bytes, if the host says.
    pub memory_bytes: Option<u64>,
    /// Milliseconds from the start of the prover until it is stopped, if the host says.
    pub deadline_ms: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 1, memory_bytes: None, deadline_ms: None }
    }
}

/// One call of a prover: arguments, inputs, and the way to its surroundings.
pub struct Job<'a> {
    arguments: &'a [u8],
    inputs: Vec<&'a [u8]>,
    host: &'a dyn Host,
}

impl<'a> Job<'a> {
    /// A job with these arguments and inputs, in the order of the run.
    pub fn new(arguments: &'a [u8], inputs: Vec<&'a [u8]>, host: &'a dyn Host) -> Self {
        Self { arguments, inputs, host }
    }

    /// Reads a job from the sections of `buffer`: arguments, then inputs.
    pub(crate) fn decode(buffer: &'a [u8], host: &'a dyn Host) -> Result<Self, Error> {
        let sections = section::decode(buffer)?;
        let [arguments, inputs @ ..] = sections.as_slice() else { return Err(Error::new("no arguments section")) };
        Ok(Self::new(arguments, inputs.to_vec(), host))
    }

    /// The arguments of the run; may be empty.
    pub fn arguments(&self) -> &'a [u8] {
        self.arguments
    }

    /// All inputs in the order of the run, statement and witness alike. Match on the slice to demand an exact number.
    pub fn inputs(&self) -> &[&'a [u8]] {
        &self.inputs
    }

    /// Adds a line to the log of the attempt.
    pub fn log(&self, line: &str) {
        self.host.log(line);
    }

    /// Says how far the prover is, in thousandths of the whole; more than 1000 counts as 1000.
    pub fn progress(&self, permille: u16) {
        self.host.progress(permille.min(1000));
    }

    /// Fills `bytes` with randomness fit for secrets.
    pub fn random(&self, bytes: &mut [u8]) {
        self.host.random(bytes);
    }

    /// What the prover may use.
    pub fn limits(&self) -> Limits {
        self.host.limits()
    }
}

/// What a prover hands back. The two together are what provers verify and the receipt keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The proof.
    pub proof: Vec<u8>,
    /// What the prover claims besides the statement; often empty.
    pub public_values: Vec<u8>,
}

impl Output {
    /// Reads the output of an earlier workload: the bundle by whose hash the network names a proof, which a run may have as
    /// an input. `None` unless `bundle` is proof and public values, a section each.
    pub fn decode(bundle: &[u8]) -> Option<Self> {
        let sections = section::decode(bundle).ok()?;
        let [proof, public_values] = sections.as_slice() else { return None };
        Some(Self { proof: proof.to_vec(), public_values: public_values.to_vec() })
    }

    /// The bundle of this output. `None` when a part is longer than `u32::MAX` bytes.
    pub fn encode(&self) -> Option<Vec<u8>> {
        section::encode(&[&self.proof, &self.public_values])
    }
}

impl From<SectionError> for Error {
    fn from(error: SectionError) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_bundle_is_two_sections_and_nothing_else() {
        let output = Output { proof: vec![1, 2, 3], public_values: vec![4] };
        let bundle = output.encode().unwrap();
        // As the network writes it: each part behind its length.
        assert_eq!(bundle, [3, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0, 4]);
        assert_eq!(Output::decode(&bundle), Some(output));
        for wrong in
            [&bundle[..11], &bundle[..7], b"", &[&bundle[..], &[0; 4]].concat(), &[&bundle[..], b"\0"].concat()]
        {
            assert_eq!(Output::decode(wrong), None, "{wrong:?}");
        }
    }
}
