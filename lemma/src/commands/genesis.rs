//! The beginning of a network.

use super::{Context, signing::read_genesis};
use crate::{
    exit::Failure,
    network::{self, Plan},
    units::{Mebibytes, Setting},
};
use api::Value;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};
use types::{
    Amount, ChainId, Genesis as Agreed, Params, ProgramId, beacon::GroupKey, genesis::Ceremony, params::PARAMETERS,
};

/// Make, check or show the beginning of a network.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  lemma genesis new net --nodes 4\n  lemma genesis check net/genesis.json")]
pub enum Genesis {
    New(New),
    /// Show what a genesis file says; it is checked as well
    #[command(after_help = "Example:\n  lemma genesis show net/genesis.json")]
    Show {
        /// The genesis file
        file: PathBuf,
    },
    /// Check a genesis file: what is wrong is told with its line
    #[command(after_help = "Example:\n  lemma genesis check net/genesis.json\n\n\
                            docs/genesis.md says what the file holds, and what each parameter may be.")]
    Check {
        /// The genesis file
        file: PathBuf,
    },
}

/// Make a network on this machine, its keys dealt by one party
///
/// Its genesis, and for each node a folder with configuration and keys. One party, this one, deals the key shares and could forge
/// everything: never for more than one machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma genesis new net --nodes 4\n  lemma genesis new net --memory 20GiB\n  \
                  lemma genesis new net --param epoch_blocks=64 --param accept_window=8s")]
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
    /// The memory that each prover declares, untested, such as 20GiB
    #[arg(long, default_value = "4GiB", value_name = "SIZE")]
    memory: Mebibytes,
    /// A parameter that is to be other than its default: amounts in LEM, times such as 90s, sizes such as 16KiB
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<Setting>,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    chain: ChainId,
    group_key: GroupKey,
    ceremony: Ceremony,
    validators: usize,
    /// Validators that sign at first.
    seats: usize,
    provers: usize,
    accounts: usize,
    /// All money there is.
    supply: Amount,
    verifier: String,
    /// The program that tests what provers declare.
    capacity_test: ProgramId,
    /// Parameters that are not as they are unless told.
    params: BTreeMap<&'static str, Value>,
}

#[derive(Serialize)]
struct CheckedFile {
    file: PathBuf,
    valid: bool,
    chain: ChainId,
}

impl Genesis {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let genesis = match self {
            Self::New(new) => {
                let params = params(&new.params)?;
                let mut plan = Plan { params, ..Plan::on_ports(new.name, new.nodes, new.base_port)? };
                plan.capacity.memory_mib = new.memory.0;
                let genesis = network::create(&new.dir, &plan)?;
                context.out.note(format_args!("made {}; start with `lemma devnet --dir {0}`", new.dir.display()));
                genesis
            }
            Self::Show { file } => read_genesis(&file)?,
            Self::Check { file } => {
                let chain = read_genesis(&file)?.chain();
                let checked = CheckedFile { file, valid: true, chain };
                return context.out.result(&checked, |it| format!("{} holds: chain {}", it.file.display(), it.chain));
            }
        };
        context.out.result(&shown(&genesis), text)
    }
}

/// The parameters with these changes, within their bounds.
fn params(settings: &[Setting]) -> anyhow::Result<Params> {
    let mut params = Params::default();
    for setting in settings {
        params.set(&setting.name, setting.value);
    }
    let wrong = |error: types::GenesisError| Failure::usage(error.to_string(), "docs/genesis.md says what each may be");
    params.check().map_err(wrong)?;
    Ok(params)
}

fn shown(genesis: &Agreed) -> Shown {
    let set = PARAMETERS.iter().filter_map(|known| {
        let value = genesis.params.get(known.name).filter(|value| *value != known.default)?;
        Some((known.name, Value::of(known.unit, value)))
    });
    Shown {
        params: set.collect(),
        supply: genesis.supply().unwrap_or(Amount(u64::MAX)),
        seats: genesis.first_seats().len(),
        capacity_test: genesis.capacity_test.program.id(),
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
    let mut lines = vec![
        format!(
            "{}: {} validators, of which {} sign at first, {} provers, {} accounts, {} LEM",
            shown.name, shown.validators, shown.seats, shown.provers, shown.accounts, shown.supply
        ),
        format!("chain     {}", shown.chain),
        format!("group key {}", shown.group_key),
        format!("          {ceremony}"),
        format!("verifier  {}", shown.verifier),
        format!("capacity  is tested by program {}", shown.capacity_test),
    ];
    lines.extend(shown.params.iter().map(|(name, value)| format!("parameter {name} = {value}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_new_network_are_checked_before_anything_is_made() {
        let set = |text: &str| params(&[text.parse().expect("a setting")]);
        assert_eq!(set("epoch_blocks=64").expect("within bounds").epoch_blocks, 64);
        let error = set("epoch_blocks=1").expect_err("too few").to_string();
        assert!(error.contains("params.epoch_blocks is 1, where 16 to "), "{error}");
    }

    #[test]
    fn what_is_not_as_it_is_unless_told_is_shown() {
        let dir = tempfile::tempdir().expect("folder");
        let plan = Plan::on_ports("test".to_owned(), 4, 5_000).expect("ports");
        let changed = Params { transaction_fee: Amount(5), ..Params::default() };
        let genesis = network::create(&dir.path().join("net"), &Plan { params: changed, ..plan }).expect("made");
        let shown = shown(&genesis);
        assert_eq!(shown.params, BTreeMap::from([("transaction_fee", Value::Lem(Amount(5)))]));
        assert_eq!((shown.validators, shown.seats, shown.accounts), (4, 4, 5));
        assert!(text(&shown).contains("parameter transaction_fee = 0.000000005"));
    }
}
