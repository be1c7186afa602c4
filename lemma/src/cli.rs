//! The command line.

use crate::{
    commands::{
        Context, account, blob, config, events, evidence, genesis, key, list, logs, node, params, program, proof,
        prover, quote, receipt, run, shell, tx, validator, workload,
    },
    demo, devnet, doctor,
    exit::TABLE,
    output::Output,
};
use clap::{Parser, Subcommand};

/// Where a devnet's first node is.
pub const NODE: &str = "http://127.0.0.1:26600";

/// The Lemma network: anyone can have a zero-knowledge proof made.
#[derive(Debug, Parser)]
#[command(name = "lemma", version, propagate_version = true, after_help = TABLE, after_long_help = LONG)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Results as JSON
    #[arg(long, global = true)]
    pub json: bool,

    /// No progress on stderr: results and errors alone
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// The node's API; that of the network unless told, http://127.0.0.1:26600 at last
    #[arg(long, global = true, value_name = "URL", env = "LEMMA_NODE", hide_env_values = true)]
    pub node: Option<String>,

    /// A network of the configuration file, which says where a node is, which key signs and under which receipts are checked
    #[arg(long, global = true, value_name = "NAME", env = "LEMMA_NETWORK", hide_env_values = true)]
    pub network: Option<String>,
}

const LONG: &str = "\
Examples:
  lemma demo                                  one run, from submission to receipt
  lemma devnet --dir net                      a local network that stays
  lemma status ID                             where a workload is
  lemma receipt verify FILE --key GROUPKEY    check a receipt with no node
  lemma program new NAME                      begin a program of your own
  lemma prover register --help                join as a prover
  lemma validator status                      who signs, and who votes for what

Exit codes:
  0  done
  1  something failed here
  2  the command line or an input file makes no sense
  3  the node cannot be reached or cannot answer now
  4  the network or the node refused
  5  a receipt, proof or blob is not what it should be
  6  the workload ended without a proof

Results go to stdout, progress to stderr. No colours where NO_COLOR is set or no terminal reads.

What an option does not say is taken from the environment (LEMMA_NODE, LEMMA_KEY, LEMMA_NETWORK), then from the network's part of the
configuration file (`lemma config show`), then from the default.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Devnet(devnet::Devnet),
    /// Start a node
    Node(node::Node),
    /// Make, check or show the beginning of a network
    #[command(subcommand)]
    Genesis(genesis::Genesis),
    /// Make, show, encrypt or move an account's key
    #[command(subcommand)]
    Key(key::Key),
    /// Make, try, deploy, list or show programs
    #[command(subcommand)]
    Program(program::Program),
    /// Ask for one execution of a program
    Run(Box<run::Run>),
    /// Send a transaction that was signed before, and look at those in blocks
    #[command(subcommand)]
    Tx(tx::Tx),
    /// Show the chain and the node, or a workload
    Status(workload::Status),
    /// Tell what happened to a workload and what it waits for
    Explain(workload::Explain),
    Workloads(list::Workloads),
    Blocks(list::Blocks),
    /// Print what happens, as it happens
    Events(events::Events),
    Logs(logs::Logs),
    /// Fetch a proof, or write it for another system
    #[command(subcommand)]
    Proof(proof::Proof),
    /// Fetch a receipt, or check one with no node
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// Send money
    Transfer(account::Transfer),
    /// Show what an account holds
    Balance(account::Balance),
    /// List accounts, and show how their money moved
    #[command(subcommand)]
    Account(account::Account),
    /// Ask what a run would cost, and what comes back at each end
    Quote(quote::Quote),
    /// Take back a run that has not been allocated
    Cancel(workload::Cancel),
    /// Store or fetch bytes by their BLAKE3 hash
    #[command(subcommand)]
    Blob(blob::Blob),
    /// Join as a prover, change or leave, and show how provers fare
    #[command(subcommand)]
    Prover(prover::Prover),
    /// Bond, vote, and show who signs
    #[command(subcommand)]
    Validator(validator::Validator),
    Params(params::Params),
    /// Say which node, key and group key are used with which network
    #[command(subcommand)]
    Config(config::Config),
    Doctor(doctor::Doctor),
    Completions(shell::Completions),
    Man(shell::Man),
    Evidence(evidence::Evidence),
}

impl Cli {
    /// Does it.
    ///
    /// # Errors
    /// Whatever went wrong; `exit` knows the code.
    pub async fn run(self) -> anyhow::Result<()> {
        let context = Context { out: Output::new(self.json, self.quiet), node: self.node, network: self.network };
        let context = &context;
        match self.command {
            Command::Demo(command) => command.run(context).await,
            Command::Devnet(command) => command.run(context).await,
            Command::Node(command) => command.run().await,
            Command::Genesis(command) => command.run(context),
            Command::Key(command) => command.run(context),
            Command::Program(command) => command.run(context).await,
            Command::Run(command) => command.run(context).await,
            Command::Tx(command) => command.run(context).await,
            Command::Status(command) => command.run(context).await,
            Command::Explain(command) => command.run(context).await,
            Command::Workloads(command) => command.run(context).await,
            Command::Blocks(command) => command.run(context).await,
            Command::Events(command) => command.run(context).await,
            Command::Logs(command) => command.run(context).await,
            Command::Proof(command) => command.run(context).await,
            Command::Receipt(command) => command.run(context).await,
            Command::Transfer(command) => command.run(context).await,
            Command::Balance(command) => command.run(context).await,
            Command::Quote(command) => command.run(context).await,
            Command::Cancel(command) => command.run(context).await,
            Command::Blob(command) => command.run(context).await,
            Command::Prover(command) => command.run(context).await,
            Command::Validator(command) => command.run(context).await,
            Command::Account(command) => command.run(context).await,
            Command::Params(command) => command.run(context).await,
            Command::Config(command) => command.run(context),
            Command::Doctor(command) => command.run(context).await,
            Command::Completions(command) => command.run(context),
            Command::Man(command) => command.run(context),
            Command::Evidence(command) => command.run(context).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn help(command: &mut clap::Command, path: &str, pages: &mut String) {
        let path = format!("{path} {}", command.get_name()).trim().to_owned();
        pages.push_str(&format!("━━ {path}\n{}\n", command.render_long_help()));
        let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
        for name in names.iter().filter(|name| *name != "help") {
            if let Some(next) = command.find_subcommand_mut(name) {
                help(next, &path, pages);
            }
        }
    }

    #[test]
    fn the_whole_help_is_as_it_was_agreed() {
        let mut command = crate::help::command().term_width(100);
        command.build();
        let mut pages = String::new();
        help(&mut command, "", &mut pages);
        let trimmed: Vec<&str> = pages.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(trimmed.join("\n"));
    }

    /// Every command, by its path.
    fn walk(command: &clap::Command, path: &str, see: &mut dyn FnMut(&str, &clap::Command)) {
        let path = format!("{path} {}", command.get_name()).trim().to_owned();
        see(&path, command);
        command.get_subcommands().filter(|next| next.get_name() != "help").for_each(|next| walk(next, &path, see));
    }

    fn command() -> clap::Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn every_command_shows_an_example_of_itself() {
        walk(&command(), "", &mut |path, command| {
            let help = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
            let help = help.unwrap_or_default();
            assert!(help.contains("Example") && help.contains(&format!("  {path}")), "{path} has no example");
        });
    }

    #[test]
    fn examples_name_options_that_exist() {
        let root = command();
        walk(&root, "", &mut |path, command| {
            let help = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
            for line in help.unwrap_or_default().lines().filter(|line| line.starts_with(&format!("  {path} "))) {
                let words = line.split_whitespace().take_while(|word| !matches!(*word, "|" | ">" | "&&"));
                for option in words.filter_map(|word| word.strip_prefix("--")) {
                    let known = command.get_arguments().any(|it| it.get_long() == Some(option)) || option == "help";
                    // A group's examples are of its commands.
                    assert!(known || command.has_subcommands(), "{path}: {line}");
                }
            }
        });
    }

    #[test]
    fn no_argument_is_a_passphrase_or_a_secret() {
        walk(&command(), "", &mut |path, command| {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(
                    !name.contains("passphrase") && !name.contains("password") && name != "secret",
                    "{path} {name}"
                );
            }
        });
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        assert!(LONG.contains(TABLE), "the long help holds the table of exit codes");
    }

    #[test]
    fn offline_signing_needs_everything_that_a_node_would_tell() {
        let id = "ab".repeat(32);
        let line = |more: &[&str]| {
            let base = ["lemma", "transfer", &id, "1", "--key", "k", "--sign-only"];
            Cli::try_parse_from(base.iter().chain(more)).is_ok()
        };
        assert!(line(&["--genesis", "g", "--nonce", "0", "--valid-until", "9"]));
        assert!(!line(&["--genesis", "g", "--nonce", "0"]));
        assert!(!line(&[]));
    }
}
