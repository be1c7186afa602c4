//! Key files, and that nothing says what is in them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PASSPHRASE: &str = "correct horse battery";
const OTHER: &str = "staple staple staple";

/// A folder with a plain key, and files with passphrases.
struct Folder {
    dir: TempDir,
    account: String,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("folder");
        for (name, text) in [("passphrase", PASSPHRASE), ("other", OTHER), ("short", "short"), ("from", SECRET)] {
            fs::write(dir.path().join(name), format!("{text}\n")).expect("written");
            fs::set_permissions(dir.path().join(name), Permissions::from_mode(0o600)).expect("mode");
        }
        let mut folder = Self { dir, account: String::new() };
        folder.account = folder.ok("", &["key", "import", "user.key", "--from", "from"]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command with the passphrases in these files, by spaces. It says no secret, however it ends.
    fn run(&self, passphrases: &str, arguments: &[&str]) -> Output {
        // In a session of its own there is no terminal to ask at.
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_lemma")).args(arguments).stdin(Stdio::null());
        command.current_dir(self.dir.path()).env_clear().env("HOME", self.dir.path()).env("PATH", "/usr/bin:/bin");
        let variables = ["LEMMA_PASSPHRASE_FILE", "LEMMA_NEW_PASSPHRASE_FILE"];
        command.envs(variables.into_iter().zip(passphrases.split_whitespace()));
        let output = command.output().expect("it starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        for secret in [SECRET, PASSPHRASE, OTHER] {
            assert!(!said.contains(secret), "{arguments:?} says a secret: {said}");
        }
        output
    }

    fn ok(&self, passphrases: &str, arguments: &[&str]) -> String {
        let output = self.run(passphrases, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    fn refused(&self, passphrases: &str, arguments: &[&str]) -> String {
        let output = self.run(passphrases, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("file")
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("file").permissions().mode() & 0o777
}

#[test]
fn a_key_is_encrypted_in_its_place_and_plain_again() {
    let folder = Folder::new();
    assert_eq!(folder.text("user.key").trim(), SECRET);
    folder.ok("passphrase", &["key", "encrypt", "user.key"]);
    assert!(folder.text("user.key").contains("aes-128-ctr") && !folder.text("user.key").contains(SECRET));
    assert_eq!(mode(&folder.path("user.key")), 0o600);
    assert_eq!(folder.ok("", &["key", "show", "user.key"]), folder.account, "whose it is needs no passphrase");
    assert!(folder.refused("passphrase", &["key", "encrypt", "user.key"]).contains("already"));
    assert!(folder.refused("other", &["key", "decrypt", "user.key"]).contains("does not open"));
    folder.ok("passphrase", &["key", "decrypt", "user.key"]);
    assert_eq!(folder.text("user.key").trim(), SECRET);
    assert!(folder.refused("passphrase", &["key", "change-passphrase", "user.key"]).contains("not encrypted"));
}

#[test]
fn a_passphrase_is_changed_and_a_short_one_refused() {
    let folder = Folder::new();
    assert!(folder.refused("short", &["key", "encrypt", "user.key"]).contains("8 letters"));
    folder.ok("passphrase", &["key", "encrypt", "user.key"]);
    assert!(folder.refused("passphrase short", &["key", "change-passphrase", "user.key"]).contains("8 letters"));
    folder.ok("passphrase other", &["key", "change-passphrase", "user.key"]);
    folder.refused("passphrase", &["key", "export", "user.key", "-o", "out", "--plain"]);
    folder.ok("other", &["key", "export", "user.key", "-o", "out", "--plain"]);
    assert_eq!((folder.text("out").trim(), mode(&folder.path("out"))), (SECRET, 0o600));
}

#[test]
fn a_key_goes_out_and_comes_in_again() {
    let folder = Folder::new();
    assert_eq!(folder.ok("passphrase", &["key", "export", "user.key", "-o", "out.json"]), folder.account);
    let again = ["key", "import", "again.key", "--from", "out.json", "--encrypt"];
    assert_eq!(folder.ok("passphrase", &again), folder.account);
    assert!(folder.text("again.key").contains("scrypt"));
    let over = folder.run("passphrase", &again);
    assert_eq!(over.status.code(), Some(1), "never overwritten");
    assert!(String::from_utf8_lossy(&over.stderr).contains("again.key"));
    fs::write(folder.path("bad"), format!("{SECRET}00")).expect("written");
    folder.refused("", &["key", "import", "bad.key", "--from", "bad"]);
    assert!(!folder.path("bad.key").exists());
}

#[test]
fn an_encrypted_key_signs_and_without_a_passphrase_says_how_to_give_one() {
    let folder = Folder::new();
    folder.ok("", &["genesis", "new", "net"]);
    folder.ok("passphrase", &["key", "encrypt", "net/user.key"]);
    let account = folder.account.clone();
    let transfer = [
        "transfer",
        &account,
        "1",
        "--key",
        "net/user.key",
        "--sign-only",
        "--genesis",
        "net/genesis.json",
        "--nonce",
        "0",
        "--valid-until",
        "9",
    ];
    assert!(folder.refused("", &transfer).contains("LEMMA_PASSPHRASE_FILE"));
    let (plain, json) = (folder.ok("passphrase", &transfer), [&transfer[..], &["--json"]].concat());
    assert!(hex::decode(&plain).is_ok());
    assert!(folder.ok("passphrase", &json).contains(&plain), "signed alike");
}

#[test]
fn a_file_that_lies_about_its_account_is_refused() {
    let folder = Folder::new();
    folder.ok("passphrase", &["key", "encrypt", "user.key"]);
    let lie = folder.text("user.key").replace(&folder.account, &"ab".repeat(32));
    fs::write(folder.path("user.key"), lie).expect("written");
    assert!(folder.refused("passphrase", &["key", "decrypt", "user.key"]).contains("another account"));
}

#[test]
fn a_passphrase_that_others_may_read_is_refused() {
    let folder = Folder::new();
    fs::set_permissions(folder.path("passphrase"), Permissions::from_mode(0o644)).expect("mode");
    assert!(folder.refused("passphrase", &["key", "encrypt", "user.key"]).contains("chmod 600"));
}
