//! `lemma devnet`: a local network that stays.

mod process;

pub use process::Network;

use crate::{
    commands::{Context, node::interrupted},
    exit::Failure,
    files,
    network::{self, Folder, Plan},
    output::{FAINT, GOOD, Output, STRONG, styled},
};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::{AccountId, ChainId, beacon::GroupKey};

const EXAMPLES: &str = "\
Examples:
  lemma devnet                   a network in the folder lemma-devnet
  lemma devnet --dir net         the one in net; made if there is none, else started again
  lemma node --config net/node-2/config.toml    start one node again that was killed";

/// Start a local network that stays
///
/// Nodes as processes, in a folder that can be started again. One party, this one, deals their keys: good for this machine alone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Devnet {
    /// Its folder; made if there is none, else started again
    #[arg(long, default_value = "lemma-devnet", value_name = "FOLDER")]
    dir: PathBuf,
    /// Nodes, each validator and prover at once, of a new network; 4 unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(4..=32))]
    nodes: Option<u16>,
    /// The port of the first node's API of a new network; its peers' port is 100 higher
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
}

#[derive(Serialize)]
struct Started {
    chain: ChainId,
    group_key: GroupKey,
    dir: PathBuf,
    nodes: Vec<StartedNode>,
    user: AccountId,
    user_key: PathBuf,
}

#[derive(Serialize)]
struct StartedNode {
    api: String,
    config: PathBuf,
    log: PathBuf,
}

impl Devnet {
    /// Does it, until it is interrupted.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let out = context.out;
        let folder = self.folder(out)?;
        out.note(format_args!("starting {} nodes of {}", folder.places.len(), folder.dir.display()));
        let mut network = Network::start(&folder)?;
        let stopping = tokio::select! {
            ready = network.ready(out) => ready.map(|()| false),
            () = interrupted() => Ok(true),
        };
        if matches!(stopping, Ok(false)) {
            out.result(&started(&folder)?, told)?;
            network.tend(out, interrupted()).await;
        }
        out.note("stopping");
        network.stop().await;
        stopping.map(|_| ())
    }

    fn folder(&self, out: Output) -> anyhow::Result<Folder> {
        if Folder::is_there(&self.dir) {
            let folder = Folder::open(&self.dir)?;
            self.must_match(&folder)?;
            return Ok(folder);
        }
        let (nodes, base) = (self.nodes.unwrap_or(4), self.base_port.unwrap_or(network::BASE_PORT));
        let plan = Plan::on_ports("devnet".to_owned(), nodes, base)?;
        network::create(&self.dir, &plan)?;
        let words = "new network; one party dealt its keys, so it is good for this machine alone";
        out.note(styled(FAINT, words));
        Folder::open(&self.dir)
    }

    /// What is there is not changed by options.
    fn must_match(&self, folder: &Folder) -> anyhow::Result<()> {
        let nodes = self.nodes.is_none_or(|nodes| usize::from(nodes) == folder.places.len());
        let first = folder.places.first().map(|place| place.api.port());
        if nodes && self.base_port.is_none_or(|base| Some(base) == first) {
            return Ok(());
        }
        let message = format!("{} holds a network of {} nodes on other ports", self.dir.display(), folder.places.len());
        Err(Failure::usage(message, "leave out --nodes and --base-port, or give another --dir").into())
    }
}

fn started(folder: &Folder) -> anyhow::Result<Started> {
    let node =
        |place: &network::Place| StartedNode { api: place.url(), config: place.config.clone(), log: place.log.clone() };
    Ok(Started {
        chain: folder.genesis.chain(),
        group_key: folder.genesis.group_key,
        dir: folder.dir.clone(),
        nodes: folder.places.iter().map(node).collect(),
        user: files::read_account(&folder.user)?,
        user_key: folder.user.clone(),
    })
}

fn told(started: &Started) -> String {
    let mut lines = vec![
        styled(GOOD, "the network is up"),
        format!("chain      {}", started.chain),
        format!("group key  {}", started.group_key),
    ];
    lines.extend(started.nodes.iter().map(|node| format!("node       {}  log {}", node.api, node.log.display())));
    lines.push(format!("user       {} (funded), key {}", started.user, started.user_key.display()));
    let first = started.nodes.first().map_or("", |node| &node.api);
    lines.push(format!("\ntry        {}", styled(STRONG, format_args!("curl {first}/v1/status"))));
    lines.push(format!("           lemma --node {first} balance --key {}", started.user_key.display()));
    lines.push("stop       Ctrl-C; the same command starts it again".to_owned());
    lines.join("\n")
}

/// The end of a node's log, to be shown when it died.
#[must_use]
pub fn log_tail(log: &Path) -> String {
    const LINES: usize = 12;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}
