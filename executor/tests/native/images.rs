//! Artifacts: what is unpacked and run, and what is refused with which words.

use std::fs;
use std::path::{Path, PathBuf};

use executor::native::{ImageLimits, NativeExecutor, NativeSettings, Source};
use executor::{CancelToken, FailReason, Outcome};
use tar::EntryType;
use tempfile::TempDir;

use crate::lab::Lab;
use crate::layouts::{Oci, Tar, gzip, zstd};
use crate::support::{hostile, lab, reason, settings, success};

/// An executor with a directory next to a file that no archive may reach.
struct Rig {
    executor: NativeExecutor,
    dir: TempDir,
}

impl Rig {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: NativeSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("outside"), "untouched").unwrap();
        Self { executor: NativeExecutor::new(&dir.path().join("native"), settings).unwrap(), dir }
    }

    fn prepare(&self, artifact: &[u8]) -> Result<PathBuf, FailReason> {
        let id = blake3::hash(artifact);
        self.executor.prepare(*id.as_bytes(), Source::Bytes(artifact))?;
        Ok(self.dir.path().join("native/images").join(id.to_hex().as_str()).join("root"))
    }

    fn refusal(&self, artifact: &[u8]) -> String {
        let text = match self.prepare(artifact).unwrap_err() {
            FailReason::BadModule(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(fs::read(self.dir.path().join("outside")).unwrap(), b"untouched");
        let left = fs::read_dir(self.dir.path().join("native/images")).unwrap().count();
        assert_eq!(left, 0, "what is refused leaves nothing behind");
        text
    }
}

fn run(lab: &Lab, artifact: &[u8], arguments: &str) -> Outcome {
    let mut job = lab.job(arguments);
    job.artifact_id = *blake3::hash(artifact).as_bytes();
    job.artifact = Source::Bytes(artifact);
    lab.executor.prove(&job, &CancelToken::new(), &|_| ())
}

fn prover() -> Tar {
    Tar::new().file("./prover", 0o755, hostile())
}

#[test]
fn a_root_directory_runs_its_prover_packed_or_not() {
    let lab = lab();
    let plain = prover().dir("etc").file("etc/colour", 0o644, b"blue").bytes();
    for artifact in [gzip(&plain), zstd(&plain), plain] {
        assert_eq!(success(run(&lab, &artifact, "copy 0")).proof, b"an input");
    }
}

#[test]
fn an_oci_image_runs_with_its_command_environment_and_directory() {
    let lab = lab();
    let lower = Tar::new().dir("srv").file("opt/bin/prover", 0o755, b"another file").bytes();
    let upper = Tar::new().file("opt/bin/prover", 0o755, hostile()).bytes();
    for layers in [[gzip(&lower), zstd(&upper)], [lower.clone(), gzip(&upper)]] {
        let artifact = layers.into_iter().fold(Oci::new(), Oci::layer).bytes();
        for artifact in [gzip(&artifact), artifact] {
            let text = String::from_utf8(success(run(&lab, &artifact, "surroundings")).proof).unwrap();
            for line in
                ["argument first", "argument second", "COLOUR=blue", "PATH=/opt/bin", "cwd /srv", "LEMMA_THREADS=2"]
            {
                assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
            }
        }
    }
}

#[test]
fn layers_hide_what_is_below_them() {
    let rig = Rig::new();
    let lower = Tar::new().file("a/one", 0o644, b"1").file("a/two", 0o644, b"2").file("b/three", 0o644, b"3");
    let lower = lower.file("b/deep/four", 0o644, b"4").symlink("lib", "usr/lib").dir("usr/lib").bytes();
    let upper = Tar::new().file("a/.wh.one", 0o644, b"").file("b/five", 0o644, b"5").file("b/.wh..wh..opq", 0o644, b"");
    let upper = upper.file("lib/six", 0o644, b"6").file("opt/bin/prover", 0o755, b"x").bytes();
    let root = rig.prepare(&Oci::new().layer(gzip(&lower)).layer(gzip(&upper)).bytes()).unwrap();
    let there = |path: &str| root.join(path).symlink_metadata().is_ok();
    let expected = [("a/one", false), ("a/two", true), ("b/three", false), ("b/deep", false), ("b/five", true)];
    for (path, is_there) in expected.into_iter().chain([("usr/lib/six", true), ("proc", true), ("a/.wh.one", false)]) {
        assert_eq!(there(path), is_there, "{path}");
    }
    assert!(root.join("lib").is_symlink());
}

#[test]
fn links_stay_inside() {
    let rig = Rig::new();
    let tar = prover().dir("a/b").symlink("a/b/absolute", "/etc/colour").symlink("etc", "a/b");
    let tar = tar.symlink("etc/again", "/prover").symlink("up", "a/../prover").hard_link("same", "prover");
    let root = rig.prepare(&tar.bytes()).unwrap();
    let target = |path: &str| fs::read_link(root.join(path)).unwrap();
    assert_eq!(target("a/b/absolute"), Path::new("../../etc/colour"));
    // Made through a link: what counts is where it really lies.
    assert_eq!(target("a/b/again"), Path::new("../../prover"));
    assert_eq!(target("up"), Path::new("a/../prover"));
    assert_eq!(fs::read(root.join("same")).unwrap(), hostile());
}

#[test]
fn privileges_are_not_unpacked() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::new();
    let tar = prover().file("setuid", 0o6755, b"x").file("sticky", 0o1666, b"x").file("closed", 0o000, b"x");
    let root = rig.prepare(&tar.bytes()).unwrap();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!([mode("setuid"), mode("sticky"), mode("closed"), mode("")], [0o755, 0o644, 0o644, 0o755]);
}

#[test]
fn archives_that_lead_out_are_refused() {
    let rig = Rig::new();
    let cases = [
        (prover().file("../outside", 0o644, b"x"), "../outside leads out of the archive"),
        (prover().file("a/../../../outside", 0o644, b"x"), "leads out of the archive"),
        (prover().file("/outside", 0o644, b"x"), "/outside is absolute"),
        (prover().symlink("link", "../outside"), "outside of the archive"),
        (prover().symlink("link", "/../outside"), "outside of the archive"),
        (prover().symlink("a", "b").symlink("b", "a").file("a/x", 0o644, b"x"), "symbolic links"),
        (prover().hard_link("link", "../outside"), "leads out of the archive"),
        (prover().hard_link("link", "/etc/passwd"), "is absolute"),
        (prover().hard_link("link", "missing"), "a hard link to what is not a file"),
        (prover().symlink("s", "/etc/passwd").hard_link("link", "s"), "a hard link to what is not a file"),
        (prover().entry(EntryType::Char, "null", "", 0o666, b""), "Char are not allowed"),
        (prover().entry(EntryType::Block, "sda", "", 0o666, b""), "Block are not allowed"),
        (prover().entry(EntryType::Fifo, "pipe", "", 0o666, b""), "Fifo are not allowed"),
        (prover().far(&format!("{}x", "d/".repeat(64))), "is too deep"),
        (prover().file("file", 0o644, b"x").file("file/below", 0o644, b"x"), "Not a directory"),
    ];
    for (tar, expected) in cases {
        let text = rig.refusal(&tar.bytes());
        assert!(text.contains(expected), "{text}, expected {expected}");
    }
}

/// A link to a directory outside, then a file in it: the kernel resolves it inside, so nothing is reached.
#[test]
fn a_file_behind_a_link_lands_inside() {
    let rig = Rig::new();
    let outside = rig.dir.path().join("native");
    let tar = prover().symlink("exit", outside.to_str().unwrap()).file("exit/evil", 0o644, b"x").bytes();
    let refused = rig.prepare(&tar);
    assert!(!outside.join("evil").exists());
    assert!(refused.is_err(), "there is no such directory inside");
}

#[test]
fn bombs_are_refused() {
    let image = ImageLimits { entries_max: 100, bytes_max: 8 << 20 };
    let rig = Rig::with(NativeSettings { image, ..settings() });
    let zeros = vec![0; 9 << 20];
    let many = (0..101).fold(Tar::new(), |tar, number| tar.file(&format!("f{number}"), 0o644, b"")).bytes();
    let twice = Tar::new().file("a", 0o644, &zeros[..5 << 20]).file("a", 0o644, &zeros[..5 << 20]).bytes();
    let layer = gzip(&Tar::new().file("a", 0o644, &zeros).bytes());
    let cases = [
        (gzip(&Tar::new().file("zeros", 0o644, &zeros).bytes()), "unpacks to more than"),
        (zstd(&Tar::new().file("zeros", 0o644, &zeros).bytes()), "unpacks to more than"),
        (gzip(&gzip(&zeros)), "no ELF and no tar"),
        (many, "too many entries"),
        (twice, "too many bytes"),
        (Oci::new().layer(layer).bytes(), "too many bytes"),
        (Tar::new().promise(EntryType::Regular, "large", 1 << 32).bytes(), "too many bytes"),
        (Tar::new().promise(EntryType::Regular, "cut", 1 << 20).bytes(), "unexpected EOF"),
        (
            gzip(&Tar::new().entry(EntryType::GNULongName, "long", "", 0, &zeros[..3 << 20]).bytes()),
            "longer than it may be",
        ),
    ];
    for (artifact, expected) in cases {
        let text = rig.refusal(&artifact);
        assert!(text.contains(expected), "{text}, expected {expected}");
    }
}

/// A node's own limits look at the artifact's size as well.
#[test]
fn what_is_packed_tighter_than_programs_are_is_a_bomb() {
    let rig = Rig::new();
    let bomb = gzip(&Tar::new().file("zeros", 0o644, &vec![0; 65 << 20]).bytes());
    assert!(bomb.len() < 1 << 20);
    assert!(rig.refusal(&bomb).contains("unpacks to more than 67108864 bytes"));
    let layer = Oci::new().layer(bomb).bytes();
    assert!(rig.refusal(&layer).contains("too many bytes"));
}

/// Headers come out of an archive too: a name of 1 MiB packs to a thousandth, and entries have no content to be counted.
#[test]
fn names_are_bounded_each_and_together() {
    let rig = Rig::new();
    let name = vec![b'n'; 1 << 19];
    let named = |tar: Tar| {
        tar.entry(EntryType::GNULongName, "long", "", 0, &name).entry(EntryType::XGlobalHeader, "x", "", 0, b"")
    };
    let long = rig.refusal(&gzip(&named(prover()).bytes()));
    assert!(long.ends_with("is too long") && long.len() < 512, "{long}");
    // Names of nothing that is unpacked, so only counted.
    let comments = |count| {
        let comment = |tar: Tar| tar.entry(EntryType::GNULongLink, "l", "", 0, &name).file("f", 0o644, b"");
        gzip(&(0..count).fold(Tar::new().file("opt/bin/prover", 0o755, b"x"), |tar, _| comment(tar)).bytes())
    };
    let bomb = Oci::new().layer(comments(140)).bytes();
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    assert!(rig.refusal(&bomb).contains("too many bytes"));
    rig.prepare(&Oci::new().layer(comments(4)).bytes()).unwrap();
}

#[test]
fn what_is_no_program_is_refused_with_the_reason() {
    let rig = Rig::new();
    let mut foreign = hostile().to_vec();
    foreign[18] = 0xf3;
    let dynamic = fs::read(std::env::current_exe().unwrap()).unwrap();
    let other = |change: fn(&mut serde_json::Value)| {
        let mut image = Oci::new().layer(Tar::new().bytes());
        change(&mut image.config);
        image.bytes()
    };
    let cases = [
        (b"#!/bin/sh\necho hello\n".to_vec(), "no ELF and no tar"),
        (Vec::new(), "no ELF and no tar"),
        (foreign, "another architecture"),
        (dynamic, "not static"),
        (hostile()[..70].to_vec(), "the ELF file is cut off"),
        (Tar::new().file("other", 0o755, b"x").bytes(), "no /prover"),
        (Tar::new().file("prover", 0o644, b"x").bytes(), "not executable"),
        (Tar::new().dir("prover").bytes(), "not executable"),
        (other(|config| config["architecture"] = "s390x".into()), "linux/s390x"),
        (other(|config| config["config"] = serde_json::json!({})), "neither Entrypoint nor Cmd"),
    ];
    for (artifact, expected) in cases {
        let text = rig.refusal(&artifact);
        assert!(text.contains(expected), "{text}, expected {expected}");
    }
}

#[test]
fn a_blob_with_another_digest_is_refused() {
    let rig = Rig::new();
    let layout = || Oci::new().layer(gzip(&Tar::new().file("opt/bin/prover", 0o755, b"x").bytes()));
    for number in 0..3 {
        let damaged = layout().bytes_with(|files| {
            let other = if number == 0 { gzip(&Tar::new().file("evil", 0o755, b"x").bytes()) } else { Vec::new() };
            files[number].1.extend(b" ");
            if number == 0 {
                files[number].1 = other;
            }
        });
        let text = rig.refusal(&damaged);
        assert!(text.contains("is not what is there"), "{text}");
    }
    let text = rig.refusal(&layout().bytes_with(|files| drop(files.remove(0))));
    assert!(text.contains("the layout has no blobs/sha256/"), "{text}");
}

#[test]
fn a_program_that_cannot_be_executed_is_a_bad_program() {
    let lab = lab();
    let cases = [
        Tar::new().file("prover", 0o755, b"not a program").bytes(),
        Tar::new().file("prover", 0o755, b"#!/bin/interpreter\n").bytes(),
        Oci::new().layer(Tar::new().dir("srv").bytes()).bytes(),
    ];
    for artifact in cases {
        let reason = reason(run(&lab, &artifact, "copy"));
        assert!(matches!(&reason, FailReason::BadModule(text) if text.contains("cannot be executed")), "{reason:?}");
    }
}

#[test]
fn a_missing_working_directory_is_the_images_fault() {
    let lab = lab();
    let artifact = Oci::new().layer(Tar::new().file("opt/bin/prover", 0o755, hostile()).bytes()).bytes();
    let reason = reason(run(&lab, &artifact, "copy"));
    assert!(matches!(&reason, FailReason::BadModule(text) if text.contains("working directory /srv")), "{reason:?}");
}

#[test]
fn images_are_kept_by_hash_and_make_room() {
    let limits = NativeSettings { images_bytes_max: 3 << 20, ..settings() };
    let rig = Rig::with(limits.clone());
    let artifact = |number: u8| Tar::new().file("prover", 0o755, &vec![number; 1 << 20]).bytes();
    let (first, second) = (artifact(1), artifact(2));
    let root = rig.prepare(&first).unwrap();
    rig.executor.prepare(*blake3::hash(&first).as_bytes(), Source::File(Path::new("/nonexistent"))).unwrap();
    assert!(rig.prepare(&second).unwrap().exists() && root.exists());
    (3..6).for_each(|number| drop(rig.prepare(&artifact(number)).unwrap()));
    let kept = fs::read_dir(rig.dir.path().join("native/images")).unwrap().count();
    assert!((1..=3).contains(&kept), "{kept} images are kept");
    // What a process left half done goes at the next start; what is whole stays.
    let images = rig.dir.path().join("native/images");
    fs::create_dir(images.join("new-7")).unwrap();
    drop(NativeExecutor::new(&rig.dir.path().join("native"), limits).unwrap());
    assert_eq!(fs::read_dir(images).unwrap().count(), kept);
}
