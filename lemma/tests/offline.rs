//! Everything that is signed can be signed without a node, and a genesis file is checked by the command.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;
use types::{Call, Genesis, registry::Role, transaction::SignedTransaction};

/// A network in a folder, whose nodes do not run.
struct Net {
    dir: TempDir,
    genesis: Genesis,
}

fn lemma(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lemma"));
    command.args(arguments).env_remove("LEMMA_NODE").env_remove("LEMMA_KEY").output().expect("it starts")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

impl Net {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("folder");
        let made = lemma(&["genesis", "new", &text(&dir.path().join("net"))]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let genesis = std::fs::read(dir.path().join("net/genesis.json")).expect("genesis");
        Self { genesis: serde_json::from_slice(&genesis).expect("genesis"), dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("net").join(name)
    }

    /// What a command signs with the key of the first node's prover.
    fn signs(&self, command: &[&str]) -> Call {
        let (genesis, key, out) = (self.path("genesis.json"), self.path("node-0/config.toml"), self.path("signed.tx"));
        let (genesis, key, out) = (text(&genesis), text(&key), text(&out));
        let offline = ["--key", &key, "--sign-only", "--genesis", &genesis, "--nonce", "3", "--valid-until", "9"];
        let all = [command, &offline, &["--tx-out", &out, "--node", "http://127.0.0.1:1"]].concat();
        let said = lemma(&all);
        assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
        let bytes = std::fs::read(&out).expect("signed");
        let signed: SignedTransaction = client::decode_signed(&bytes).expect("a transaction");
        assert!(signed.clone().verify(self.genesis.chain()).is_ok(), "{command:?}");
        assert_eq!((signed.value.nonce, signed.value.valid_until.0), (3, 9));
        signed.value.call
    }

    fn first(&self) -> types::AccountId {
        let secret = node::read_secret(&self.path("node-0/prover.key")).expect("key");
        types::SecretKey::from_bytes(secret.as_slice().try_into().expect("32 bytes")).expect("key").account()
    }
}

#[test]
fn what_validators_and_provers_ask_for_is_signed_without_a_node() {
    let net = Net::new();
    let five = types::Amount(5_000_000_000);
    assert_eq!(net.signs(&["validator", "bond", "5"]), Call::Bond { role: Role::Validator, amount: five });
    assert_eq!(net.signs(&["validator", "unbond", "5"]), Call::Unbond { role: Role::Validator, amount: five });
    assert_eq!(net.signs(&["prover", "bond", "5"]), Call::Bond { role: Role::Prover, amount: five });
    assert_eq!(net.signs(&["prover", "unbond", "5"]), Call::Unbond { role: Role::Prover, amount: five });
    assert_eq!(net.signs(&["prover", "return"]), Call::Return);
    let Call::Update(drain) = net.signs(&["prover", "drain"]) else { panic!("an update") };
    assert_eq!((drain.drain, drain.capacity), (Some(true), None));
    let Call::Vote(vote) = net.signs(&["validator", "vote", "slash=500", "accept_window=8s"]) else { panic!("a vote") };
    let told: Vec<_> = vote.iter().map(|it| (&*it.parameter, it.value)).collect();
    assert_eq!(told, [("accept_window", 8_000), ("slash", 500)]);
    assert_eq!(net.signs(&["validator", "vote", "--withdraw"]), Call::Vote(types::List::default()));
}

#[test]
fn a_prover_proves_possession_of_its_verdict_key_without_a_node() {
    let net = Net::new();
    let command = ["prover", "register", "--cpus", "3", "--memory", "2GiB", "--gpus", "1", "--gpu-class", "24"];
    let Call::Register(it) = net.signs(&[&command[..], &["--address", "http://prover.example:8080"]].concat()) else {
        panic!("a registration")
    };
    assert!(it.key.is_possessed(net.genesis.chain(), net.first(), &it.possession));
    assert_eq!((it.capacity.cpus, it.capacity.memory_mib, it.capacity.gpu_class), (3, 2048, 24));
    assert_eq!(Some(it.bond), net.genesis.params.bond_per_unit.times(3), "what its cores need, unless told");
    assert_eq!(&*it.address, "http://prover.example:8080");
    let all = ["prover", "update", "--cpus", "8", "--memory", "4GiB", "--disk", "1GiB"];
    let Call::Update(update) = net.signs(&all) else { panic!("an update") };
    assert_eq!(update.capacity.map(|it| (it.cpus, it.memory_mib, it.disk_mib)), Some((8, 4096, 1024)));
}

#[test]
fn evidence_is_signed_without_a_node() {
    let net = Net::new();
    let subject =
        types::verdict::Subject { workload: types::WorkloadId([1; 32]), attempt: 1, proof: types::BlobId([2; 32]) };
    let signed = |verdict| types::SignedVerdict {
        subject,
        verdict,
        prover: net.first(),
        signature: types::verdict::VerdictSignature([4; 48]),
    };
    let (one, other) = (signed(types::Verdict::Valid), signed(types::Verdict::Invalid));
    let file = net.path("two.txt");
    let words = [&one, &other].map(|it| hex::encode(types::codec::encode(it)));
    std::fs::write(&file, words.join("\n")).expect("written");
    let expected = types::offence::Evidence::TwoVerdicts { one, other };
    assert_eq!(net.signs(&["evidence", &text(&file)]), Call::Evidence(Box::new(expected)));
}

#[test]
fn a_wrong_genesis_ends_with_2_and_the_line_that_is_wrong() {
    let net = Net::new();
    let file = net.path("genesis.json");
    let good = lemma(&["genesis", "check", &text(&file)]);
    assert!(good.status.success());
    assert!(String::from_utf8_lossy(&good.stdout).contains(&net.genesis.chain().to_string()));
    let whole = std::fs::read_to_string(&file).expect("genesis");
    let line = whole.lines().position(|line| line.contains("\"jail_users\"")).expect("there") + 1;
    std::fs::write(&file, whole.replace("\"jail_users\": 3", "\"jail_users\": 300")).expect("written");
    for command in ["check", "show"] {
        let said = lemma(&["genesis", command, &text(&file)]);
        assert_eq!((said.status.code(), said.stdout.len()), (Some(2), 0));
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        let expected = format!("genesis.json:{line}: params.jail_users is 300, where 1 to 16 are allowed");
        assert!(error.contains(&expected), "{error}");
    }
    let config = text(&net.path("node-0/config.toml"));
    let node = lemma(&["node", "--config", &config]);
    let error = String::from_utf8_lossy(&node.stderr).into_owned();
    assert!(!node.status.success() && error.contains(&format!("genesis.json:{line}: ")), "{error}");
}

#[test]
fn what_makes_no_sense_is_refused_before_a_node_is_asked() {
    let net = Net::new();
    let key = text(&net.path("node-0/config.toml"));
    for command in [
        &["validator", "vote", "step_max=5"][..],
        &["validator", "vote", "slash=5000"],
        &["validator", "vote", "slash=1", "slash=2"],
        &["validator", "vote", "slahs=1"],
        &["validator", "vote"],
        &["validator", "bond", "0"],
        &["validator", "unbond", "-1"],
        &["prover", "register", "--cpus", "2"],
        &["prover", "register", "--cpus", "2", "--memory", "1GiB", "--gpu-class", "8"],
        &["prover", "update"],
        &["evidence", &key],
    ] {
        let said = lemma(&[command, &["--key", &key, "--node", "http://127.0.0.1:1"]].concat());
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!((said.status.code(), said.stdout.len()), (Some(2), 0), "{command:?}: {error}");
    }
}

#[test]
fn the_proof_of_an_earlier_workload_cannot_be_named_without_a_node() {
    let net = Net::new();
    let (key, genesis) = (text(&net.path("node-0/config.toml")), text(&net.path("genesis.json")));
    let (program, input) = ("11".repeat(32), format!("witness:proof:{}", "22".repeat(32)));
    let offline = ["--sign-only", "--nonce", "0", "--valid-until", "9", "--genesis", &genesis, "--tx-out", "/dev/null"];
    let run = ["run", &program, "--input", &input, "--max-fee", "1", "--key", &key];
    let said = lemma(&[&run[..], &offline].concat());
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.code() == Some(2) && error.contains("not known offline"), "{error}");
}
