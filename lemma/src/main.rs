//! `lemma`: the command line of the network. Parses, and maps errors to exit codes.

mod artifacts;
mod cli;
mod commands;
mod demo;
mod devnet;
mod doctor;
mod exit;
mod files;
mod help;
mod journal;
mod life;
mod network;
mod output;
mod passphrase;
mod profile;
mod toolchain;
mod trial;
mod units;

use clap::FromArgMatches as _;
use output::{BAD, FAINT, Output, styled};
use std::process::ExitCode;

fn main() -> ExitCode {
    // A sandbox is this binary, started again.
    executor::native::run_if_sandbox_process();
    let parsed = cli::Cli::from_arg_matches(&help::command().get_matches());
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let out = Output::new(cli.json, cli.quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tell(out, &error.into()),
    };
    let result = runtime.block_on(cli.run());
    // What still runs in the background, such as a lookup of a name, does not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(out, &error),
    }
}

/// Tells an error on stderr and gives its exit code.
fn tell(out: Output, error: &anyhow::Error) -> ExitCode {
    let told = exit::told(error);
    if out.is_json() {
        let value = serde_json::json!({
            "error": told.code, "message": format!("{error:#}"), "hint": told.hint, "exit": told.exit as u8,
        });
        out.warn(value);
    } else {
        out.warn(format_args!("{} {error:#}", styled(BAD, "error:")));
        if !told.hint.is_empty() {
            out.warn(format_args!("{} {}", styled(FAINT, "hint:"), told.hint));
        }
    }
    ExitCode::from(told.exit as u8)
}
