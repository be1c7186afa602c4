//! Just enough of ELF to say that a file is a program of this machine that needs nothing else.

use std::io::{ErrorKind, SeekFrom};

use super::{ImageError, Input};

pub(super) const MAGIC: &[u8] = b"\x7fELF";
const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
/// A program has about ten.
const PROGRAM_HEADERS_MAX: u16 = 256;
const INTERPRETER: u32 = 3;

/// Refuses what is not a static 64-bit program for this architecture.
pub(super) fn check_static(input: &mut dyn Input) -> Result<(), ImageError> {
    let mut header = [0; HEADER_BYTES];
    input.rewind()?;
    read(input, &mut header)?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    if header[4..7] != [2, 1, 1] {
        return Err(ImageError::bad("the ELF file is not 64-bit little-endian"));
    }
    if !matches!(u16_at(16), 2 | 3) {
        return Err(ImageError::bad("the ELF file is not executable"));
    }
    if Some(u16_at(18)) != machine() {
        return Err(ImageError::bad("the ELF file is for another architecture"));
    }
    let table = header[32..40].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let (size, count) = (u16_at(54), u16_at(56));
    if usize::from(size) != PROGRAM_HEADER_BYTES || count > PROGRAM_HEADERS_MAX {
        return Err(ImageError::bad("the ELF file has odd program headers"));
    }
    input.seek(SeekFrom::Start(table)).map_err(ImageError::bad)?;
    for _ in 0..count {
        let mut entry = [0; PROGRAM_HEADER_BYTES];
        read(input, &mut entry)?;
        if entry[..4] == INTERPRETER.to_le_bytes() {
            return Err(ImageError::bad("the ELF file is not static; link it statically or send a root directory"));
        }
    }
    Ok(())
}

fn read(input: &mut dyn Input, bytes: &mut [u8]) -> Result<(), ImageError> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ImageError::bad("the ELF file is cut off"),
        _ => error.into(),
    })
}

/// The number of this architecture (`EM_…`).
fn machine() -> Option<u16> {
    match std::env::consts::ARCH {
        "x86_64" => Some(62),
        "aarch64" => Some(183),
        _ => None,
    }
}
