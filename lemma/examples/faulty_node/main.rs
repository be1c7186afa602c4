//! A node that alters its proofs, and what a local network of otherwise ordinary nodes does about it: `just faulty-node`.
//!
//! An ordinary node checks a proof before it announces it, so that on a real network none is ever rejected by a certificate.
//! The faulty one has another host around its own ([`alter`]): after program and self-check it flips one bit of the proof.
//! All else of it, and all of the other nodes, is the ordinary node. Only this example can do it; the command line cannot.

mod alter;
mod evidence;
mod faulty;
mod flip;
mod program;
mod show;

#[expect(dead_code, reason = "the other examples use the rest")]
#[path = "../blob_race/net.rs"]
mod net;

#[path = "../bad_inputs/inputs.rs"]
mod inputs;

// The set-up of the demonstration's proof system, with the artifacts that it is about.
#[expect(dead_code, reason = "of the artifacts that the command line holds these are the ones of one program")]
#[path = "../../src/artifacts.rs"]
mod artifacts;
#[path = "../../src/demo/setup.rs"]
mod setup;

use clap::{Parser, Subcommand};
use flip::Flip;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  faulty_node show                              the three programs that it knows, one after the other
  faulty_node show --flip 100 --bit 3 miden
  faulty_node show deploy --name mine --prover prover.wasm --verifier verifier.wasm --proof-system mine/1 \\
      run --input statement:hex:00ff --max-fee 5
  faulty_node node --config net/node-3/config.toml < /dev/zero";

/// A node that alters its proofs, and what a network does about it.
#[derive(Parser)]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the faulty node in place of `lemma node`; it ends with its stdin
    Node {
        /// Its configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        #[command(flatten)]
        flip: Flip,
    },
    /// Show on a local network that its proof is rejected by certificate; fails if anything of it does not come about
    Show(show::Show),
}

fn main() -> anyhow::Result<()> {
    // A sandbox is this binary, started again.
    executor::native::run_if_sandbox_process();
    match Cli::parse().command {
        Command::Node { config, flip } => faulty::run(&config, flip),
        Command::Show(show) => show.run(),
    }
}

/// A file of `programs/`.
fn of_programs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs").join(path)
}
