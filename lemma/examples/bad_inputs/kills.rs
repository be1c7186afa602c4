//! What is killed while a program proves, and that its workload is verified all the same.

use crate::{
    hostile,
    net::{Net, Node, lemma, say, wait},
    of_programs,
    outcome::{Outcome, json},
    real, traces,
};
use anyhow::Context as _;
use std::{fs, path::Path, process::Command};

/// The program `trivial`, taking its time: long enough to be found at work.
const SLOW: &str = "slow 5";

/// A workload at work: its program's process, on this node.
struct AtWork {
    workload: String,
    at: usize,
    pid: u32,
    /// The node's process.
    node: u32,
}

/// Runs all of it in a folder.
pub fn run(dir: &Path) -> anyhow::Result<()> {
    let mut net = Net::start(&lemma()?, dir.join("net"), &[])?;
    let file = dir.join("slow");
    fs::write(&file, hostile(dir)?)?;
    let first = net.nodes.first().context("no nodes")?.clone();
    let verifier = of_programs("artifacts/trivial/verifier.wasm");
    let program = real::deploy_files(&net, &first, &file, &verifier, "linux-x86_64")?;
    program_killed(&net, &program)?;
    sandbox_killed(&net, &program)?;
    node_killed(&mut net, &program)
}

/// A program that is killed has failed, and the next prover does it.
fn program_killed(net: &Net, program: &str) -> anyhow::Result<()> {
    let at_work = start(net, program)?;
    kill(at_work.pid)?;
    let outcome = end(net, &at_work, at_work.at)?;
    let fail = outcome.first_fail.clone().context("no attempt failed")?;
    anyhow::ensure!(fail.contains("trap") && fail.contains("signal 9"), "the fail does not name the signal: {fail}");
    anyhow::ensure!(outcome.provers.len() == 2 && outcome.provers.first() != outcome.provers.get(1), "no other prover");
    clean(net, &at_work, at_work.node)?;
    say(&format!("program killed    attempt 1 failed ({fail}); attempt 2, by another prover, was verified"));
    Ok(())
}

/// A sandbox that is killed is the host's fault: the same prover does it again.
fn sandbox_killed(net: &Net, program: &str) -> anyhow::Result<()> {
    let at_work = start(net, program)?;
    let sandbox = traces::children(at_work.node);
    let sandbox = sandbox.into_iter().find(|pid| traces::below(*pid).contains(&at_work.pid)).context("no sandbox")?;
    kill(sandbox)?;
    wait("the killed program is gone", || {
        (!traces::of_workload(&at_work.workload).contains(&at_work.pid)).then_some(())
    })?;
    let outcome = end(net, &at_work, at_work.at)?;
    anyhow::ensure!(outcome.first_fail.is_none() && outcome.provers.len() == 1, "somebody was blamed");
    clean(net, &at_work, at_work.node)?;
    say("sandbox killed    nobody was blamed: the same attempt ran again and was verified");
    Ok(())
}

/// A node that is killed takes its program with it, and does it again once it is back.
fn node_killed(net: &mut Net, program: &str) -> anyhow::Result<()> {
    let at_work = start(net, program)?;
    let node = net.nodes.get(at_work.at).context("no node")?.clone();
    node.kill()?;
    wait("its program is gone", || traces::of_workload(&at_work.workload).is_empty().then_some(()))?;
    net.again(&node)?;
    let pid = wait("it is back", || node.pid().ok())?;
    let outcome = end(net, &at_work, (at_work.at + 1) % net.nodes.len())?;
    anyhow::ensure!(pid != at_work.node, "the node was not killed");
    clean(net, &at_work, at_work.node)?;
    clean(net, &at_work, pid)?;
    let attempts = outcome.provers.len();
    say(&format!("node killed       its program died with it; started again, verified in attempt {attempts}"));
    Ok(())
}

/// Asks for a run and waits until its program is at work somewhere.
fn start(net: &Net, program: &str) -> anyhow::Result<AtWork> {
    let (first, user) = (net.nodes.first().context("no nodes")?, net.user());
    let command = ["run", program, "--args", SLOW, "--max-time", "60s", "--memory", "64MiB", "--max-fee", "100000"];
    let sent = json(net, first, &[&command[..], &["--input", "statement:hex:6c656d6d61", "--key", &user]].concat())?;
    let workload = sent["workload"].as_str().context("no workload")?.to_owned();
    let pid = wait("its program is at work", || traces::of_workload(&workload).first().copied())?;
    let is_below = |node: &Node| node.pid().is_ok_and(|node| traces::below(node).contains(&pid));
    let at = net.nodes.iter().position(is_below).context("the program belongs to no node")?;
    let node = net.nodes.get(at).context("no node")?.pid()?;
    Ok(AtWork { workload, at, pid, node })
}

/// Waits until the workload has ended, which must be with a proof; asks this node.
fn end(net: &Net, at_work: &AtWork, ask: usize) -> anyhow::Result<Outcome> {
    let node = net.nodes.get(ask).context("no node")?;
    let outcome = wait("the workload ends", || {
        let outcome = Outcome::of(net, node, &at_work.workload).ok()?;
        outcome.is_end().then_some(outcome)
    })?;
    anyhow::ensure!(outcome.is_verified(), "the workload ended otherwise: {outcome}");
    Ok(outcome)
}

/// Nothing is left of the workload on its node, whose process has or had this number.
fn clean(net: &Net, at_work: &AtWork, node: u32) -> anyhow::Result<()> {
    let left = traces::left(net.nodes.get(at_work.at).context("no node")?, node, &at_work.workload);
    anyhow::ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

fn kill(pid: u32) -> anyhow::Result<()> {
    anyhow::ensure!(Command::new("kill").args(["-9", &pid.to_string()]).status()?.success(), "kill failed");
    Ok(())
}
