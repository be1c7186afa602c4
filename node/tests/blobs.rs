//! The blob store, with what may go wrong.

use node::{PARTS_MAX, Store, StoreError, StoreLimits};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;
use types::{BlobId, blob, host::PartResult, limits::PART_BYTES};

const MIB: u64 = 1 << 20;

fn limits(total_bytes_max: u64) -> StoreLimits {
    StoreLimits { blob_bytes_max: 4 * MIB, total_bytes_max }
}

fn open(dir: &Path) -> Arc<Store> {
    Arc::new(Store::open(dir, limits(64 * MIB)).expect("store"))
}

fn fresh() -> (TempDir, Arc<Store>) {
    let dir = tempfile::tempdir().expect("folder");
    let store = open(dir.path());
    (dir, store)
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

/// Every file below a folder that is not a folder's own.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("folder").map(|entry| entry.expect("entry")) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn a_blob_is_read_as_it_was_stored_also_by_the_next_process() {
    let (dir, store) = fresh();
    let data = bytes(100_000);
    let kept = store.put(&data).expect("kept");
    assert_eq!((kept.blob, kept.size, kept.new), (BlobId::of(&data), 100_000, true));
    assert!(!store.put(&data).expect("kept").new);
    let used = store.used_bytes();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.used_bytes(), used);
    assert_eq!(store.size(kept.blob), Some(100_000));
    assert_eq!(store.read(kept.blob, MIB).expect("read"), Some(data));
    assert!(matches!(store.read(kept.blob, 99_999), Err(StoreError::TooLarge { max: 99_999 })));
    assert_eq!(files(dir.path()), [kept.blob.to_string()]);
}

#[test]
fn bytes_with_another_hash_leave_nothing_behind() {
    let (dir, store) = fresh();
    let mut upload = store.upload().expect("upload");
    upload.write(b"these").expect("written");
    let expected = BlobId::of(b"others");
    let error = upload.finish(Some(expected)).expect_err("another hash");
    assert!(matches!(error, StoreError::Hash { got, .. } if got == BlobId::of(b"these")));
    assert_eq!((store.used_bytes(), files(dir.path())), (0, vec![]));
    drop(store.upload().expect("upload"));
    assert_eq!((store.used_bytes(), files(dir.path())), (0, vec![]));
}

#[test]
fn a_blob_and_all_blobs_have_a_bound() {
    let (dir, store) = fresh();
    let mut upload = store.upload().expect("upload");
    upload.write(&bytes(4 * MIB as usize)).expect("as large as may be");
    assert!(matches!(upload.write(b"x"), Err(StoreError::TooLarge { .. })));
    drop(upload);
    drop(store);
    let store = Arc::new(Store::open(dir.path(), limits(MIB)).expect("store"));
    store.put(&bytes(900_000)).expect("room");
    assert!(matches!(store.put(&bytes(200_000)), Err(StoreError::Full { .. })));
    let used = store.used_bytes();
    assert!(store.put(&bytes(100_000)).is_ok(), "what was refused gave its room back");
    assert!(store.used_bytes() > used && store.used_bytes() <= MIB);
}

#[test]
fn what_a_crash_left_is_cleared_and_what_is_not_ours_stays() {
    let (dir, store) = fresh();
    let kept = store.put(b"whole").expect("kept");
    drop(store);
    fs::write(dir.path().join("incoming").join("7"), b"cut off").expect("written");
    fs::write(dir.path().join("parts").join("nonsense"), b"junk").expect("written");
    fs::write(dir.path().join("parts").join(format!("{}.map", kept.blob)), b"short").expect("written");
    fs::write(dir.path().join("..notours"), b"stays").expect("written");
    let store = open(dir.path());
    assert_eq!(store.read(kept.blob, MIB).expect("read").as_deref(), Some(&b"whole"[..]));
    assert_eq!(files(dir.path()), ["..notours".to_owned(), kept.blob.to_string()]);
}

#[test]
fn no_name_leads_out_of_the_folder() {
    for name in
        ["../../etc/passwd", "..", "/etc/passwd", "ab/../../x", &"A".repeat(63), &format!("{}/", "a".repeat(63))]
    {
        assert!(name.parse::<BlobId>().is_err(), "{name}");
    }
    let (_dir, store) = fresh();
    assert_eq!(store.size(BlobId([0x2e; 32])), None);
    assert_eq!(store.read(BlobId([0x2f; 32]), MIB).expect("absent"), None);
}

#[test]
fn a_damaged_blob_is_never_handed_out_as_whole() {
    let (dir, store) = fresh();
    let kept = store.put(&bytes(50_000)).expect("kept");
    let path = dir.path().join(&kept.blob.to_string()[..2]).join(kept.blob.to_string());
    let mut data = fs::read(&path).expect("read");
    data[40_000] ^= 1;
    fs::write(&path, data).expect("written");
    assert!(matches!(store.read(kept.blob, MIB), Err(StoreError::Damaged(_))));
    assert!(matches!(store.read_part(kept.blob, 0), Err(StoreError::Damaged(_))));
}

/// A blob of three parts and a bit, with its parts encoded.
fn parted() -> (BlobId, u64, Vec<Vec<u8>>) {
    let data = bytes(3 * PART_BYTES as usize + 777);
    let (tree, size) = (blob::Tree::of(&data), data.len() as u64);
    let parts = (0..blob::parts(size)).map(|part| blob::encode_part(&tree, &data, part).expect("part")).collect();
    (tree.blob(), size, parts)
}

#[test]
fn parts_from_peers_make_a_blob_in_any_order_and_across_a_restart() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Kept);
    assert_eq!(store.write_part(id, size, 0, &parts[0]), PartResult::Kept);
    assert_eq!(store.write_part(id, size, 0, &parts[0]), PartResult::Kept, "twice does not count");
    assert_eq!(store.size(id), None, "not whole yet");
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.write_part(id, size, 1, &parts[1]), PartResult::Kept);
    assert_eq!(store.write_part(id, size, 2, &parts[2]), PartResult::Whole);
    assert_eq!(store.write_part(id, size, 2, &parts[2]), PartResult::Whole);
    assert_eq!(store.size(id), Some(size));
    for (number, part) in parts.iter().enumerate() {
        assert_eq!(store.read_part(id, number as u32).expect("read").as_ref(), Some(part));
    }
    assert_eq!(store.read_part(id, 4).expect("read"), None);
    assert_eq!(files(dir.path()), [id.to_string()]);
}

#[test]
fn wrong_parts_are_refused_and_keep_nothing() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    let mut bent = parts[1].clone();
    bent[100_000] ^= 1;
    assert_eq!(store.write_part(id, size, 1, &bent), PartResult::Wrong);
    assert_eq!(store.write_part(id, size, 2, &parts[1]), PartResult::Wrong);
    assert_eq!(store.write_part(id, size, 9, &parts[1]), PartResult::Wrong);
    assert_eq!(store.write_part(id, 8 * MIB, 0, &parts[0]), PartResult::Wrong, "larger than a blob may be");
    assert_eq!(store.write_part(BlobId([1; 32]), size, 0, &parts[0]), PartResult::Wrong);
    assert_eq!((store.used_bytes(), files(dir.path())), (0, vec![]));
}

#[test]
fn what_the_disk_made_of_parts_is_checked_before_use() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    for part in 0..3 {
        assert_eq!(store.write_part(id, size, part, &parts[part as usize]), PartResult::Kept);
    }
    let path = dir.path().join("parts").join(id.to_string());
    let mut data = fs::read(&path).expect("read");
    data[5] ^= 1;
    fs::write(&path, data).expect("written");
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Fault);
    assert_eq!((store.size(id), store.used_bytes()), (None, 0));
    for part in 0..3 {
        assert_eq!(store.write_part(id, size, part, &parts[part as usize]), PartResult::Kept, "begun anew");
    }
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Whole);
}

#[test]
fn blobs_in_parts_are_bounded_in_number_and_bytes() {
    let (dir, store) = fresh();
    let begin = |store: &Store, byte: usize| {
        let mut data = bytes(PART_BYTES as usize + 1);
        data[..8].copy_from_slice(&(byte as u64).to_le_bytes());
        let tree = blob::Tree::of(&data);
        let part = blob::encode_part(&tree, &data, 0).expect("part");
        store.write_part(tree.blob(), data.len() as u64, 0, &part)
    };
    for number in 0..PARTS_MAX + 3 {
        assert_eq!(begin(&store, number), PartResult::Kept);
    }
    assert_eq!(files(&dir.path().join("parts")).len(), 2 * PARTS_MAX);
    drop(store);
    let tight = Store::open(dir.path(), limits(MIB)).expect("store");
    assert!(tight.used_bytes() <= MIB, "what does not fit any more is given up");
    assert_eq!(begin(&tight, 999), PartResult::Fault);
}

#[test]
fn an_upload_replaces_what_had_come_in_parts() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    assert_eq!(store.write_part(id, size, 0, &parts[0]), PartResult::Kept);
    let kept = store.put(&bytes(3 * PART_BYTES as usize + 777)).expect("kept");
    assert_eq!((kept.blob, kept.new), (id, true));
    assert_eq!(files(dir.path()), [id.to_string()]);
    assert_eq!(store.used_bytes(), size.next_multiple_of(4096));
}
