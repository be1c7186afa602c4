//! A client that is killed in the middle of a run goes on with it when it is called again. Starts a network of four nodes:
//! `cargo test -p lemma --test resume -- --ignored`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Ports that the nodes take beside each other, for API and peers.
const PORTS: [u16; 8] = [0, 1, 2, 3, 100, 101, 102, 103];

struct Net {
    dir: TempDir,
    devnet: Child,
    node: String,
}

impl Drop for Net {
    fn drop(&mut self) {
        // Its nodes end when it does.
        let _ = self.devnet.kill();
        let _ = self.devnet.wait();
    }
}

fn artifact(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../programs/artifacts/trivial", name].iter().collect();
    path.display().to_string()
}

/// A port from which all that are needed are free now.
fn base_port() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (20_000..30_000).step_by(200).find(|base| PORTS.iter().all(|offset| free(base + offset))).expect("free ports")
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lemma"));
    command.args(arguments).env_clear().env("HOME", home).stdin(Stdio::null());
    command
}

impl Net {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("folder");
        for name in ["home", "empty"] {
            fs::create_dir(dir.path().join(name)).expect("folder");
        }
        let (net, base) = (dir.path().join("net").display().to_string(), base_port());
        let arguments = ["devnet", "--dir", &net, "--base-port", &base.to_string(), "--json"];
        let mut devnet =
            command(&dir.path().join("empty"), &arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        // It says what it is once it is up.
        let lines = BufReader::new(devnet.stdout.take().expect("piped")).lines();
        assert!(lines.map(|line| line.expect("text")).any(|line| line == "}"), "the network did not start");
        Self { dir, devnet, node: format!("http://127.0.0.1:{base}") }
    }

    fn lemma(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.dir.path().join("home"), arguments);
        command.env("LEMMA_NODE", &self.node).env("LEMMA_KEY", self.dir.path().join("net/user.key"));
        command
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.lemma(&[arguments, &["--json"]].concat()).output().expect("it starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("json")
    }

    /// Runs it and kills it as soon as it says which workload it follows. The workload.
    fn killed(&self, arguments: &[&str]) -> String {
        let mut child = self.lemma(arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said =
            lines.map(|line| line.expect("text")).find_map(|line| Some(line.strip_prefix("workload ")?.to_owned()));
        child.kill().expect("killed");
        assert_eq!(child.wait().expect("ended").code(), None, "it was killed before its end");
        said.expect("a workload")
    }

    fn sent(&self) -> u64 {
        self.json(&["balance"])["nonce"].as_u64().expect("nonce")
    }
}

#[test]
#[ignore = "starts a network of four nodes"]
fn a_killed_run_is_gone_on_with_and_charged_once() {
    let net = Net::start();
    assert_eq!(
        fs::read_dir(net.dir.path().join("empty")).expect("home").count(),
        0,
        "a devnet writes into its folder alone"
    );
    let (prover, verifier) = (artifact("prover.wasm"), artifact("verifier.wasm"));
    let deploy =
        ["program", "deploy", "--name", "t", "--prover", &prover, "--verifier", &verifier, "--proof-system", "none/1"];
    let program = net.json(&deploy)["program"].as_str().expect("program").to_owned();
    let run = ["run", &program, "--input", "statement:hex:00ff", "--max-fee", "1", "--watch"];
    let before = net.sent();

    let first = net.killed(&run);
    let again = net.json(&run);
    assert_eq!((again["workload"].as_str(), &again["state"]), (Some(first.as_str()), &"verified".into()));
    assert_eq!(net.sent(), before + 1, "one workload, one charge");

    let another = net.json(&run);
    assert_ne!(another["workload"], again["workload"], "its end was told: the same again is another run");
    let cut = net.killed(&run);
    let new = net.json(&[&run[..], &["--new"]].concat());
    assert_ne!(new["workload"].as_str(), Some(cut.as_str()));
    assert_eq!(net.sent(), before + 4);
    let left = fs::read_dir(net.dir.path().join("home/.local/state/lemma/runs")).expect("folder").count();
    assert_eq!(left, 0, "what was told is forgotten");
}
