//! The user's configuration file.

use super::{Context, KEY};
use crate::{
    cli::NODE,
    exit::Failure,
    output::{FAINT, styled},
    profile::{self, Profile, Profiles},
};
use clap::{Args, Subcommand};
use client::Client;
use serde::Serialize;
use std::{env, path::PathBuf};
use types::beacon::GroupKey;

const EXAMPLES: &str = "\
Examples:
  lemma config set devnet --node http://127.0.0.1:26600 --key my-net/user.key --default
  lemma config show
  lemma balance --network devnet

The file is TOML:
  network = \"devnet\"        the network that is meant unless another is named
  [networks.devnet]
  node = \"http://127.0.0.1:26600\"
  key = \"user.key\"          paths are from the file's folder
  group-key = \"96 bytes as hex\"

An option holds before the environment (LEMMA_NODE, LEMMA_KEY, LEMMA_NETWORK), that before the network's part of the file, and that
before the default.";

/// Show or change what the configuration file says of networks.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Config {
    /// Show what holds, and where it comes from
    #[command(after_help = EXAMPLES)]
    Show,
    /// Print where the file is, or would be
    #[command(after_help = "Examples:\n  lemma config path\n  $EDITOR $(lemma config path)")]
    Path,
    Set(Set),
    /// Forget a network
    #[command(after_help = "Example:\n  lemma config remove devnet")]
    Remove {
        /// The network
        name: String,
    },
}

/// Say how a network is used; what is not given stays
///
/// Comments in the file are not kept.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma config set devnet --key my-net/user.key --default\n  \
                        lemma config set main --node http://node.example:8080 --group-key GROUPKEY")]
pub struct Set {
    /// The network, by a name of your own
    name: String,
    /// The key file that signs
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The key under which receipts are checked: from a source that you trust
    #[arg(long, value_name = "GROUPKEY")]
    group_key: Option<GroupKey>,
    /// Mean this network where none is named
    #[arg(long)]
    default: bool,
}

/// A value and where it comes from.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Held {
    name: &'static str,
    value: Option<String>,
    from: &'static str,
}

#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    networks: Vec<String>,
    values: Vec<Held>,
}

impl Config {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let file = profile::path()?;
        match self {
            Self::Show => show(context, file),
            Self::Path => context.out.result(&file, |file| file.display().to_string()),
            Self::Set(set) => set.run(context, file),
            Self::Remove { name } => change(context, file, |profiles| {
                let absent =
                    || Failure::usage(format!("there is no network {name:?}"), "`lemma config show` names all");
                profiles.networks.remove(&name).ok_or_else(absent)?;
                profiles.network.take_if(|network| *network == name);
                Ok(())
            }),
        }
    }
}

impl Set {
    fn run(self, context: &Context, file: PathBuf) -> anyhow::Result<()> {
        let Self { name, key, group_key, default } = self;
        if let Some(node) = &context.node {
            Client::new(node)?;
        }
        let key = key.map(std::path::absolute).transpose()?;
        change(context, file, |profiles| {
            let profile = profiles.networks.entry(name.clone()).or_default();
            let Profile { node, key: old, group_key: group } = profile.clone();
            *profile =
                Profile { node: context.node.clone().or(node), key: key.or(old), group_key: group_key.or(group) };
            if default {
                profiles.network = Some(name);
            }
            Ok(())
        })
    }
}

fn change(
    context: &Context,
    file: PathBuf,
    change: impl FnOnce(&mut Profiles) -> Result<(), Failure>,
) -> anyhow::Result<()> {
    let mut profiles = Profiles::read(&file)?;
    change(&mut profiles)?;
    profiles.write(&file)?;
    context.out.note(styled(FAINT, format_args!("written to {}", file.display())));
    show(context, file)
}

fn show(context: &Context, file: PathBuf) -> anyhow::Result<()> {
    let profiles = Profiles::read(&file)?;
    // `lemma config set NAME` may just have made a file that names none.
    let (network, profile) = profiles.chosen(context.network.as_deref())?;
    let values = values(context, &profiles, network, profile);
    let networks = profiles.networks.into_keys().collect();
    context.out.result(&Shown { file, networks, values }, text)
}

fn values(context: &Context, profiles: &Profiles, network: Option<String>, profile: Profile) -> Vec<Held> {
    let said = |variable| if env::var_os(variable).is_some() { "environment or option" } else { "option" };
    let of = |name, asked: Option<(String, &'static str)>, file: Option<String>, default: Option<String>| {
        let file = file.map(|value| (value, "configuration file"));
        let default = default.map(|value| (value, "default"));
        let (value, from) = asked.or(file).or(default).unzip();
        Held { name, value, from: from.unwrap_or("not set") }
    };
    let key = env::var(KEY).ok().map(|key| (key, "environment"));
    let named = context.network.is_some().then(|| network.clone()).flatten();
    vec![
        of("network", named.map(|it| (it, said("LEMMA_NETWORK"))), profiles.network.clone(), None),
        of("node", context.node.clone().map(|it| (it, said("LEMMA_NODE"))), profile.node, Some(NODE.to_owned())),
        of("key", key, profile.key.map(|key| key.display().to_string()), None),
        of("group-key", None, profile.group_key.map(|key| key.to_string()), None),
    ]
}

fn text(shown: &Shown) -> String {
    let mut lines = vec![format!("file       {}", shown.file.display())];
    lines.push(format!("networks   {}", shown.networks.join(" ")));
    lines.extend(shown.values.iter().map(|it| {
        let from = styled(FAINT, format_args!("({})", it.from));
        format!("{:<10} {} {from}", it.name, it.value.as_deref().unwrap_or("-"))
    }));
    lines.join("\n")
}
