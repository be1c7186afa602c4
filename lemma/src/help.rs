//! The page that `lemma --help` begins with: the commands, by what people come for.

use crate::cli::Cli;
use clap::{Command, CommandFactory as _};

/// What people come for, and the commands for it.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Ask for proofs", &["quote", "run", "status", "explain", "logs", "cancel", "proof", "receipt", "blob"]),
    ("Write programs", &["program"]),
    ("Keys and money", &["key", "balance", "transfer", "account", "tx"]),
    ("Prove, validate and run nodes", &["node", "doctor", "prover", "validator", "params", "evidence", "genesis"]),
    ("Look at the network", &["workloads", "blocks", "events"]),
    ("On this machine", &["demo", "devnet", "config", "completions", "man"]),
];

/// The command line, with its commands in groups.
#[must_use]
pub fn command() -> Command {
    let command = Cli::command();
    let groups: Vec<String> = GROUPS.iter().map(|(title, names)| group(&command, title, names)).collect();
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}\n\nOptions:\n{{options}}{{after-help}}",
        groups.join("\n\n")
    );
    command.help_template(template)
}

fn group(command: &Command, title: &str, names: &[&str]) -> String {
    let about = |name: &&str| {
        let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
        format!("\n  {name:<12} {}", about.unwrap_or_default())
    };
    format!("{title}:{}", names.iter().map(about).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        grouped.sort_unstable();
        let command = Cli::command();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }
}
