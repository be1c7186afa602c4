//! A node as a process: how it is stopped, and how it logs.

use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// Has a node listen wherever there is room.
fn listen_anywhere(config: &Path) {
    let text = fs::read_to_string(config).expect("a configuration");
    let anywhere =
        |line: &str| if line.starts_with("listen = ") { "listen = \"127.0.0.1:0\"" } else { line }.to_owned();
    fs::write(config, text.lines().map(anywhere).collect::<Vec<_>>().join("\n")).expect("written");
}

fn lemma() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lemma"))
}

fn start(config: &Path) -> Child {
    let mut command = lemma();
    command.args(["node", "--log-format", "json", "--config"]).arg(config).env_remove("RUST_LOG");
    command.stderr(Stdio::piped()).spawn().expect("it starts")
}

/// Reads the log until a message, or to its end. Every line is an object with what machines look for.
fn hear(lines: &mut impl Iterator<Item = std::io::Result<String>>, until: &str) -> bool {
    for line in lines {
        let line = line.expect("text");
        let entry: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(["timestamp", "level", "target"].iter().all(|field| entry[field].is_string()), "{line}");
        if entry["fields"]["message"] == until {
            return true;
        }
    }
    false
}

#[test]
fn a_node_that_is_terminated_ends_in_order_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().expect("folder");
    let net = dir.path().join("net");
    let made = lemma().args(["genesis", "new"]).arg(&net).output();
    assert!(made.expect("run").status.success());
    let config = net.join("node-0/config.toml");
    listen_anywhere(&config);
    for _ in 0..2 {
        let mut node = start(&config);
        let mut lines = BufReader::new(node.stderr.take().expect("a log")).lines();
        assert!(hear(&mut lines, "the node runs"));
        let id = node.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("run").success());
        assert!(!hear(&mut lines, "the engine did not stop in order"));
        assert_eq!(node.wait().expect("ended").code(), Some(0));
    }
    let lock = fs::File::open(net.join("node-0/data/lock")).expect("a lock");
    assert!(lock.try_lock().is_ok(), "nobody holds the folder");
}
