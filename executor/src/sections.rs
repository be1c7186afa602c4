//! The input of a program: sections, each a little-endian `u32` length followed by that many bytes.

/// Bytes of the length before each section.
const LENGTH_BYTES: usize = 4;

/// The sections of one input, borrowed: a proving key is not copied before it is written into the program's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections<'a>(Vec<&'a [u8]>);

/// The input cannot be addressed by a 32-bit program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the input has more than {} bytes", u32::MAX)]
pub struct InputTooLarge;

impl<'a> Sections<'a> {
    /// The input of a verifier: the proof, the public values, then the statement inputs in run order. The statement
    /// comes from the chain, never from the prover (rule 10).
    pub fn of_verifier(proof: &'a [u8], public: &'a [u8], statement: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self([proof, public].into_iter().chain(statement).collect())
    }

    /// The input of a prover: the arguments, then every input (statement and witness) in run order.
    pub fn of_prover(arguments: &'a [u8], inputs: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self([arguments].into_iter().chain(inputs).collect())
    }

    /// The sections in order.
    #[must_use]
    pub fn as_slices(&self) -> &[&'a [u8]] {
        &self.0
    }

    /// Size of the encoded input, in bytes.
    ///
    /// # Errors
    /// When it does not fit in 32 bits.
    pub fn encoded_len(&self) -> Result<u32, InputTooLarge> {
        self.0.iter().try_fold(0_u32, |total, section| {
            let len = u32::try_from(section.len()).map_err(|_| InputTooLarge)?;
            total.checked_add(LENGTH_BYTES as u32).and_then(|total| total.checked_add(len)).ok_or(InputTooLarge)
        })
    }

    /// The encoded input.
    ///
    /// # Errors
    /// When it does not fit in 32 bits.
    pub fn encode(&self) -> Result<Vec<u8>, InputTooLarge> {
        let mut out = vec![0; self.encoded_len()? as usize];
        self.write(&mut out)?;
        Ok(out)
    }

    /// Writes the encoded input to `out`, which has exactly [`encoded_len`](Self::encoded_len) bytes.
    ///
    /// # Errors
    /// When `out` is too small; it is then partly written.
    pub fn write(&self, mut out: &mut [u8]) -> Result<(), InputTooLarge> {
        for section in &self.0 {
            let len = u32::try_from(section.len()).map_err(|_| InputTooLarge)?;
            out = put(out, &len.to_le_bytes())?;
            out = put(out, section)?;
        }
        Ok(())
    }
}

/// Copies `bytes` to the front of `out` and returns what is left.
fn put<'o>(out: &'o mut [u8], bytes: &[u8]) -> Result<&'o mut [u8], InputTooLarge> {
    let (front, rest) = out.split_at_mut_checked(bytes.len()).ok_or(InputTooLarge)?;
    front.copy_from_slice(bytes);
    Ok(rest)
}

/// The bytes are not a sequence of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the section at byte {at} needs {needed} bytes, {left} are left")]
pub struct SectionsError {
    /// Offset of the section's length.
    pub at: usize,
    /// Bytes it needs after that offset.
    pub needed: u64,
    /// Bytes there are.
    pub left: usize,
}

/// Splits an encoded input into its sections, as a program does.
///
/// # Errors
/// When a length or its bytes are cut off.
pub fn decode_sections(bytes: &[u8]) -> Result<Sections<'_>, SectionsError> {
    let mut sections = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let error = |needed| SectionsError { at: bytes.len() - rest.len(), needed, left: rest.len() };
        let (len, after) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or(error(LENGTH_BYTES as u64))?;
        let len = u32::from_le_bytes(*len);
        let needed = LENGTH_BYTES as u64 + u64::from(len);
        let (section, after) = after.split_at_checked(len as usize).ok_or(error(needed))?;
        sections.push(section);
        rest = after;
    }
    Ok(Sections(sections))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_little_endian_and_come_first() {
        let sections = Sections::of_verifier(b"pro", b"", [&b"s"[..]]);
        assert_eq!(sections.encode(), Ok(b"\x03\0\0\0pro\0\0\0\0\x01\0\0\0s".to_vec()));
    }

    #[test]
    fn a_prover_gets_arguments_then_inputs() {
        let sections = Sections::of_prover(b"args", [&b"a"[..], b"b"]);
        assert_eq!(sections.as_slices(), [&b"args"[..], b"a", b"b"]);
    }

    #[test]
    fn cut_input_is_refused() {
        assert_eq!(decode_sections(b"\x01\0\0"), Err(SectionsError { at: 0, needed: 4, left: 3 }));
        assert_eq!(decode_sections(b"\0\0\0\0\x05\0\0\0abcd"), Err(SectionsError { at: 4, needed: 9, left: 8 }));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..12)) {
            let sections = Sections(parts.iter().map(Vec::as_slice).collect());
            let bytes = sections.encode().expect("small");
            prop_assert_eq!(bytes.len(), sections.encoded_len().expect("small") as usize);
            prop_assert_eq!(decode_sections(&bytes), Ok(sections));
        }

        #[test]
        fn what_decodes_has_one_encoding(bytes in prop::collection::vec(0_u8..6, 0..64)) {
            if let Ok(sections) = decode_sections(&bytes) {
                prop_assert_eq!(sections.encode(), Ok(bytes.clone()));
            }
        }

        #[test]
        fn a_buffer_of_another_size_is_refused(part in prop::collection::vec(any::<u8>(), 0..32), short in 1_usize..4) {
            let sections = Sections(vec![part.as_slice()]);
            let mut out = vec![0; part.len() + LENGTH_BYTES - short];
            prop_assert_eq!(sections.write(&mut out), Err(InputTooLarge));
        }
    }
}
