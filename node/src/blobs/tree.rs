//! The hashes that prove any part of a blob, made from its file and kept for the blobs that were asked for last.
//!
//! The parts are those of [`types::blob`], which works on blobs in memory; here a blob is read where it lies, since it may be
//! larger than memory. A test holds both to the same bytes.

use bao_tree::{
    BaoTree, BlockSize, ByteRanges, ChunkRanges,
    io::{
        EncodeError,
        outboard::PreOrderMemOutboard,
        round_up_to_chunks,
        sync::{encode_ranges_validated, outboard},
    },
};
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader},
    os::unix::fs::FileExt as _,
    sync::Arc,
};
use types::{BlobId, blob::part_range, limits::PART_MAX};

/// 16 KiB, as in [`types::blob`].
const BLOCK: BlockSize = BlockSize::from_chunk_log(4);
/// Trees that are kept.
const TREES_MAX: usize = 64;
/// Bytes of hashes that are kept: enough for one blob of the largest size, twice.
const TREES_BYTES_MAX: usize = 32 << 20;

/// The hashes of one blob.
#[derive(Debug)]
pub(super) struct Tree(PreOrderMemOutboard);

impl Tree {
    /// Reads a blob of `size` bytes from its file's beginning.
    pub(super) fn of(file: &File, size: u64) -> io::Result<Self> {
        let tree = BaoTree::new(size, BLOCK);
        let bytes = usize::try_from(tree.outboard_size()).map_err(io::Error::other)?;
        let mut made = PreOrderMemOutboard { root: blake3::Hash::from_bytes([0; 32]), tree, data: vec![0; bytes] };
        made.root = outboard(BufReader::with_capacity(1 << 18, file), tree, &mut made)?;
        Ok(Self(made))
    }

    pub(super) fn blob(&self) -> BlobId {
        BlobId(*self.0.root.as_bytes())
    }

    pub(super) fn size(&self) -> u64 {
        self.0.tree.size()
    }

    /// A part that exists, with its hashes; none if the file is not what it was when the tree was made.
    pub(super) fn encode(&self, file: &File, part: u32) -> io::Result<Option<Vec<u8>>> {
        let size = self.size();
        let (start, end) = part_range(size, part);
        let ranges = if size == 0 { ChunkRanges::all() } else { round_up_to_chunks(&ByteRanges::from(start..end)) };
        let mut part =
            Window { start, bytes: vec![0; usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?] };
        match file.read_exact_at(&mut part.bytes, start) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let mut encoded = Vec::with_capacity(PART_MAX);
        match encode_ranges_validated(part, &self.0, &ranges, &mut encoded) {
            Ok(()) => Ok(Some(encoded)),
            Err(EncodeError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn bytes(&self) -> usize {
        self.0.data.len()
    }
}

/// The bytes of one part, at their place in the blob.
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl positioned_io::ReadAt for Window {
    fn read_at(&self, place: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = place.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        let rest = from.and_then(|from| self.bytes.get(from..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// The trees that were asked for last, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct Trees(VecDeque<Arc<Tree>>);

impl Trees {
    pub(super) fn get(&mut self, blob: BlobId) -> Option<Arc<Tree>> {
        let at = self.0.iter().position(|tree| tree.blob() == blob)?;
        let tree = self.0.remove(at)?;
        self.0.push_back(tree.clone());
        Some(tree)
    }

    pub(super) fn forget(&mut self, blob: BlobId) {
        self.0.retain(|tree| tree.blob() != blob);
    }

    pub(super) fn insert(&mut self, tree: Arc<Tree>) {
        self.forget(tree.blob());
        self.0.push_back(tree);
        while self.0.len() > TREES_MAX || self.0.iter().map(|tree| tree.bytes()).sum::<usize>() > TREES_BYTES_MAX {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{blob, limits::PART_BYTES};

    #[test]
    fn parts_from_a_file_are_those_from_memory() {
        let dir = tempfile::tempdir().expect("folder");
        let edge = PART_BYTES as usize;
        for len in [0, 1, 16_384, 16_385, edge - 1, edge, edge + 1, 3 * edge + 777] {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 31 + i / 253) as u8).collect();
            let path = dir.path().join("blob");
            std::fs::write(&path, &bytes).expect("written");
            let file = File::open(&path).expect("opened");
            let (ours, theirs) = (Tree::of(&file, len as u64).expect("tree"), blob::Tree::of(&bytes));
            assert_eq!(ours.blob(), theirs.blob());
            for part in 0..blob::parts(len as u64) {
                let encoded = ours.encode(&file, part).expect("read");
                assert_eq!(encoded, blob::encode_part(&theirs, &bytes, part), "{len} {part}");
            }
        }
    }

    #[test]
    fn a_file_that_changed_is_noticed() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("blob");
        std::fs::write(&path, vec![7; 100_000]).expect("written");
        let tree = Tree::of(&File::open(&path).expect("opened"), 100_000).expect("tree");
        for other in [vec![8; 100_000], vec![7; 50_000]] {
            std::fs::write(&path, other).expect("written");
            assert_eq!(tree.encode(&File::open(&path).expect("opened"), 0).expect("read"), None);
        }
    }

    #[test]
    fn only_the_latest_trees_are_kept() {
        let dir = tempfile::tempdir().expect("folder");
        let mut trees = Trees::default();
        let mut names = Vec::new();
        for byte in 0..=TREES_MAX {
            let path = dir.path().join("blob");
            std::fs::write(&path, [byte as u8]).expect("written");
            let tree = Arc::new(Tree::of(&File::open(&path).expect("opened"), 1).expect("tree"));
            names.push(tree.blob());
            trees.insert(tree);
        }
        assert!(trees.get(names[0]).is_none());
        assert!(trees.get(names[1]).is_some());
    }
}
