//! iden3's container of sections: `.zkey`, `.wtns` and `.r1cs` files.
//!
//! Four bytes of name, a version, the number of sections; then each section's kind (`u32`), length (`u64`) and bytes. All
//! numbers are little-endian. Nothing is allocated by a length that a file claims.

use ark_ff::{BigInteger, PrimeField};
use program::Error;

/// Most sections that a file may have; those that are known have ten at most.
const SECTIONS_MAX: usize = 64;

/// A file, cut into its sections.
#[derive(Debug)]
pub struct BinFile<'a> {
    name: &'static str,
    sections: Vec<(u32, &'a [u8])>,
}

impl<'a> BinFile<'a> {
    /// Cuts the file up. `name` are its first four bytes.
    ///
    /// # Errors
    ///
    /// When it is another kind of file, or of another version, or damaged.
    pub fn read(bytes: &'a [u8], name: &'static str, version: u32) -> Result<Self, Error> {
        let mut reader = Reader { name, bytes };
        if reader.take(name.len())? != name.as_bytes() {
            return Err(reader.error("is another kind of file"));
        }
        let found = reader.u32()?;
        if found != version {
            return Err(reader.error(&format!("has version {found}, not {version}")));
        }
        let count = reader.count()?;
        if count > SECTIONS_MAX {
            return Err(reader.error("has too many sections"));
        }
        let mut sections = Vec::new();
        for _ in 0..count {
            let kind = reader.u32()?;
            let length = reader.u64()?;
            sections.push((kind, reader.take(usize::try_from(length).unwrap_or(usize::MAX))?));
        }
        reader.end()?;
        Ok(Self { name, sections })
    }

    /// The one section of this kind.
    ///
    /// # Errors
    ///
    /// When there is none, or another.
    pub fn section(&self, kind: u32) -> Result<Reader<'a>, Error> {
        let mut found = self.sections.iter().filter(|(other, _)| *other == kind).map(|(_, bytes)| *bytes);
        match (found.next(), found.next()) {
            (Some(bytes), None) => Ok(Reader { name: self.name, bytes }),
            (None, _) => Err(Error::new(format!("the {} has no section {kind}", self.name))),
            (Some(_), Some(_)) => Err(Error::new(format!("the {} has section {kind} twice", self.name))),
        }
    }

    /// Whether there is a section of this kind that holds anything.
    pub fn has(&self, kind: u32) -> bool {
        self.sections.iter().any(|(other, bytes)| *other == kind && !bytes.is_empty())
    }
}

/// What is left of a section.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    name: &'static str,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next `length` bytes.
    ///
    /// # Errors
    ///
    /// When there are fewer.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(|| self.error("is cut off"))?;
        self.bytes = rest;
        Ok(taken)
    }

    /// All that is left.
    pub fn rest(self) -> &'a [u8] {
        self.bytes
    }

    /// The next number.
    ///
    /// # Errors
    ///
    /// When the bytes end before it does.
    pub fn u32(&mut self) -> Result<u32, Error> {
        let (number, rest) = self.bytes.split_first_chunk().ok_or_else(|| self.error("is cut off"))?;
        self.bytes = rest;
        Ok(u32::from_le_bytes(*number))
    }

    /// The next number, to count by.
    ///
    /// # Errors
    ///
    /// When the bytes end before it does.
    pub fn count(&mut self) -> Result<usize, Error> {
        let count = self.u32()?;
        usize::try_from(count).map_err(|_| self.error("is too large"))
    }

    /// The next number of 64 bits.
    ///
    /// # Errors
    ///
    /// When the bytes end before it does.
    pub fn u64(&mut self) -> Result<u64, Error> {
        let (number, rest) = self.bytes.split_first_chunk().ok_or_else(|| self.error("is cut off"))?;
        self.bytes = rest;
        Ok(u64::from_le_bytes(*number))
    }

    /// Reads a field's size and modulus, which must be those of `F`.
    ///
    /// # Errors
    ///
    /// When they are another field's.
    pub fn field<F: PrimeField>(&mut self) -> Result<(), Error> {
        let length = self.count()?;
        let modulus = F::MODULUS.to_bytes_le();
        if length != modulus.len() || self.take(length)? != modulus {
            return Err(self.error("is for another curve than the verification key"));
        }
        Ok(())
    }

    /// That nothing is left.
    ///
    /// # Errors
    ///
    /// When something is.
    pub fn end(&self) -> Result<(), Error> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.error("is longer than it says")) }
    }

    /// An error about this file.
    pub fn error(&self, what: &str) -> Error {
        Error::new(format!("the {} {what}", self.name))
    }
}

/// The bytes of a number of `F`.
pub fn width<F: PrimeField>() -> usize {
    8 * F::BigInt::NUM_LIMBS
}

/// A little-endian number below the modulus, as it is.
pub fn number<F: PrimeField>(bytes: &[u8]) -> Option<F> {
    let mut integer = F::BigInt::default();
    let limbs = integer.as_mut();
    if bytes.len() != 8 * limbs.len() {
        return None;
    }
    for (limb, chunk) in limbs.iter_mut().zip(bytes.as_chunks().0) {
        *limb = u64::from_le_bytes(*chunk);
    }
    F::from_bigint(integer)
}
