//! The configuration and the keys of one node in its folder.

use super::{Ports, keys::NodeKeys};
use node::{Breaker, Config, Http, Limits, P2p, write_secret};
use ports::Dealt;
use std::{net::SocketAddr, path::Path};

const NODE_KEY: &str = "node.key";
const PROVER_KEY: &str = "prover.key";
const SHARE_KEY: &str = "share.key";

/// The configuration as a file. Its paths are relative to its folder. A node that is not seated has no share.
pub fn text(ports: Ports, seated: bool) -> anyhow::Result<String> {
    let config = Config {
        genesis: "../genesis.json".into(),
        data: "data".into(),
        node_key: NODE_KEY.into(),
        prover_key: Some(PROVER_KEY.into()),
        share: seated.then(|| SHARE_KEY.into()),
        log: "info".to_owned(),
        p2p: P2p { listen: Some(ports.peers().to_string()), allow_private: true, ..P2p::default() },
        http: Http { listen: ports.api(), ..Http::default() },
        limits: Limits::default(),
        breaker: Breaker::default(),
        webhooks: Vec::new(),
    };
    Ok(toml::to_string(&config)?)
}

/// Writes the secrets of a node, each into a file that its owner alone may read, and says whether it has a share.
pub fn write_keys(folder: &Path, keys: &NodeKeys, dealt: &Dealt) -> anyhow::Result<bool> {
    write_secret(&folder.join(NODE_KEY), &keys.node_secret)?;
    write_secret(&folder.join(PROVER_KEY), &keys.prover_secret)?;
    let share = dealt.shares.iter().find(|(peer, _)| *peer == keys.peer.0);
    if let Some((_, share)) = share {
        write_secret(&folder.join(SHARE_KEY), share)?;
    }
    Ok(share.is_some())
}

/// Where the API of a node is.
pub fn api_of(config: &Path) -> anyhow::Result<SocketAddr> {
    Ok(Config::load(config)?.http.listen)
}
