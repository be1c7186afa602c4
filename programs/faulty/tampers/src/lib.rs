//! A faulty prover for tests of the network: it returns a given proof with one bit flipped.
//!
//! Deployed with the verifier of any proof system. Its inputs are the statement of a run that was proved, then as
//! witness the proof and the public values of that run (without bytes, where there are none).

use program::{Error, Job, Output};

/// Flips one bit of the second input from the end, the proof, and returns it with the last, the public values. Arguments: which
/// bit, as a little-endian `u32`; without any, the first of the byte in the middle.
///
/// # Errors
///
/// When there is no proof among the inputs, or it has no such bit.
pub fn prove(job: &Job<'_>) -> Result<Output, Error> {
    let [.., proof, public_values] = job.inputs() else { return Err(Error::new("inputs: …, proof, public values")) };
    let bit = which(job.arguments(), proof.len())?;
    let mut tampered = proof.to_vec();
    let byte = tampered.get_mut(bit / 8).ok_or("the proof has no such bit")?;
    *byte ^= 1 << (bit % 8);
    job.log(&format!("bit {bit} of the proof is flipped"));
    Ok(Output { proof: tampered, public_values: public_values.to_vec() })
}

fn which(arguments: &[u8], proof_bytes: usize) -> Result<usize, Error> {
    if arguments.is_empty() {
        return Ok(proof_bytes / 2 * 8);
    }
    let bit = arguments.try_into().map(u32::from_le_bytes);
    bit.ok().and_then(|bit| bit.try_into().ok()).ok_or_else(|| Error::new("arguments: which bit, in four bytes"))
}

#[cfg(feature = "prover")]
program::prover!(prove);

#[cfg(test)]
mod tests {
    use super::*;
    use program::rehearsal::Rehearsal;

    fn tampered(arguments: &[u8], inputs: &[&[u8]]) -> Result<Output, Error> {
        Rehearsal::new(0).prove(prove, arguments, inputs)
    }

    #[test]
    fn one_bit_differs_and_nothing_else() {
        let output = tampered(b"", &[b"statement", &[0; 5], b"public"]);
        assert_eq!(output, Ok(Output { proof: vec![0, 0, 1, 0, 0], public_values: b"public".to_vec() }));
        let output = tampered(&39u32.to_le_bytes(), &[&[0; 5], b""]);
        assert_eq!(output, Ok(Output { proof: vec![0, 0, 0, 0, 0x80], public_values: Vec::new() }));
    }

    #[test]
    fn what_is_not_there_cannot_be_flipped() {
        let no_bit = Err(Error::new("the proof has no such bit"));
        assert_eq!(tampered(&40u32.to_le_bytes(), &[&[0; 5], b""]), no_bit);
        assert_eq!(tampered(b"", &[b"", b""]), no_bit);
        assert_eq!(tampered(b"", &[b"one"]), Err(Error::new("inputs: …, proof, public values")));
        assert_eq!(tampered(b"seven", &[b"proof", b""]), Err(Error::new("arguments: which bit, in four bytes")));
    }
}
