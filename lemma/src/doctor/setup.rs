//! What a node's configuration names: keys, genesis, ports, the nodes to dial.

use super::Finding;
use node::{Config, Held, KeyError, PASSPHRASE_FILE, read_genesis, read_held};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};
use tokio::net::TcpStream;
use types::Genesis;

/// How long a node has to take a connection.
const PATIENCE: Duration = Duration::from_secs(3);
/// Nodes that are tried at most.
const PEERS_MAX: usize = 32;

/// Reads the configuration.
pub fn configuration(path: &Path) -> (Option<Config>, Vec<Finding>) {
    match Config::load(path) {
        Ok(config) => (Some(config), vec![Finding::ok("config", format!("{} makes sense", path.display()))]),
        Err(error) => {
            let fix = "docs/operator.md shows one; `lemma genesis new` writes examples";
            (None, vec![Finding::fail("config", error.to_string(), fix)])
        }
    }
}

/// All checks of what it names.
pub async fn all(config: &Config) -> Vec<Finding> {
    let mut all = keys(config, std::env::var_os(PASSPHRASE_FILE).is_some());
    let answers = client::Client::new(&format!("http://{}", config.http.listen));
    let runs = match answers {
        Ok(client) => client.status().await.is_ok(),
        Err(_) => false,
    };
    all.push(port("API port", config.http.listen, runs));
    match read_genesis(&config.genesis) {
        Ok(genesis) => {
            all.push(Finding::ok("genesis", format!("{} is sound: chain {}", genesis.name, genesis.chain())));
            all.extend(listening(config, runs));
            all.push(reached(&dial(config, &genesis).await));
        }
        Err(error) => all.push(Finding::fail("genesis", error.to_string(), "`lemma genesis check FILE` says more")),
    }
    all
}

fn keys(config: &Config, passphrase: bool) -> Vec<Finding> {
    let named = [Some(&config.node_key), config.prover_key.as_ref(), config.share.as_ref()];
    named.into_iter().flatten().map(|path| key(path, passphrase)).collect()
}

fn key(path: &Path, passphrase: bool) -> Finding {
    let at = path.display();
    match read_held(path) {
        Ok(Held::Plain(_)) => Finding::ok("key", format!("{at} is its owner's alone")),
        Ok(Held::Encrypted(_)) if passphrase => Finding::ok("key", format!("{at} is encrypted")),
        Ok(Held::Encrypted(_)) => Finding::warn(
            "key",
            format!("{at} is encrypted, and the environment names no passphrase"),
            "start the node with LEMMA_PASSPHRASE_FILE",
        ),
        Err(error @ KeyError::Mode { .. }) => Finding::fail("key", error.to_string(), "chmod 600 it"),
        Err(error) => {
            Finding::fail("key", error.to_string(), "`lemma key new` makes one; take the backup if there was one")
        }
    }
}

/// Whether a node can listen there, or does.
fn port(check: &'static str, address: SocketAddr, runs: bool) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(check, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && runs => {
            Finding::ok(check, format!("{address} is taken, by the node that runs"))
        }
        Err(error) => {
            Finding::fail(check, format!("{address}: {error}"), "stop what listens there, or name another port")
        }
    }
}

/// The port for peers, where the configuration names it.
fn listening(config: &Config, runs: bool) -> Option<Finding> {
    let address = config.p2p.listen.as_deref()?;
    Some(match address.parse() {
        Ok(address) => port("p2p port", address, runs),
        Err(_) => Finding::warn("p2p port", format!("{address} is a name: not tried"), ""),
    })
}

/// Every node to dial, and whether it took a connection.
async fn dial(config: &Config, genesis: &Genesis) -> Vec<(String, bool)> {
    let own = [&config.p2p.listen, &config.p2p.dialable];
    let named = config.p2p.bootstrappers.as_ref().map(|all| all.iter().map(|it| it.address.clone()).collect());
    let all: Vec<String> =
        named.unwrap_or_else(|| genesis.validators.iter().map(|it| it.address.to_string()).collect());
    let others = all.into_iter().filter(|it| !own.contains(&&Some(it.clone()))).take(PEERS_MAX);
    futures::future::join_all(others.map(|address| async move {
        let taken = tokio::time::timeout(PATIENCE, TcpStream::connect(&address)).await;
        (address, matches!(taken, Ok(Ok(_))))
    }))
    .await
}

fn reached(dialed: &[(String, bool)]) -> Finding {
    const FIX: &str = "check the firewall, and that they run; a node needs one to find the others";
    let missing: Vec<&str> = dialed.iter().filter(|(_, taken)| !taken).map(|(address, _)| address.as_str()).collect();
    let says = format!("{} of {} nodes take a connection", dialed.len() - missing.len(), dialed.len());
    match missing.len() {
        0 if dialed.is_empty() => Finding::warn("peers", "no node is named to dial", "name p2p.bootstrappers"),
        0 => Finding::ok("peers", says),
        all if all == dialed.len() => Finding::fail("peers", says, FIX),
        _ => Finding::warn("peers", format!("{says}; not {}", missing.join(", ")), FIX),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Level::*, *};
    use std::{fs, os::unix::fs::PermissionsExt as _};

    #[test]
    fn a_configuration_that_makes_no_sense_fails() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("config.toml");
        fs::write(&path, "genesis = 1").expect("written");
        let (config, found) = configuration(&path);
        assert!(config.is_none() && found[0].level == Fail);
        fs::write(&path, "genesis = \"g\"\ndata = \"d\"\nnode_key = \"n\"\n").expect("written");
        let (config, found) = configuration(&path);
        assert_eq!((found[0].level, keys(&config.expect("read"), false)[0].level), (Ok, Fail));
    }

    #[test]
    fn a_key_that_others_may_read_fails() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("k");
        node::write_secret(&path, &[1; 32]).expect("written");
        assert_eq!(key(&path, false).level, Ok);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        assert_eq!((key(&path, false).level, key(&path, false).fix), (Fail, "chmod 600 it"));
        assert_eq!(key(&dir.path().join("none"), false).level, Fail);
    }

    #[test]
    fn an_encrypted_key_needs_a_passphrase() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("k");
        let (account, words) = (types::AccountId([1; 32]), node::Passphrase::new("correct horse"));
        let keystore = node::Keystore::encrypt(&[1; 32], account, &words).expect("encrypted");
        node::write_private(&path, &keystore.text()).expect("written");
        assert_eq!((key(&path, false).level, key(&path, true).level), (Warn, Ok));
    }

    #[test]
    fn a_port_that_another_process_has_fails() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = listener.local_addr().expect("address");
        assert_eq!((port("p", address, false).level, port("p", address, true).level), (Fail, Ok));
        drop(listener);
        assert_eq!(port("p", address, false).level, Ok);
    }

    #[test]
    fn nodes_that_take_no_connection_are_told() {
        let dialed =
            |taken: &[bool]| reached(&taken.iter().map(|it| ("a:1".to_owned(), *it)).collect::<Vec<_>>()).level;
        assert_eq!([dialed(&[]), dialed(&[false]), dialed(&[true, false]), dialed(&[true])], [Warn, Fail, Warn, Ok]);
    }
}
