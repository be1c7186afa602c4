//! The directory of compiled modules: used when intact, never when not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use executor::{Executor, Settings, Verdict, VerifyJob};

use crate::support::{empty_proof, verifier, verifier_limits};

fn executor_in(dir: &Path) -> Executor {
    Executor::new(dir, Settings::default()).unwrap()
}

/// A fresh executor each time, so that nothing comes from memory.
fn verify_in(dir: &Path, artifact: &[u8]) -> (Verdict, u64) {
    let job = VerifyJob { artifact, input: empty_proof(), limits: verifier_limits() };
    let verification = executor_in(dir).verify(&job);
    (verification.verdict, verification.fuel)
}

fn compiled(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "compiled")).collect()
}

/// The one compiled module in the directory.
fn only(dir: &Path) -> PathBuf {
    let mut paths = compiled(dir);
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

#[test]
fn a_compiled_module_is_kept_and_used() {
    let dir = tempfile::tempdir().unwrap();
    let artifact = verifier("(i32.const 1)");
    let first = verify_in(dir.path(), &artifact);
    let before = fs::metadata(only(dir.path())).unwrap().modified().unwrap();
    assert_eq!(verify_in(dir.path(), &artifact), first);
    let after = fs::metadata(only(dir.path())).unwrap().modified().unwrap();
    assert_eq!(before, after, "it was compiled again");
}

#[test]
fn a_damaged_file_is_compiled_again_with_the_same_result() {
    let dir = tempfile::tempdir().unwrap();
    let artifact = verifier(
        "(loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))) (i32.const 1)",
    );
    let expected = verify_in(dir.path(), &artifact);
    let path = only(dir.path());
    let good = fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases = [
        vec![],
        good[..31].to_vec(),
        good[..32].to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], b"x"].concat(),
        flipped(0),
        flipped(40),
        flipped(good.len() / 2),
        flipped(good.len() - 1),
    ];
    for damaged in cases {
        fs::write(&path, &damaged).unwrap();
        assert_eq!(verify_in(dir.path(), &artifact), expected);
        assert_ne!(fs::read(&path).unwrap(), damaged, "it was not replaced");
    }
}

#[test]
fn a_file_under_another_name_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let (yes, no) = (verifier("(i32.const 1)"), verifier("(i32.const 0)"));
    verify_in(dir.path(), &yes);
    let code_of_yes = fs::read(only(dir.path())).unwrap();
    fs::remove_file(only(dir.path())).unwrap();
    let expected = verify_in(dir.path(), &no);
    fs::write(only(dir.path()), code_of_yes).unwrap();
    assert_eq!(verify_in(dir.path(), &no), expected);
}

#[test]
fn a_file_of_another_node_is_not_used() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let artifact = verifier("(i32.const 1)");
    let expected = verify_in(ours.path(), &artifact);
    verify_in(theirs.path(), &artifact);
    let foreign = fs::read(only(theirs.path())).unwrap();
    fs::write(only(ours.path()), &foreign).unwrap();
    assert_eq!(verify_in(ours.path(), &artifact), expected);
    assert_ne!(fs::read(only(ours.path())).unwrap(), foreign);
}

#[test]
fn a_lost_or_damaged_key_only_costs_compilations() {
    let dir = tempfile::tempdir().unwrap();
    let artifact = verifier("(i32.const 1)");
    let expected = verify_in(dir.path(), &artifact);
    fs::write(dir.path().join("key"), b"short").unwrap();
    assert_eq!(verify_in(dir.path(), &artifact), expected);
    fs::remove_file(dir.path().join("key")).unwrap();
    assert_eq!(verify_in(dir.path(), &artifact), expected);
}

#[test]
fn the_directory_is_private() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("modules");
    verify_in(&dir, &verifier("(i32.const 1)"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("key")), mode(&only(&dir))), (0o700, 0o600, 0o600));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    executor_in(&dir);
    assert_eq!(mode(&dir), 0o700);
}

#[test]
fn the_directory_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let modules: Vec<_> = (1..5).map(|code| verifier(&format!("(i32.const {code})"))).collect();
    verify_in(dir.path(), &modules[0]);
    let size = fs::metadata(only(dir.path())).unwrap().len();
    let settings = Settings { disk_bytes_max: size * 5 / 2, ..Settings::default() };
    let executor = Executor::new(dir.path(), settings).unwrap();
    for artifact in &modules {
        assert_eq!(executor.prepare_verifier(artifact), Ok(()));
    }
    assert_eq!(compiled(dir.path()).len(), 2);
    let none = Settings { disk_bytes_max: 0, ..Settings::default() };
    assert_eq!(Executor::new(dir.path(), none).unwrap().prepare_verifier(&verifier("(i32.const 9)")), Ok(()));
}

#[test]
fn memory_for_no_module_at_all_still_works() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { modules_max: 0, compilations_max: 0, verifiers_max: 0, ..Settings::default() };
    let executor = Executor::new(dir.path(), settings).unwrap();
    let artifact = verifier("(i32.const 1)");
    let job = VerifyJob { artifact: &artifact, input: empty_proof(), limits: verifier_limits() };
    assert_eq!(executor.verify(&job).verdict, Verdict::Valid);
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(matches!(Executor::new(&file, Settings::default()), Err(executor::ExecutorError::Directory { .. })));
}
