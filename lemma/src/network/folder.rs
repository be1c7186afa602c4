//! The folder of a network on one machine.
//!
//! ```text
//! genesis.json    what all nodes agree on
//! user.key        an account with money
//! node-0/         config.toml  node.key  prover.key  share.key  data/  log
//! node-1/         …
//! ```

use super::{
    Plan, config,
    keys::{NodeKeys, UserKey},
};
use crate::{commands::signing::read_genesis, exit::Failure, files};
use anyhow::Context as _;
use ports::Dealt;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use types::Genesis;

const GENESIS: &str = "genesis.json";
const USER: &str = "user.key";
const CONFIG: &str = "config.toml";

/// A network that lies in a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The folder.
    pub dir: PathBuf,
    /// What its nodes agree on.
    pub genesis: Genesis,
    /// Its nodes.
    pub places: Vec<Place>,
    /// The key file of the account that is funded.
    pub user: PathBuf,
}

/// One node of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// For people: `node-0`.
    pub name: String,
    /// Its configuration.
    pub config: PathBuf,
    /// Where what it says goes.
    pub log: PathBuf,
    /// Where its API is.
    pub api: SocketAddr,
}

impl Place {
    /// The address of its API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.api)
    }
}

impl Folder {
    /// Whether there is a network.
    #[must_use]
    pub fn is_there(dir: &Path) -> bool {
        dir.join(GENESIS).exists()
    }

    /// Reads a network.
    ///
    /// # Errors
    /// When something is missing or makes no sense.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let dir = fs::canonicalize(dir).with_context(|| format!("{} cannot be opened", dir.display()))?;
        let genesis = read_genesis(&dir.join(GENESIS))?;
        let places = (0..).map(|i| place_dir(&dir, i)).take_while(|node| node.join(CONFIG).exists());
        let places = places.map(|node| place(&node)).collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(!places.is_empty(), "{} holds a genesis but no nodes", dir.display());
        Ok(Self { genesis, places, user: dir.join(USER), dir })
    }
}

fn place_dir(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("node-{index}"))
}

fn place(node: &Path) -> anyhow::Result<Place> {
    let config = node.join(CONFIG);
    let name = node.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let api = config::api_of(&config)?;
    Ok(Place { name, config, log: node.join("log"), api })
}

/// Writes a network that was made, into a folder that holds none.
pub(super) fn write(
    dir: &Path,
    plan: &Plan,
    genesis: &Genesis,
    nodes: &[NodeKeys],
    user: &UserKey,
    dealt: &Dealt,
) -> anyhow::Result<()> {
    if Folder::is_there(dir) {
        let hint = "give another folder";
        return Err(Failure::usage(format!("{} holds a network already", dir.display()), hint).into());
    }
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    for (index, (node, ports)) in nodes.iter().zip(&plan.ports).enumerate() {
        let place = place_dir(dir, index);
        fs::create_dir_all(&place)?;
        let seated = config::write_keys(&place, node, dealt)?;
        fs::write(place.join(CONFIG), config::text(*ports, seated)?)?;
    }
    files::write_key(&dir.join(USER), &user.secret)?;
    // Last, so that a folder with a genesis is whole.
    fs::write(dir.join(GENESIS), serde_json::to_string_pretty(genesis)? + "\n")?;
    Ok(())
}
