//! Blobs in parts that prove themselves: BLAKE3 verified streaming (rule 14).
//!
//! A part is [`PART_BYTES`] of a blob, or what is left of it, together with the hashes on its way to the root. It is checked
//! against the blob's name alone, so it can come from anybody.

use crate::{
    BlobId, CodecError,
    limits::{BLOB_MAX, PART_BYTES, PART_MAX},
};
use bao_tree::{
    BaoTree, BlockSize, ByteRanges, ChunkRanges,
    io::{
        outboard::{EmptyOutboard, PreOrderMemOutboard},
        round_up_to_chunks,
        sync::{decode_ranges, encode_ranges_validated},
    },
};

/// 16 KiB: the smallest piece that is checked on its own.
const BLOCK: BlockSize = BlockSize::from_chunk_log(4);

/// The hashes that prove any part of a blob.
pub struct Tree(PreOrderMemOutboard);

/// How many parts a blob of `size` bytes has. An empty blob has one, which is empty.
#[must_use]
pub fn parts(size: u64) -> u32 {
    u32::try_from(size.div_ceil(PART_BYTES).max(1)).unwrap_or(u32::MAX)
}

/// The bytes of a part within its blob: start and end.
#[must_use]
pub fn part_range(size: u64, part: u32) -> (u64, u64) {
    let start = u64::from(part).saturating_mul(PART_BYTES).min(size);
    (start, start.saturating_add(PART_BYTES).min(size))
}

fn chunks(size: u64, part: u32) -> ChunkRanges {
    let (start, end) = part_range(size, part);
    if size == 0 { ChunkRanges::all() } else { round_up_to_chunks(&ByteRanges::from(start..end)) }
}

impl Tree {
    /// The hashes of a blob.
    #[must_use]
    pub fn of(blob: &[u8]) -> Self {
        Self(PreOrderMemOutboard::create(blob, BLOCK))
    }

    /// The blob's name.
    #[must_use]
    pub fn blob(&self) -> BlobId {
        BlobId(*self.0.root.as_bytes())
    }
}

/// A part of a blob with the hashes that prove it; none if the blob has no such part.
#[must_use]
pub fn encode_part(tree: &Tree, blob: &[u8], part: u32) -> Option<Vec<u8>> {
    let size = blob.len() as u64;
    if part >= parts(size) {
        return None;
    }
    let mut encoded = Vec::new();
    encode_ranges_validated(blob, &tree.0, &chunks(size, part), &mut encoded).ok()?;
    Some(encoded)
}

/// Checks a part against the blob's name and size, and returns its bytes.
///
/// # Errors
/// When the part is too long, there is no such part, or its bytes are not the blob's.
pub fn decode_part(blob: BlobId, size: u64, part: u32, encoded: &[u8]) -> Result<Vec<u8>, CodecError> {
    let wrong = |what: &str| CodecError::Malformed(what.to_owned());
    if encoded.len() > PART_MAX {
        return Err(CodecError::TooLong { got: encoded.len(), max: PART_MAX });
    }
    if size > BLOB_MAX || part >= parts(size) {
        return Err(wrong("the blob has no such part"));
    }
    let outboard = EmptyOutboard { tree: BaoTree::new(size, BLOCK), root: blake3::Hash::from_bytes(blob.0) };
    let (start, end) = part_range(size, part);
    let length = usize::try_from(end.saturating_sub(start)).map_err(|_| wrong("the part is too large"))?;
    let mut sink = Window { start, bytes: vec![0; length] };
    let mut rest = encoded;
    decode_ranges(&mut rest, &chunks(size, part), &mut sink, outboard).map_err(|error| wrong(&error.to_string()))?;
    if rest.is_empty() { Ok(sink.bytes) } else { Err(wrong("bytes follow the part")) }
}

/// Takes the bytes of one part at their place in the blob.
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl positioned_io::WriteAt for &mut Window {
    fn write_at(&mut self, position: u64, bytes: &[u8]) -> std::io::Result<usize> {
        let outside = || std::io::Error::other("outside of the part");
        let from = position.checked_sub(self.start).and_then(|from| usize::try_from(from).ok()).ok_or_else(outside)?;
        let to = from.checked_add(bytes.len()).ok_or_else(outside)?;
        self.bytes.get_mut(from..to).ok_or_else(outside)?.copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
    }

    #[test]
    fn parts_of_every_length_prove_themselves() {
        let edge = PART_BYTES as usize;
        for len in [0, 1, 1023, 1024, 1025, 16_384, 16_385, edge - 1, edge, edge + 1, 3 * edge + 777] {
            let data = blob(len);
            let tree = Tree::of(&data);
            assert_eq!(tree.blob(), BlobId::of(&data), "{len}");
            let mut whole = Vec::new();
            for part in 0..parts(len as u64) {
                let encoded = encode_part(&tree, &data, part).expect("part");
                assert!(encoded.len() <= PART_MAX);
                whole.extend(decode_part(tree.blob(), len as u64, part, &encoded).expect("right"));
            }
            assert_eq!(whole, data, "{len}");
            assert_eq!(encode_part(&tree, &data, parts(len as u64)), None);
        }
    }

    #[test]
    fn a_part_changed_anywhere_is_refused() {
        let data = blob(40_000);
        let tree = Tree::of(&data);
        let good = encode_part(&tree, &data, 0).expect("part");
        for at in (0..good.len()).step_by(97) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(decode_part(tree.blob(), 40_000, 0, &bad).is_err(), "{at}");
        }
        assert!(decode_part(tree.blob(), 40_000, 0, &good[..good.len() - 1]).is_err());
        assert!(decode_part(tree.blob(), 40_000, 0, &[good.as_slice(), &[0]].concat()).is_err());
        assert!(decode_part(tree.blob(), 39_999, 0, &good).is_err());
        assert!(decode_part(tree.blob(), 40_000, 1, &good).is_err());
        assert!(decode_part(BlobId::of(b"other"), 40_000, 0, &good).is_err());
    }
}
