//! What shells and `man` are told of the command line.

use super::Context;
use crate::{cli::Cli, exit::Failure};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde::Serialize;
use std::{fs, path::PathBuf};

/// Print what makes a shell complete this command line
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lemma completions bash > /etc/bash_completion.d/lemma\n  \
                        lemma completions zsh > ~/.zfunc/_lemma\n  lemma completions fish > ~/.config/fish/completions/lemma.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Write the manual: a page for each command
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lemma man ~/.local/share/man/man1 && man lemma-run")]
pub struct Man {
    /// The folder; made if there is none
    dir: PathBuf,
}

#[derive(Serialize)]
struct Written {
    dir: PathBuf,
    pages: usize,
}

impl Completions {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "lemma", &mut script);
        context.out.result(&String::from_utf8(script)?, Clone::clone)
    }
}

impl Man {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let wrong =
            |error| Failure::usage(format!("{} cannot be written: {error}", self.dir.display()), "check the path");
        fs::create_dir_all(&self.dir).map_err(wrong)?;
        clap_mangen::generate_to(Cli::command(), &self.dir).map_err(wrong)?;
        let pages = pages(&Cli::command());
        context
            .out
            .result(&Written { dir: self.dir, pages }, |it| format!("{} pages in {}", it.pages, it.dir.display()))
    }
}

fn pages(command: &clap::Command) -> usize {
    1 + command.get_subcommands().map(pages).sum::<usize>()
}
