//! Artifacts that are made of what people have: the same bytes for the same content.

use std::fs;
use std::path::{Path, PathBuf};

use executor::FailReason;
use executor::native::{NativeImage, pack};
use tempfile::TempDir;

use crate::layouts::{Oci, Tar, gzip};
use crate::support::{hostile, hostile_path};

/// Packs a file or folder; gives the bytes, and what nodes find in them.
fn packed(from: &Path) -> Result<(Vec<u8>, NativeImage), FailReason> {
    let dir = tempfile::tempdir().unwrap();
    let scratch = dir.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let image = pack(from, &dir.path().join("packed"), &scratch)?;
    Ok((fs::read(dir.path().join("packed")).unwrap(), image))
}

fn written(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn the_same_content_packs_to_the_same_bytes_and_packing_them_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = Tar::new()
        .file("./prover", 0o755, hostile())
        .file("./data", 0o600, b"a table")
        .hard_link("./other", "data")
        .symlink("./link", "/data");
    let root = root.bytes();
    let (first, image) = packed(&written(&dir, "root.tar.gz", &gzip(&root))).unwrap();
    assert_eq!((image.command, image.is_static), (vec!["/prover".to_owned()], false));
    // The same files in another order, by layers, and with what a later layer hides.
    let below = Tar::new().file("data", 0o644, b"another table").file("gone", 0o644, b"").bytes();
    let above = Tar::new().file(".wh.gone", 0o644, b"").file("data", 0o644, b"a table").hard_link("other", "data");
    let above = above.symlink("link", "/data").file("prover", 0o755, hostile()).bytes();
    let mut layout = Oci::new().layer(below).layer(gzip(&above));
    layout.config["config"] = serde_json::json!({"Entrypoint": ["/prover"]});
    let (second, _) = packed(&written(&dir, "layout.tar", &layout.bytes())).unwrap();
    assert_eq!(blake3::hash(&first), blake3::hash(&second));
    let (again, _) = packed(&written(&dir, "again", &first)).unwrap();
    assert_eq!(blake3::hash(&first), blake3::hash(&again));
}

#[test]
fn an_image_keeps_its_command_environment_and_folder_when_it_is_packed() {
    let dir = tempfile::tempdir().unwrap();
    let layer = Tar::new().file("opt/bin/prover", 0o755, hostile()).dir("srv").bytes();
    let layout = written(&dir, "layout.tar", &Oci::new().layer(layer).bytes());
    let (bytes, image) = packed(&layout).unwrap();
    assert_eq!(image.command, ["prover", "first", "second"]);
    assert_eq!(packed(&written(&dir, "again", &bytes)).unwrap().0, bytes);
    let folder = dir.path().join("layout");
    tar::Archive::new(fs::File::open(&layout).unwrap()).unpack(&folder).unwrap();
    assert_eq!(packed(&folder).unwrap().0, bytes, "a layout may be a folder as well");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for kept in ["PATH=/opt/bin", "COLOUR=blue", "\"WorkingDir\":\"/srv\""] {
        assert!(text.contains(kept), "{kept}");
    }
}

#[test]
fn folders_are_packed_and_what_is_no_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    fs::create_dir_all(root.join("deep/er")).unwrap();
    let refusal = |from: &Path| match packed(from).unwrap_err() {
        FailReason::BadModule(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(&root), "the archive has no /prover");
    fs::write(root.join("manifest.json"), "[]").unwrap();
    assert!(refusal(&root).contains("Docker 25"));
    fs::remove_file(root.join("manifest.json")).unwrap();
    fs::copy(hostile_path(), root.join("prover")).unwrap();
    let (folder, image) = packed(&root).unwrap();
    assert_eq!(image.command, ["/prover"]);
    let tar = Tar::new().dir("deep/er").file("prover", 0o755, hostile()).bytes();
    assert_eq!(blake3::hash(&packed(&written(&dir, "root.tar", &tar)).unwrap().0), blake3::hash(&folder));
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(refusal(&root).contains("pipe is neither a file"));
    let (elf, image) = packed(hostile_path()).unwrap();
    assert!(image.is_static && elf == hostile(), "a static program is its own artifact");
}
