//! How a node ends.

use node::{Config, Http, Limits, NodeError, P2p, write_secret};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};
use types::{
    AccountId, Amount, Artifact, BlobId, ChainTime, Data, Genesis, List, Millis, Params, Program, Resources, Runtime,
    SecretKey, Text, VerdictSecret,
    beacon::GroupKey,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    verdict::VerdictSignature,
};

/// Only what never comes takes so long.
const PATIENCE: Duration = Duration::from_secs(120);
const SECRET: [u8; 32] = [7; 32];

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").to_string()
}

fn genesis(dealt: &ports::Dealt) -> Genesis {
    let account = SecretKey::from_bytes(&SECRET).expect("a key").account();
    let verdict = VerdictSecret::derive(&SECRET).expect("a key");
    let (peer, address) = (PeerId(engine::public_key(SECRET)), Text::truncated(&free_address()));
    let capacity = Resources { cpus: 1, memory_mib: 64, disk_mib: 0, gpus: 0, gpu_class: 0, ..Resources::default() };
    let possession = VerdictSignature([0; 48]);
    let mut genesis = Genesis {
        name: Text::truncated("test"),
        time: ChainTime(1_700_000_000_000),
        params: Params::default(),
        capacity_test: CapacityTest { program: test_program(), compute_max: Millis(1_000) },
        validators: List::truncated(vec![GenesisValidator { peer, account, address, bond: Amount(7) }]),
        provers: List::truncated(vec![GenesisProver {
            account,
            key: verdict.public(),
            possession,
            capacity,
            address: Text::default(),
        }]),
        accounts: List::truncated(vec![GenesisAccount { account: AccountId([1; 32]), balance: Amount(1) }]),
        ceremony: Ceremony::Dealt,
        group_key: GroupKey(dealt.group_key),
        output: Data::new(dealt.output.to_vec()).expect("short"),
        verifier: Text::truncated("test"),
    };
    let chain = genesis.chain();
    genesis.provers.iter_mut().for_each(|prover| prover.possession = verdict.prove_possession(chain, account));
    genesis
}

fn test_program() -> Program {
    let artifact = Artifact { blob: BlobId([4; 32]), size: 1000 };
    Program {
        name: Text::truncated("capacity"),
        proof_system: Text::truncated("none/1"),
        runtime: Runtime::Wasm,
        prover: artifact,
        verifier: artifact,
        fuel_limit: 1_000_000,
    }
}

/// A network of one node in a folder.
fn alone(dir: &Path) -> Config {
    let dealt = engine::deal([3; 32], &[engine::public_key(SECRET)]).expect("dealt");
    let path = |name: &str| dir.join(name);
    fs::write(path("genesis.json"), serde_json::to_vec(&genesis(&dealt)).expect("json")).expect("written");
    write_secret(&path("node.key"), &SECRET).expect("written");
    write_secret(&path("share.key"), &dealt.shares[0].1).expect("written");
    Config {
        genesis: path("genesis.json"),
        data: path("data"),
        node_key: path("node.key"),
        prover_key: None,
        share: Some(path("share.key")),
        log: "info".to_owned(),
        p2p: P2p { allow_private: true, ..P2p::default() },
        http: Http { listen: "127.0.0.1:0".parse().expect("an address"), ..Http::default() },
        limits: Limits::default(),
    }
}

async fn ended(config: Config, shutdown: impl Future<Output = ()>) -> Result<(), NodeError> {
    tokio::time::timeout(PATIENCE, node::run(config, &[], None, shutdown)).await.expect("it ends")
}

/// The folders that the engine keeps.
fn kept(config: &Config) -> Vec<PathBuf> {
    let entries = fs::read_dir(config.data.join("engine")).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_ends_in_order_when_asked_and_with_an_error_when_its_engine_fails() {
    let dir = tempfile::tempdir().expect("folder");
    let config = alone(dir.path());
    let begun = async {
        while kept(&config).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    ended(config.clone(), begun).await.expect("in order");
    // The engine does not find what it kept: it fails in its own thread, after the start.
    for folder in kept(&config) {
        fs::remove_dir_all(&folder).expect("removed");
        fs::write(&folder, b"no folder").expect("written");
    }
    let error = ended(config, std::future::pending()).await.expect_err("it cannot go on");
    assert!(matches!(error, NodeError::EngineStopped), "{error}");
}
