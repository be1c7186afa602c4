//! Workloads that are real: the node that held everything else must prove them too.

use crate::{
    inputs,
    net::{Net, Node},
    of_programs,
    outcome::{Outcome, json},
};
use anyhow::Context as _;
use std::path::Path;

/// Programs with their inputs, ready to run.
pub struct Real {
    groth16: (String, Vec<String>),
    circom: (String, Vec<String>),
}

impl Real {
    /// Deploys the programs and makes the keys of one.
    pub fn deploy(net: &Net, node: &Node, dir: &Path) -> anyhow::Result<Self> {
        let groth16 = deploy(net, node, "groth16-poseidon/prover.wasm", "wasm")?;
        let circom = deploy(net, node, "circom/prover.linux-x86_64", "linux-x86_64")?;
        Ok(Self { groth16: (groth16, inputs::groth16(dir)?), circom: (circom, inputs::circom()) })
    }

    /// Runs all of them. Each must be verified.
    pub fn run(&self, net: &Net, node: &Node) -> anyhow::Result<()> {
        for (program, inputs) in [&self.groth16, &self.circom] {
            let (user, mut arguments) = (net.user(), vec!["run", program, "--max-fee", "100000", "--watch", "--key"]);
            arguments.push(&user);
            arguments.extend(inputs.iter().flat_map(|input| ["--input", input]));
            let ended = json(net, node, &arguments)?;
            let outcome = Outcome::of(net, node, ended["workload"].as_str().context("no workload")?)?;
            anyhow::ensure!(outcome.is_verified(), "a real workload ended otherwise: {outcome}");
        }
        Ok(())
    }
}

/// Deploys a program of `programs/` by its prover.
pub fn deploy(net: &Net, node: &Node, prover: &str, runtime: &str) -> anyhow::Result<String> {
    let prover = of_programs("artifacts").join(prover);
    deploy_files(net, node, &prover, &prover.with_file_name("verifier.wasm"), runtime)
}

/// Deploys a program by its artifacts.
pub fn deploy_files(net: &Net, node: &Node, prover: &Path, verifier: &Path, runtime: &str) -> anyhow::Result<String> {
    let (user, prover, verifier) = (net.user(), prover.display().to_string(), verifier.display().to_string());
    let command = ["program", "deploy", "--name", "real", "--proof-system", "real/1", "--runtime", runtime];
    let files = ["--prover", &prover, "--verifier", &verifier, "--key", &user];
    let deployed = json(net, node, &[&command[..], &files[..]].concat())?;
    Ok(deployed["program"].as_str().context("no program")?.to_owned())
}
