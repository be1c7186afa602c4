//! The beginning of a network.

use super::{Context, signing::read_genesis};
use crate::network::{self, Plan};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use types::{ChainId, Genesis as Agreed, beacon::GroupKey, genesis::Ceremony};

/// Make or show the beginning of a network.
#[derive(Debug, Subcommand)]
pub enum Genesis {
    New(New),
    /// Show and check a genesis file
    Show {
        /// The genesis file
        file: PathBuf,
    },
}

/// Make a network on this machine, its keys dealt by one party
///
/// Its genesis, and for each node a folder with configuration and keys. One party, this one, deals the key shares and could forge
/// everything: never for more than one machine.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma genesis new net --nodes 4")]
pub struct New {
    /// The folder to make
    dir: PathBuf,
    /// Its name, for people
    #[arg(long, default_value = "local")]
    name: String,
    /// Nodes, each validator and prover at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(4..=32))]
    nodes: u16,
    /// The port of the first node's API; its peers' port is 100 higher
    #[arg(long, default_value_t = network::BASE_PORT, value_name = "PORT")]
    base_port: u16,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    chain: ChainId,
    group_key: GroupKey,
    ceremony: Ceremony,
    validators: usize,
    provers: usize,
    accounts: usize,
    verifier: String,
}

impl Genesis {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let genesis = match self {
            Self::New(new) => {
                let plan = Plan::on_ports(new.name, new.nodes, new.base_port)?;
                let genesis = network::create(&new.dir, &plan)?;
                context.out.note(format_args!("made {}; start with `lemma devnet --dir {0}`", new.dir.display()));
                genesis
            }
            Self::Show { file } => read_genesis(&file)?,
        };
        context.out.result(&shown(&genesis), text)
    }
}

fn shown(genesis: &Agreed) -> Shown {
    Shown {
        name: genesis.name.to_string(),
        chain: genesis.chain(),
        group_key: genesis.group_key,
        ceremony: genesis.ceremony,
        validators: genesis.validators.len(),
        provers: genesis.provers.len(),
        accounts: genesis.accounts.len(),
        verifier: genesis.verifier.to_string(),
    }
}

fn text(shown: &Shown) -> String {
    let ceremony = match shown.ceremony {
        Ceremony::Dealt => "dealt by one party, who could forge everything: for one machine only",
        Ceremony::Distributed => "made by the validators together",
    };
    [
        format!(
            "{}: {} validators, {} provers, {} accounts",
            shown.name, shown.validators, shown.provers, shown.accounts
        ),
        format!("chain     {}", shown.chain),
        format!("group key {}", shown.group_key),
        format!("          {ceremony}"),
        format!("verifier  {}", shown.verifier),
    ]
    .join("\n")
}
