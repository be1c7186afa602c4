//! One run on a network with the faulty node: it is drawn, its proof is rejected, another prover's is verified.

use crate::{
    evidence::{self, Before},
    faulty::Faulty,
    flip::Flip,
    net::{Net, Node, free_port, lemma, say},
    program::Program,
};
use anyhow::Context as _;
use clap::Args;
use serde::de::DeserializeOwned;
use std::{path::Path, process::Command, thread, time::Duration};
use types::{AccountId, WorkloadId};

/// How often the workload is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What is to be shown.
#[derive(Args)]
pub struct Show {
    /// The byte of the proof that is altered, counted from 0
    #[arg(long, value_name = "OFFSET")]
    flip: Option<usize>,
    /// Which of its bits, 0 the lowest
    #[arg(long, value_name = "BIT", default_value_t = 0, requires = "flip", value_parser = clap::value_parser!(u8).range(0..8))]
    bit: u8,
    /// Nodes, of which the last is faulty
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(4..=32))]
    nodes: u16,
    /// The port of the first node's API; its peers' port is 100 higher. A free one unless told
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Memory that each prover declares
    #[arg(long, value_name = "SIZE", default_value = "4GiB")]
    memory: String,
    /// Known programs (groth16, circom, miden), or: deploy, what `lemma program deploy` takes, run, what `lemma run` takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROGRAM")]
    programs: Vec<String>,
}

impl Show {
    /// Does it, with a network of its own for each program.
    pub fn run(self) -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let programs = Program::all(&self.programs, dir.path())?;
        for program in programs {
            let flip = self.flip.map_or(program.flip, |offset| Flip::at(offset, self.bit));
            let net = self.network(&dir.path().join(format!("net-{}", program.name)))?;
            let shown = one(net, &program, flip, dir.path())
                .with_context(|| format!("{} did not go as it must", program.name))?;
            say(&shown);
        }
        Ok(())
    }

    fn network(&self, dir: &Path) -> anyhow::Result<Net> {
        let port = self.base_port.map_or_else(free_port, Ok)?.to_string();
        let nodes = self.nodes.to_string();
        let options = ["--base-port", &port, "--nodes", &nodes, "--memory", &self.memory];
        Net::make(&lemma()?, dir.to_owned(), &options)
    }
}

/// A network with its faulty node, and a run.
pub struct Case {
    pub net: Net,
    pub faulty: Faulty,
    /// The faulty node's prover.
    pub prover: AccountId,
    pub workload: WorkloadId,
}

/// One program on one network, which ends with it.
fn one(net: Net, program: &Program, flip: Flip, dir: &Path) -> anyhow::Result<String> {
    let last = net.nodes.last().context("no nodes")?.clone();
    let faulty = Faulty::in_place_of(&net, &last, flip)?;
    let status: api::Status = read(&net, &last, &["status"])?;
    let prover = status.prover.context("the faulty node has no prover")?;
    say(&format!(
        "{}: {} nodes; the last one, prover {prover}, flips {flip} of its proofs",
        program.name,
        net.nodes.len()
    ));
    let before = Before::of(&net, prover)?;
    let name = deployed(&net, program)?;
    others(&net, "drain")?;
    let workload = asked(&net, program, &name)?;
    say(&format!("workload {workload}: the others drain, so that the faulty one is drawn"));
    until(&net, workload, |it| !it.attempts.is_empty())?;
    others(&net, "resume")?;
    let ended = until(&net, workload, |_| false)?;
    let case = Case { net, faulty, prover, workload };
    say(&explained(&case)?);
    evidence::all(case, &ended, &before, dir)
}

/// Its name.
fn deployed(net: &Net, program: &Program) -> anyhow::Result<String> {
    let user = net.user();
    let words: Vec<&str> = program.deploy.iter().map(String::as_str).collect();
    let deployed = net.call(&[&["program", "deploy", "--key", &user][..], &words].concat())?;
    Ok(deployed["program"].as_str().context("no program")?.to_owned())
}

fn asked(net: &Net, program: &Program, name: &str) -> anyhow::Result<WorkloadId> {
    let user = net.user();
    let words: Vec<&str> = program.run.iter().map(String::as_str).collect();
    let asked = net.call(&[&["run", name, "--key", &user][..], &words].concat())?;
    Ok(asked["workload"].as_str().context("no workload")?.parse()?)
}

/// Has all provers but the last `drain`, or `resume`.
fn others(net: &Net, what: &str) -> anyhow::Result<()> {
    let (_, others) = net.nodes.split_last().context("no nodes")?;
    others
        .iter()
        .try_for_each(|node| net.call(&["prover", what, "--key", &node.config.display().to_string()]).map(drop))
}

/// The workload once it is so or has ended. It does end: each of its states does.
fn until(net: &Net, workload: WorkloadId, so: impl Fn(&api::Workload) -> bool) -> anyhow::Result<api::Workload> {
    let (first, id) = (net.nodes.first().context("no nodes")?, workload.to_string());
    loop {
        let it: api::Workload = read(net, first, &["status", &id])?;
        if so(&it) || it.end.is_some() {
            return Ok(it);
        }
        thread::sleep(LOOK);
    }
}

/// What a command says to a node, which must succeed.
pub fn read<T: DeserializeOwned>(net: &Net, node: &Node, arguments: &[&str]) -> anyhow::Result<T> {
    let output = net.ask(node, arguments)?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What an honest node explains, as people read it.
fn explained(case: &Case) -> anyhow::Result<String> {
    let node = case.net.nodes.first().context("no nodes")?;
    let id = case.workload.to_string();
    let output = Command::new(lemma()?).args(["--node", &node.api, "explain", &id]).output()?;
    anyhow::ensure!(output.status.success(), "no explanation: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    Ok(format!("$ lemma explain {id}\n{}", text.trim_end()))
}
