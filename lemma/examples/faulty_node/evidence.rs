//! What must have come about, each by the word of a node that is not the faulty one, or by evidence that needs no word.

use crate::{
    net::{Net, Node, lemma},
    show::{Case, read},
};
use anyhow::Context as _;
use api::{Attempt, Movements, Prover, Workload, WorkloadState};
use receipt::Checked;
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use types::{AccountId, Amount, BlobId, WorkloadId, codec, message::Bundle};

/// Movements of money that are looked through.
const MOVEMENTS: &str = "1000";
/// An address at which there is no node.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The faulty node's prover before the run.
pub struct Before(Prover);

impl Before {
    /// As the first node knows it.
    pub fn of(net: &Net, prover: AccountId) -> anyhow::Result<Self> {
        status(net, prover).map(Self)
    }
}

/// Looks for all of it. Returns what was found in words; fails at what is not there. The network ends before the last look.
pub fn all(case: Case, ended: &Workload, before: &Before, dir: &Path) -> anyhow::Result<String> {
    let first = ended.attempts.first().context("there was no attempt")?;
    let last = ended.attempts.last().context("there was no attempt")?;
    let mut lines = vec![
        altered(&case, first, dir)?,
        rejected(&case, first)?,
        slashed(&case, ended, before)?,
        verified(&case, ended, last)?,
    ];
    let file = dir.join("receipt");
    let key = receipt(&case, &file)?;
    drop(case);
    lines.push(holds(&file, &key, first.prover, last.prover)?);
    Ok(lines.join("\n"))
}

/// The faulty prover's attempt ended by a certificate.
fn rejected(case: &Case, attempt: &Attempt) -> anyhow::Result<String> {
    let end = attempt.end.as_ref().context("the first attempt is not over")?;
    anyhow::ensure!(attempt.prover == case.prover, "the first attempt was another prover's");
    anyhow::ensure!(end.word == "rejected", "the first attempt ended as {}, not rejected", end.word);
    let (set, verdicts) = (case.net.nodes.len(), end.verdicts.context("no certificate")?);
    anyhow::ensure!(u64::from(verdicts) * 3 >= set as u64 * 2, "{verdicts} verdicts of {set} are no certificate");
    Ok(format!("rejected     attempt 1 in block {}, by a certificate of {verdicts} verdicts of {set}", end.at.height))
}

/// What was announced is what was made but for one bit.
fn altered(case: &Case, attempt: &Attempt, dir: &Path) -> anyhow::Result<String> {
    let announced = attempt.proof.context("nothing was announced")?.blob;
    let node = &case.faulty.node;
    let said = node.said(&["proof", &format!("workload={}", case.workload)]).pop().context("no proof was made")?;
    let made: BlobId = said.split_once("made=").with_context(|| said.clone())?.1.trim().parse()?;
    let honest = case.net.nodes.first().context("no nodes")?;
    let (made, announced) = (bundle(case, node, made, dir)?, bundle(case, honest, announced, dir)?);
    let differ = |(at, (was, is)): (usize, (&u8, &u8))| (was != is).then_some((at, *was, *is));
    let bytes: Vec<_> = made.proof.iter().zip(&announced.proof).enumerate().filter_map(differ).collect();
    let [(at, was, is)] = bytes[..] else { anyhow::bail!("{} bytes differ, not one", bytes.len()) };
    anyhow::ensure!(made.proof.len() == announced.proof.len() && made.public == announced.public, "more differs");
    anyhow::ensure!((was ^ is).count_ones() == 1, "more than a bit differs");
    Ok(format!("altered      byte {at} of {}, {was:02x} to {is:02x}, after the self-check", made.proof.len()))
}

fn bundle(case: &Case, node: &Node, blob: BlobId, dir: &Path) -> anyhow::Result<Bundle> {
    let file = dir.join(blob.to_string());
    read::<serde_json::Value>(&case.net, node, &["blob", "get", &blob.to_string(), "-o", &file.display().to_string()])?;
    let bytes = fs::read(file)?;
    Ok(codec::decode(&bytes, bytes.len())?)
}

/// The prover lost bond, and of that the user got as much as was locked, half of it at most.
fn slashed(case: &Case, ended: &Workload, Before(before): &Before) -> anyhow::Result<String> {
    let after = status(&case.net, case.prover)?;
    let taken = before.bond.minus(after.bond).filter(|taken| *taken > Amount::ZERO).context("no bond was taken")?;
    let (were, are) = (before.tally.rejected, after.tally.rejected);
    anyhow::ensure!(are == were + 1, "{are} rejected proofs are counted, after {were}");
    let fee = ended.run.as_ref().context("no run")?.fee.total;
    let due = taken.share(1, 2).context("too much")?.min(fee);
    let got = compensation(case, ended.workload)?;
    anyhow::ensure!(got == due, "the user got {got} LEM, not {due}");
    let slashed =
        format!("slashed      {taken} LEM of {}; {are} rejected proof of this prover is counted", before.bond);
    Ok(format!("{slashed}\ncompensated  {got} LEM to the user, the fee being {fee} LEM"))
}

/// What the user got for the rejected proof, by the movements of its money.
fn compensation(case: &Case, workload: WorkloadId) -> anyhow::Result<Amount> {
    let (first, user) = (case.net.nodes.first().context("no nodes")?, case.net.user());
    let all: Movements = read(&case.net, first, &["account", "ledger", "--key", &user, "--limit", MOVEMENTS])?;
    let due = all.movements.iter().find(|it| it.cause == "compensation" && it.workload == Some(workload) && it.got);
    Ok(due.context("the user was not compensated")?.amount)
}

/// Another prover did it.
fn verified(case: &Case, ended: &Workload, attempt: &Attempt) -> anyhow::Result<String> {
    let end = attempt.end.as_ref().context("the last attempt is not over")?;
    anyhow::ensure!(ended.state == WorkloadState::Verified && end.word == "valid", "not verified: {}", ended.explain);
    anyhow::ensure!(attempt.prover != case.prover, "it was the same prover");
    let verdicts = end.verdicts.context("no certificate")?;
    let (number, prover, height) = (attempt.attempt, attempt.prover, end.at.height);
    Ok(format!("verified     attempt {number} by prover {prover} in block {height}, valid by {verdicts} verdicts"))
}

/// Fetches the receipt from an honest node that was not asked for anything else. Returns the group key, which is genesis'.
fn receipt(case: &Case, file: &Path) -> anyhow::Result<String> {
    let genesis = PathBuf::from(case.net.user()).with_file_name("genesis.json");
    let key = node::read_genesis(&genesis)?.group_key.to_string();
    let (node, id) = (case.net.nodes.get(1).context("no second node")?, case.workload.to_string());
    let file = file.display().to_string();
    read::<serde_json::Value>(&case.net, node, &["receipt", "get", &id, "-o", &file, "--key", &key])?;
    Ok(key)
}

/// What `lemma receipt verify` says.
#[derive(Deserialize)]
struct Said {
    valid: bool,
    checked: Checked,
}

/// With every node stopped the receipt shows both attempts.
fn holds(file: &Path, key: &str, faulty: AccountId, honest: AccountId) -> anyhow::Result<String> {
    let mut command = Command::new(lemma()?);
    let output = command.args(["--json", "--node", NOWHERE, "receipt", "verify", "--key", key]).arg(file).output()?;
    anyhow::ensure!(output.status.success(), "the receipt does not hold: {}", String::from_utf8_lossy(&output.stderr));
    let Said { valid, checked } = serde_json::from_slice(&output.stdout)?;
    let attempts = checked.attempts.iter().map(|it| (it.prover, it.end.as_deref().unwrap_or_default()));
    let attempts: Vec<_> = attempts.collect();
    let ends = [attempts.first().copied(), attempts.last().copied()];
    anyhow::ensure!(valid && ends == [Some((faulty, "rejected")), Some((honest, "valid"))], "it shows {attempts:?}");
    let words: Vec<&str> = attempts.iter().map(|(_, end)| *end).collect();
    let size = fs::metadata(file)?.len();
    Ok(format!("receipt      {size} bytes, checked with every node stopped; its attempts: {}\n", words.join(", ")))
}

/// A prover, as the first node knows it.
fn status(net: &Net, prover: AccountId) -> anyhow::Result<Prover> {
    read(net, net.nodes.first().context("no nodes")?, &["prover", "status", &prover.to_string()])
}
