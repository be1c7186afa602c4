//! The exit codes that `--help` documents, and what is said where.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output},
};

fn lemma(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lemma"));
    command.args(arguments).env_remove("LEMMA_NODE").env_remove("LEMMA_KEY").output().expect("it starts")
}

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../receipt/tests/fixtures", name].iter().collect()
}

fn group_key() -> String {
    std::fs::read_to_string(fixture("group.key")).expect("fixture").trim().to_owned()
}

fn verify(file: &str, key: &str) -> Output {
    lemma(&["receipt", "verify", file, "--key", key, "--json"])
}

/// An address at which nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("port");
    format!("http://{}", listener.local_addr().expect("address"))
}

#[test]
fn a_receipt_is_verified_with_no_node() {
    let output = verify(&fixture("verified.receipt").display().to_string(), &group_key());
    assert_eq!(output.status.code(), Some(0));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!((&said["valid"], &said["checked"]["state"]), (&true.into(), &"verified".into()));
}

#[test]
fn a_tampered_receipt_ends_with_5_and_nothing_on_stdout() {
    let dir = tempfile::tempdir().expect("folder");
    let mut bytes = std::fs::read(fixture("verified.receipt")).expect("fixture");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let file = dir.path().join("tampered.receipt").display().to_string();
    std::fs::write(&file, bytes).expect("written");
    let output = verify(&file, &group_key());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(5), 0));
    let said: serde_json::Value = serde_json::from_slice(&output.stderr).expect("json");
    assert_eq!((&said["error"], &said["exit"]), (&"receipt".into(), &5.into()));
}

#[test]
fn a_command_line_or_file_that_makes_no_sense_ends_with_2() {
    for arguments in [&["fly"] as &[&str], &["transfer"], &["receipt", "verify", "/nowhere", "--key", &group_key()]] {
        assert_eq!(lemma(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(lemma(&["status", "--node", "ftp://x"]).status.code(), Some(2));
}

#[test]
fn a_node_that_is_not_there_ends_with_3_and_a_hint() {
    let output = lemma(&["status", "--node", &nowhere()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint:"));
}

#[test]
fn keys_are_made_shown_and_never_overwritten() {
    let dir = tempfile::tempdir().expect("folder");
    let file = dir.path().join("user.key").display().to_string();
    let made = lemma(&["key", "new", &file]);
    let shown = lemma(&["key", "show", &file]);
    assert_eq!((made.status.code(), &made.stdout), (Some(0), &shown.stdout));
    assert_eq!(lemma(&["key", "new", &file]).status.code(), Some(1));
    let secret = std::fs::read_to_string(&file).expect("key");
    assert!(!String::from_utf8_lossy(&shown.stdout).contains(secret.trim()));
}

#[test]
fn a_transaction_is_signed_with_no_node() {
    let dir = tempfile::tempdir().expect("folder");
    let net = dir.path().join("net").display().to_string();
    assert_eq!(lemma(&["genesis", "new", &net, "--base-port", "29000"]).status.code(), Some(0));
    let (key, genesis) = (format!("{net}/user.key"), format!("{net}/genesis.json"));
    let to = "ab".repeat(32);
    let sign = ["transfer", &to, "2.5", "--key", &key, "--sign-only", "--genesis", &genesis, "--nonce", "0"];
    let output = lemma(&[&sign[..], &["--valid-until", "100", "--node", &nowhere()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("hex");
    assert!(text.trim().len() > 200 && text.trim().bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
}
