//! The blob store, with what may go wrong.

use node::{PARTS_MAX, Store, StoreError, StoreLimits};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};
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
    found.retain(|name| name != "needs");
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
fn uploads_leave_room_for_the_nodes_own_writes() {
    let dir = tempfile::tempdir().expect("folder");
    let store = Arc::new(Store::open(dir.path(), limits(4 * MIB)).expect("store"));
    let upload = |byte: u8, len: u64| {
        let mut upload = store.upload()?;
        upload.write(&vec![byte; len as usize])?;
        upload.finish(None)
    };
    for byte in 0..3 {
        upload(byte, MIB).expect("room");
    }
    for len in [1, MIB] {
        assert!(matches!(upload(9, len), Err(StoreError::NoUploads { max, .. }) if max == 3 * MIB), "{len}");
    }
    store.put(&bytes(4096)).expect("the node has room");
    let (id, size, parts) = parted();
    for (number, part) in parts.iter().enumerate() {
        assert!(matches!(store.write_part(id, size, number as u32, part), PartResult::Kept | PartResult::Whole));
    }
    assert_eq!(store.size(id), Some(size));
    assert!(matches!(store.put(&bytes(MIB as usize)), Err(StoreError::Full { .. })));
}

/// Where a blob lies.
fn path(dir: &TempDir, blob: BlobId) -> PathBuf {
    dir.path().join(&blob.to_string()[..2]).join(blob.to_string())
}

type Read = fn(&Store, BlobId) -> Option<StoreError>;

#[test]
fn a_damaged_blob_is_removed_when_it_is_read_and_comes_in_again() {
    let reads: [Read; 3] = [
        |store, blob| store.read(blob, MIB).err(),
        |store, blob| store.checked_file(blob, MIB).err(),
        |store, blob| store.read_part(blob, 0).err(),
    ];
    let data = bytes(50_000);
    let mut bent = data.clone();
    bent[40_000] ^= 1;
    for read in reads {
        for damage in [&bent[..], &data[..30_000]] {
            let (dir, store) = fresh();
            let blob = store.put(&data).expect("kept").blob;
            assert!(read(&store, blob).is_none(), "read while it is sound");
            let whole = store.used_bytes();
            fs::write(path(&dir, blob), damage).expect("written");
            assert!(matches!(read(&store, blob), Some(StoreError::Damaged(_))));
            assert_eq!((store.size(blob), files(dir.path())), (None, vec![]));
            assert!(store.used_bytes() < whole, "its room is free");
            assert!(store.put(&data).expect("kept").new);
            assert!(read(&store, blob).is_none(), "healed");
        }
    }
}

#[test]
fn an_upload_heals_damage_that_nobody_has_noticed() {
    let (dir, store) = fresh();
    let kept = store.put(&bytes(50_000)).expect("kept");
    let used = store.used_bytes();
    fs::write(path(&dir, kept.blob), vec![0; 50_000]).expect("written");
    assert!(!store.put(&bytes(50_000)).expect("kept").new);
    assert_eq!(store.read(kept.blob, MIB).expect("read"), Some(bytes(50_000)));
    assert_eq!(store.used_bytes(), used);
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
fn a_blob_of_which_all_parts_were_there_when_the_process_ended_gets_its_name() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    for part in 0..3 {
        assert_eq!(store.write_part(id, size, part, &parts[part as usize]), PartResult::Kept);
    }
    drop(store);
    let folder = dir.path().join("parts");
    let names = files(&folder);
    let [data, map] = [false, true].map(|map| names.iter().find(|name| name.ends_with(".map") == map).expect("a file"));
    let mut all = fs::read(folder.join(data)).expect("read");
    all[3 * PART_BYTES as usize..].copy_from_slice(&bytes(3 * PART_BYTES as usize + 777)[3 * PART_BYTES as usize..]);
    fs::write(folder.join(data), all).expect("written");
    fs::write(folder.join(map), [size.to_le_bytes().as_slice(), &[0b1111]].concat()).expect("written");
    let store = open(dir.path());
    assert_eq!((store.parts(id, size).count(), store.size(id)), (4, None));
    store.finish_parts(id, size).expect("sound");
    assert_eq!((store.size(id), files(dir.path())), (Some(size), vec![id.to_string()]));
    assert_eq!(store.used_bytes(), size.next_multiple_of(4096));
}

#[test]
fn what_comes_by_a_false_size_does_not_touch_what_comes_by_the_true_one() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    for (number, part) in parts.iter().enumerate().take(3) {
        assert_eq!(store.write_part(id, size, number as u32, part), PartResult::Kept);
        // The first part says nothing about the size.
        assert_eq!(store.write_part(id, size + 100, 0, &parts[0]), PartResult::Kept);
    }
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Whole);
    assert_eq!(files(dir.path()), [id.to_string()], "nothing is left of the false size");
    assert_eq!(store.used_bytes(), size.next_multiple_of(4096));
}

#[test]
fn parts_of_a_blob_that_is_whole_are_not_taken_up_again() {
    let (dir, store) = fresh();
    let (id, size, parts) = parted();
    assert_eq!(store.write_part(id, size, 0, &parts[0]), PartResult::Kept);
    drop(store);
    // As a crash leaves it between naming the blob and forgetting its parts.
    let path = path(&dir, id);
    fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    fs::write(path, bytes(3 * PART_BYTES as usize + 777)).expect("written");
    let store = open(dir.path());
    assert_eq!(files(dir.path()), [id.to_string()]);
    assert_eq!(store.used_bytes(), size.next_multiple_of(4096));
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
    let keep = |store: &Store| {
        for part in 0..3 {
            assert_eq!(store.write_part(id, size, part, &parts[part as usize]), PartResult::Kept);
        }
    };
    let damage = || {
        let names = files(&dir.path().join("parts"));
        let path = dir.path().join("parts").join(names.iter().find(|name| !name.ends_with(".map")).expect("a file"));
        let mut data = fs::read(&path).expect("read");
        data[5] ^= 1;
        fs::write(&path, data).expect("written");
    };
    keep(&store);
    damage();
    drop(store);
    // What an earlier process wrote is read when the last part is there.
    let store = open(dir.path());
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Fault);
    assert_eq!((store.size(id), store.used_bytes()), (None, 0));
    // What this one wrote is read when it is used.
    keep(&store);
    damage();
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Whole);
    assert!(matches!(store.read(id, size), Err(StoreError::Damaged(_))));
    assert_eq!(store.size(id), None);
    keep(&store);
    assert_eq!(store.write_part(id, size, 3, &parts[3]), PartResult::Whole);
    assert!(store.read(id, size).expect("sound").is_some());
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

#[test]
fn writers_of_one_blob_at_once_leave_one_blob_and_take_its_room_once() {
    let (id, size, parts) = parted();
    let data = bytes(3 * PART_BYTES as usize + 777);
    for _ in 0..20 {
        let (dir, store) = fresh();
        thread::scope(|scope| {
            for thread in 0..4 {
                let (store, parts) = (&store, &parts);
                scope.spawn(move || {
                    for number in (0..4).map(|number| (number + thread) % 4) {
                        store.write_part(id, size, number as u32, &parts[number]);
                    }
                });
            }
            scope.spawn(|| store.put(&data).expect("kept"));
        });
        assert_eq!(store.read(id, MIB).expect("read").as_ref(), Some(&data));
        store.write_part(id, size, 0, &parts[0]);
        assert_eq!((store.used_bytes(), files(dir.path())), (size.next_multiple_of(4096), vec![id.to_string()]));
    }
}

/// Makes a blob look as if it had come so many hours ago.
fn aged(dir: &TempDir, blob: BlobId, hours: u64) {
    let file = fs::File::options().write(true).open(path(dir, blob)).expect("a blob");
    file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).expect("aged");
}

#[test]
fn what_nobody_needs_goes_oldest_first_when_room_is_wanted() {
    let (dir, store) = fresh();
    let mib = |byte: u8| vec![byte; MIB as usize];
    let tight = |dir: &TempDir| Arc::new(Store::open(dir.path(), limits(8 * MIB)).expect("store"));
    drop(store);
    let store = tight(&dir);
    let ids: Vec<BlobId> = (0..8).map(|byte| store.put(&mib(byte)).expect("room").blob).collect();
    let run = types::WorkloadId([1; 32]);
    // The older the number, but for the last, which came just now.
    (0..7).for_each(|number| aged(&dir, ids[number], 10 - number as u64));
    store.hold(run, &ids[..1], None).expect("held");
    store.keep(&ids[1..2]).expect("kept");
    store.hold(types::WorkloadId([2; 32]), &ids[2..3], Some(5)).expect("ended");
    assert!(matches!(store.put(&mib(9)), Err(StoreError::Full { .. })), "not everything that lives was told yet");
    drop(store);
    let store = tight(&dir);
    store.hold(run, &ids[..1], None).expect("held");
    store.epoch(5).expect("epoch");
    let reading = store.reading(ids[3]);
    store.put(&mib(9)).expect("room was made");
    let there = || ids.iter().map(|id| store.size(*id).is_some()).collect::<Vec<_>>();
    assert_eq!(there(), [true, true, true, true, false, true, true, true], "the oldest that nobody needs or reads");
    assert!(store.used_bytes() <= 8 * MIB);
    drop(reading);
    store.epoch(6).expect("epoch");
    for byte in 10..13 {
        store.put(&mib(byte)).expect("room was made");
    }
    assert_eq!(there(), [true, true, false, false, false, false, true, true]);
    assert!(matches!(store.put(&[vec![0; 3 * MIB as usize], mib(1)].concat()), Err(StoreError::Full { .. })));
    assert_eq!(there(), [true, true, false, false, false, false, false, true], "what came just now stays");
}
