//! Sections: how arguments, inputs and proofs travel in the one buffer that a program is called with.
//!
//! A section is a little-endian `u32` length followed by that many bytes. Sections follow each other without gaps, and
//! the last one ends where the buffer ends.

use alloc::vec::Vec;
use core::fmt;

/// Most sections in one buffer; more are refused. A run has fewer inputs than this.
pub const SECTIONS_MAX: usize = 64;

/// Bytes of the length in front of a section.
const PREFIX_BYTES: usize = 4;

/// Why a buffer is not a row of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionError {
    /// The buffer ends within a length or before the section does.
    Truncated {
        /// Bytes that the section, or its length, still needs.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// More than [`SECTIONS_MAX`] sections.
    TooMany,
}

impl fmt::Display for SectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, left } => write!(f, "truncated section: {needed} bytes needed, {left} left"),
            Self::TooMany => write!(f, "more than {SECTIONS_MAX} sections"),
        }
    }
}

impl core::error::Error for SectionError {}

/// The sections of `buffer`, in order. Allocates at most [`SECTIONS_MAX`] slices, whatever the lengths claim.
///
/// # Errors
///
/// When the buffer ends early or holds too many sections.
pub fn decode(mut buffer: &[u8]) -> Result<Vec<&[u8]>, SectionError> {
    let mut sections = Vec::new();
    while !buffer.is_empty() {
        if sections.len() == SECTIONS_MAX {
            return Err(SectionError::TooMany);
        }
        let (section, rest) = split(buffer)?;
        sections.push(section);
        buffer = rest;
    }
    Ok(sections)
}

/// The first section and what follows it.
fn split(buffer: &[u8]) -> Result<(&[u8], &[u8]), SectionError> {
    let (prefix, rest) =
        buffer.split_first_chunk().ok_or(SectionError::Truncated { needed: PREFIX_BYTES, left: buffer.len() })?;
    // A length that does not fit usize is longer than any buffer.
    let needed = usize::try_from(u32::from_le_bytes(*prefix)).unwrap_or(usize::MAX);
    rest.split_at_checked(needed).ok_or(SectionError::Truncated { needed, left: rest.len() })
}

/// One buffer of these sections: the inverse of [`decode`] for at most [`SECTIONS_MAX`] sections.
///
/// Returns `None` when a section is longer than `u32::MAX` bytes or there are too many.
pub fn encode(sections: &[&[u8]]) -> Option<Vec<u8>> {
    if sections.len() > SECTIONS_MAX {
        return None;
    }
    let mut buffer = Vec::new();
    for section in sections {
        buffer.extend_from_slice(&u32::try_from(section.len()).ok()?.to_le_bytes());
        buffer.extend_from_slice(section);
    }
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_bytes_are_no_sections() {
        assert_eq!(decode(b""), Ok(Vec::new()));
    }

    #[test]
    fn a_length_beyond_the_buffer_is_refused() {
        assert_eq!(decode(b"\x05\0\0\0abcd"), Err(SectionError::Truncated { needed: 5, left: 4 }));
        assert_eq!(
            decode(b"\xff\xff\xff\xffabcd"),
            Err(SectionError::Truncated { needed: u32::MAX as usize, left: 4 })
        );
        assert_eq!(decode(b"\0\0\0"), Err(SectionError::Truncated { needed: 4, left: 3 }));
    }

    #[test]
    fn a_flood_of_empty_sections_is_refused() {
        assert_eq!(decode(&[0; 4 * SECTIONS_MAX]).map(|sections| sections.len()), Ok(SECTIONS_MAX));
        assert_eq!(decode(&[0; 4 * (SECTIONS_MAX + 1)]), Err(SectionError::TooMany));
        assert_eq!(encode(&[b"".as_slice(); SECTIONS_MAX + 1]), None);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(sections in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let slices: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
            let buffer = encode(&slices).unwrap();
            prop_assert_eq!(decode(&buffer).unwrap(), slices);
        }

        #[test]
        fn any_bytes_decode_to_what_encodes_to_them(buffer in prop::collection::vec(0u8..4, 0..200)) {
            if let Ok(sections) = decode(&buffer) {
                prop_assert_eq!(encode(&sections).unwrap(), buffer);
            }
        }
    }
}
