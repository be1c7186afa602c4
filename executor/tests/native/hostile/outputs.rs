//! Deeds with the proof itself.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;

use super::{Deed, sys};

pub fn attempt(name: &str) -> Option<Deed> {
    let output = std::env::var("LEMMA_OUTPUT_DIR").unwrap_or_default();
    let proof = format!("{output}/proof");
    let _ = match name {
        "no-proof" => Ok(()),
        "link-as-proof" => fs::remove_file(&proof).or(Ok(())).and_then(|()| symlink("/etc/passwd", &proof)),
        "hard-link-as-proof" => {
            let other = format!("{output}/other");
            fs::write(&other, "x").and_then(|()| fs::hard_link(&other, &proof))
        }
        "directory-as-proof" => fs::create_dir(&proof),
        "sparse-proof" => File::create(&proof).and_then(|file| file.set_len(10_000_000_000)),
        "endless-proof" => endless(&proof),
        "large-proof" => fs::write(&proof, vec![1_u8; 3 << 20]),
        "large-public" => {
            fs::write(&proof, "x").and_then(|()| fs::write(format!("{output}/public"), vec![1_u8; 3 << 20]))
        }
        // The whole directory turned into a link to somewhere else.
        "moved-output" => fs::rename(&output, concat!("/work", "/moved")).and_then(|()| symlink("/etc", &output)),
        _ => return None,
    };
    // Nothing is proved: what the node makes of it is what is looked at.
    sys::leave(0)
}

/// Ten gigabytes, written.
fn endless(path: &str) -> io::Result<()> {
    let (piece, mut file) = (vec![1_u8; 1 << 20], File::create(path)?);
    (0..10_000).try_for_each(|_| file.write_all(&piece))
}
