//! The canonical encoding: borsh, with every length bounded.
//!
//! `decode(encode(x)) = x`, and no other bytes decode to `x`: borsh has one form for every value (little-endian integers of
//! fixed width, `u32` lengths, one tag byte), rejects trailing bytes, and never allocates from a length before the bytes are
//! there. What borsh does not do is bound collections: [`List`], [`Data`] and [`Text`] carry their bound in the type.

use borsh::{BorshDeserialize, BorshSerialize, io};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::ops::Deref;

/// Why bytes are not the canonical encoding of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Longer than the value may be.
    #[error("{got} bytes, where at most {max} are allowed")]
    TooLong {
        /// Bytes or entries that were given.
        got: usize,
        /// Bytes or entries that are allowed.
        max: usize,
    },
    /// Not an encoding of the value.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// The canonical encoding of a value.
#[must_use]
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a vector fails only when a collection is longer than a u32 can say, which the bounds exclude.
    let written = value.serialize(&mut out);
    debug_assert!(written.is_ok());
    out
}

/// Decodes bytes that may be at most `max` long, all of them.
///
/// # Errors
/// When there are too many bytes, or they are not the canonical encoding of a `T`.
pub fn decode<T: BorshDeserialize>(bytes: &[u8], max: usize) -> Result<T, CodecError> {
    if bytes.len() > max {
        return Err(CodecError::TooLong { got: bytes.len(), max });
    }
    borsh::from_slice(bytes).map_err(|error| CodecError::Malformed(error.to_string()))
}

/// At most `MAX` values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct List<T, const MAX: usize>(Vec<T>);

/// At most `MAX` bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Data<const MAX: usize>(Vec<u8>);

/// At most `MAX` bytes of UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Text<const MAX: usize>(String);

fn bounded(got: usize, max: usize) -> Result<(), CodecError> {
    if got > max { Err(CodecError::TooLong { got, max }) } else { Ok(()) }
}

fn read_length<R: io::Read>(reader: &mut R, max: usize) -> io::Result<usize> {
    let length = u32::deserialize_reader(reader)? as usize;
    bounded(length, max).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    Ok(length)
}

fn read_bytes<R: io::Read>(reader: &mut R, max: usize) -> io::Result<Vec<u8>> {
    let length = read_length(reader, max)?;
    let mut bytes = Vec::new();
    let mut block = [0u8; 4096];
    let mut left = length;
    while left > 0 {
        let take = left.min(block.len());
        let part = block.get_mut(..take).ok_or(io::ErrorKind::InvalidData)?;
        reader.read_exact(part)?;
        bytes.extend_from_slice(part);
        left = left.saturating_sub(take);
    }
    Ok(bytes)
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for List<T, MAX> {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let length = read_length(reader, MAX)?;
        let mut list = Vec::with_capacity(length.min(64));
        for _ in 0..length {
            list.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(list))
    }
}

impl<const MAX: usize> BorshDeserialize for Data<MAX> {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        read_bytes(reader, MAX).map(Self)
    }
}

impl<const MAX: usize> BorshDeserialize for Text<MAX> {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        String::from_utf8(read_bytes(reader, MAX)?)
            .map(Self)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// A list of at most `MAX` values.
    ///
    /// # Errors
    /// When there are more.
    pub fn new(values: Vec<T>) -> Result<Self, CodecError> {
        bounded(values.len(), MAX)?;
        Ok(Self(values))
    }

    /// The first `MAX` of the values.
    #[must_use]
    pub fn truncated(mut values: Vec<T>) -> Self {
        values.truncate(MAX);
        Self(values)
    }

    /// Adds a value at the end.
    ///
    /// # Errors
    /// When the list is full.
    pub fn push(&mut self, value: T) -> Result<(), CodecError> {
        bounded(self.0.len().saturating_add(1), MAX)?;
        self.0.push(value);
        Ok(())
    }

    /// The values.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }

    /// Removes and returns the value at `index`, the last one taking its place.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        (index < self.0.len()).then(|| self.0.swap_remove(index))
    }

    /// The values, to be changed in place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }

    /// The last value.
    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.0.last_mut()
    }

    /// The value at an index.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.0.get_mut(index)
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for List<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T, const MAX: usize> IntoIterator for &'a List<T, MAX> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T, const MAX: usize> IntoIterator for List<T, MAX> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<const MAX: usize> Data<MAX> {
    /// At most `MAX` bytes.
    ///
    /// # Errors
    /// When there are more.
    pub fn new(bytes: Vec<u8>) -> Result<Self, CodecError> {
        bounded(bytes.len(), MAX)?;
        Ok(Self(bytes))
    }

    /// A byte, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut u8> {
        self.0.get_mut(index)
    }

    /// The bytes.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> Default for Data<MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<const MAX: usize> Deref for Data<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Data<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> Text<MAX> {
    /// At most `MAX` bytes of UTF-8.
    ///
    /// # Errors
    /// When there are more.
    pub fn new(text: impl Into<String>) -> Result<Self, CodecError> {
        let text = text.into();
        bounded(text.len(), MAX)?;
        Ok(Self(text))
    }

    /// As much of the text as fits, cut at a character.
    #[must_use]
    pub fn truncated(text: &str) -> Self {
        let end = (0..=MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        Self(text.get(..end).unwrap_or("").to_owned())
    }
}

impl<const MAX: usize> Default for Text<MAX> {
    fn default() -> Self {
        Self(String::new())
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Serialize, const MAX: usize> Serialize for List<T, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<Vec<T> as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Data<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Data<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hex::decode(<String as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)?;
        Self::new(bytes).map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<String as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_hold_on_making_and_on_decoding() {
        assert_eq!(Data::<2>::new(vec![0; 3]), Err(CodecError::TooLong { got: 3, max: 2 }));
        assert!(List::<u8, 2>::new(vec![0; 3]).is_err());
        assert!(Text::<2>::new("abc").is_err());
        let three = encode(&vec![0u8; 3]);
        assert!(decode::<Data<2>>(&three, 100).is_err());
        assert!(decode::<List<u8, 2>>(&three, 100).is_err());
        assert!(decode::<Data<3>>(&three, 6).is_err());
        assert!(decode::<Data<3>>(&three, 7).is_ok());
    }

    #[test]
    fn a_length_without_bytes_allocates_nothing_and_is_refused() {
        let claim = u32::MAX.to_le_bytes();
        assert!(decode::<Data<{ usize::MAX }>>(&claim, 100).is_err());
        assert!(decode::<List<[u8; 32], { usize::MAX }>>(&claim, 100).is_err());
    }

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(&*Text::<4>::truncated("abcé"), "abc");
        assert_eq!(&*Text::<5>::truncated("abcé"), "abcé");
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = decode::<(Data<16>, Option<u8>, List<bool, 4>)>(&bytes, 64) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }
}
