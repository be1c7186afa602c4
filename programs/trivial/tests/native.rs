//! A native prover, run as the node runs it: as a process with folders, an environment and descriptor 3.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Fresh folders for one test, and the two that a prover sees.
fn folders(test: &str) -> (PathBuf, PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&root);
    let (from, to) = (root.join("in"), root.join("out"));
    fs::create_dir_all(&from).unwrap();
    fs::create_dir_all(&to).unwrap();
    (root, from, to)
}

/// The prover, with descriptor 3 as the shell's redirection says.
fn run(from: &Path, to: &Path, redirection: &str) -> Output {
    Command::new("sh")
        .args(["-c", &format!("exec \"$0\" {redirection}"), env!("CARGO_BIN_EXE_trivial")])
        .env("LEMMA_INPUT_DIR", from)
        .env("LEMMA_OUTPUT_DIR", to)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn proof_public_values_log_and_progress_go_where_the_contract_says() {
    let (root, from, to) = folders("success");
    fs::write(from.join("arguments"), "").unwrap();
    fs::write(from.join("0"), "statement").unwrap();
    let output = run(&from, &to, &format!("3>{}", root.join("progress").display()));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read(to.join("proof")).unwrap(), b"tnemetats");
    assert_eq!(fs::read(to.join("public")).unwrap(), [9, 0, 0, 0]);
    assert_eq!(output.stderr, b"turning the statement around\n");
    assert_eq!(output.stdout, b"");
    assert_eq!(fs::read_to_string(root.join("progress")).unwrap(), "{\"progress\": 1000}\n");
}

#[test]
fn nobody_needs_to_listen_on_descriptor_3() {
    let (_, from, to) = folders("deaf");
    fs::write(from.join("arguments"), "").unwrap();
    fs::write(from.join("0"), "statement").unwrap();
    for redirection in ["3>&-", "3</dev/null", "3>/dev/full"] {
        assert!(run(&from, &to, redirection).status.success(), "{redirection}");
    }
}

#[test]
fn a_fail_exits_with_1_its_reason_on_standard_error_and_no_proof() {
    let (_, from, to) = folders("fail");
    fs::write(from.join("arguments"), "").unwrap();
    let output = run(&from, &to, "");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b"no input\n"[..]));
    assert!(fs::read_dir(&to).unwrap().next().is_none());
}
