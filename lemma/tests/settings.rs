//! Which node, key and network hold: option, environment, configuration file, default. And what goes where.

use std::{
    fs,
    process::{Command, Output},
};
use tempfile::TempDir;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("folder"))
    }

    fn run(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lemma"));
        command.args(arguments).env_clear().env("HOME", self.0.path()).envs(environment.iter().copied());
        command.output().expect("it starts")
    }

    /// The value that holds, and where it comes from.
    fn held(&self, environment: &[(&str, &str)], options: &[&str], name: &str) -> (String, String) {
        let output = self.run(environment, &[&["config", "show", "--json"], options].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
        let values = shown["values"].as_array().expect("values");
        let value = values.iter().find(|value| value["name"] == name).expect("known");
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        (text("value"), text("from"))
    }
}

#[test]
fn an_option_holds_before_the_environment_before_the_file_before_the_default() {
    let home = Home::new();
    assert_eq!(home.held(&[], &[], "node"), ("http://127.0.0.1:26600".to_owned(), "default".to_owned()));
    assert!(
        home.run(&[], &["config", "set", "mine", "--node", "http://file:1", "--key", "k", "--default"])
            .status
            .success()
    );
    assert_eq!(home.held(&[], &[], "node"), ("http://file:1".to_owned(), "configuration file".to_owned()));
    assert!(home.held(&[], &[], "key").0.ends_with("/k"));
    let environment = [("LEMMA_NODE", "http://environment:1")];
    assert_eq!(home.held(&environment, &[], "node").0, "http://environment:1");
    assert_eq!(home.held(&environment, &["--node", "http://option:1"], "node").0, "http://option:1");
    assert_eq!(home.held(&[("LEMMA_NETWORK", "devnet")], &[], "node").0, "http://127.0.0.1:26600");
    assert!(home.run(&[], &["config", "remove", "mine"]).status.success());
    assert_eq!(home.held(&[], &[], "node").1, "default");
}

#[test]
fn the_network_is_where_requests_go() {
    let home = Home::new();
    home.run(&[], &["config", "set", "off", "--node", "http://127.0.0.1:1"]);
    let output = home.run(&[("NO_COLOR", "1")], &["status", "--network", "off", "-q"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("http://127.0.0.1:1"), "errors are told to the quiet too");
    let unknown = home.run(&[], &["status", "--network", "of"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean off?"));
}

#[test]
fn a_file_that_makes_no_sense_is_told_with_its_place() {
    let home = Home::new();
    fs::create_dir_all(home.0.path().join(".config/lemma")).expect("folder");
    fs::write(home.0.path().join(".config/lemma/config.toml"), "networks = 7").expect("written");
    let output = home.run(&[], &["status"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("config.toml makes no sense"), "{said}");
    assert!(home.run(&[], &["config", "path"]).status.success());
}

#[test]
fn nothing_is_coloured_where_no_terminal_reads() {
    let home = Home::new();
    for arguments in
        [&["--help"] as &[&str], &["fly"], &["status", "--node", "http://127.0.0.1:1"], &["config", "show"]]
    {
        let Output { stdout, stderr, .. } = home.run(&[], arguments);
        assert!(!stdout.contains(&0x1b) && !stderr.contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn what_is_misspelt_is_told_what_was_meant() {
    let home = Home::new();
    for (arguments, meant) in [
        (&["transfr"] as &[&str], "transfer"),
        (&["status", "--jsn"], "--json"),
        (&["validator", "vote", "slahs=1", "--key", "k"], "did you mean slash?"),
    ] {
        let output = home.run(&[], arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(meant), "{said}");
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&[], &["completions", shell]);
        assert!(String::from_utf8_lossy(&script.stdout).contains("change-passphrase"), "{shell}");
    }
    let dir = home.0.path().join("man");
    assert!(home.run(&[], &["man", &dir.display().to_string()]).status.success());
    let page = fs::read_to_string(dir.join("lemma-key-encrypt.1")).expect("page");
    assert!(page.contains(".TH") && dir.join("lemma.1").exists());
}
