//! Moves a large blob between two nodes of a local network, once undisturbed and once with the receiver killed in the middle,
//! and says how that compares with a plain TCP copy: `just blob-race`.
//!
//! The blob is an input of a run, so that the prover that is drawn fetches it. The run asks for less memory than its input
//! has: the attempt ends once the blob is there, without a program having read it.

mod copy;
mod memory;
mod net;

use anyhow::Context as _;
use memory::Watch;
use net::{Net, Node, field, lemma, say, wait};
use std::{env, fs, path::Path, time::Duration};

/// How often the plain copy is measured: the fastest counts.
const COPIES: usize = 3;
/// What a node may take above what it takes idle, in KiB.
const ABOVE_IDLE_MAX: u64 = 100 * 1024;
/// What may be fetched again after a kill, in bytes.
const AGAIN_MAX: u64 = 4 << 20;
const FETCHED: &str = "lemma_blobs_fetched_bytes_total";
const SERVED: &str = "lemma_blobs_served_bytes_total";

/// What came of moving one blob.
struct Moved {
    /// By the receiver's word.
    took: Duration,
    /// Bytes of parts with their hashes that the receiver took, after its restart if it was killed.
    fetched: u64,
    /// The same before it was killed, as it last said.
    before: u64,
    /// Parts that were there when the receiver began for the last time.
    kept: u64,
    sender_kib: u64,
    receiver_kib: u64,
}

fn main() -> anyhow::Result<()> {
    let mib = env::args().nth(1).map_or(Ok(1024), |text| text.parse()).context("blob_race [MIB]")?;
    let dir = tempfile::tempdir()?;
    let (file, copies) = (dir.path().join("file"), dir.path().join("copies"));
    copy::random(&file, mib)?;
    // Each copy is a new file, as the node's is: who overwrites a file gets back memory that is warm.
    fs::create_dir(&copies)?;
    let copied = best(|number| copy::copy(&file, &copies.join(number.to_string()), false))?;
    let durable = best(|number| copy::copy(&file, &copies.join(format!("durable-{number}")), true))?;
    fs::remove_dir_all(&copies)?;
    let rate = |took: Duration| mib as f64 / took.as_secs_f64();
    say(&format!(
        "{mib} MiB by plain TCP      {:.0} MiB/s; {:.0} MiB/s until it is on the disk",
        rate(copied),
        rate(durable)
    ));

    let mut net = Net::start(&lemma()?, dir.path().join("net"), &[])?;
    let program = deploy(&net)?;
    let whole = moved(&mut net, &program, &file, None)?;
    // A node calls a blob whole once it is on the disk.
    let share = rate(whole.took) / rate(durable);
    let cached = rate(whole.took) / rate(copied);
    say(&format!(
        "from node to node        {:.0} MiB/s until it is on the disk, {share:.2} of the plain copy; {cached:.2} of one that is not there yet",
        rate(whole.took)
    ));
    tell_memory(&whole);

    copy::random(&file, mib)?;
    let killed = moved(&mut net, &program, &file, Some((mib << 20) * 2 / 5))?;
    let part = whole.fetched / (mib * 4);
    let again = (killed.kept * part + killed.fetched).saturating_sub(whole.fetched);
    let lost = killed.before.saturating_sub(killed.kept * part);
    say(&format!(
        "killed after             {} MiB, of which {} MiB were there at the restart",
        killed.before >> 20,
        killed.kept / 4
    ));
    say(&format!(
        "fetched after it         {} MiB; {} KiB of what was there again, {} KiB of what it had counted",
        killed.fetched >> 20,
        again >> 10,
        lost >> 10
    ));
    tell_memory(&killed);

    anyhow::ensure!(share >= 0.5, "less than half as fast as a plain copy onto the disk");
    anyhow::ensure!(killed.kept > 0 && again + lost < AGAIN_MAX, "too much was fetched again");
    let most = [&whole, &killed].map(|moved| moved.sender_kib.max(moved.receiver_kib));
    anyhow::ensure!(most.iter().all(|kib| *kib < ABOVE_IDLE_MAX), "too much memory");
    Ok(())
}

fn tell_memory(moved: &Moved) {
    let (sender, receiver) = (moved.sender_kib >> 10, moved.receiver_kib >> 10);
    say(&format!("memory above idle        sender {sender} MiB, receiver {receiver} MiB"));
}

fn best(copy: impl Fn(usize) -> anyhow::Result<Duration>) -> anyhow::Result<Duration> {
    let all: Vec<Duration> = (0..COPIES).map(copy).collect::<Result<_, _>>()?;
    all.into_iter().min().context("no copy")
}

fn deploy(net: &Net) -> anyhow::Result<String> {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/artifacts/trivial");
    let file = |name: &str| artifacts.join(name).display().to_string();
    let (prover, verifier, user) = (file("prover.wasm"), file("verifier.wasm"), net.user());
    let deployed = net.call(&[
        "program",
        "deploy",
        "--name",
        "race",
        "--prover",
        &prover,
        "--verifier",
        &verifier,
        "--proof-system",
        "none/1",
        "--key",
        &user,
    ])?;
    Ok(deployed["program"].as_str().context("no program")?.to_owned())
}

/// Uploads a file to the first node, has it fetched by a run, and kills the receiver once it has so many bytes.
fn moved(net: &mut Net, program: &str, file: &Path, kill_at: Option<u64>) -> anyhow::Result<Moved> {
    let sender = net.nodes.first().context("no nodes")?.clone();
    let watches: Vec<Watch> = net.nodes.iter().map(Watch::new).collect();
    let path = file.display().to_string();
    let stored = net.call(&["blob", "put", &path])?;
    let (blob, size) = (stored["blob"].as_str().context("no blob")?.to_owned(), stored["size"].to_string());
    let (input, user) = (format!("witness:blob:{blob}:{size}"), net.user());
    let (already, served) = (figures(net, FETCHED), sender.figure(SERVED));
    let run = net.call(&[
        "run",
        program,
        "--input",
        &input,
        "--input",
        "statement:hex:00",
        "--memory",
        "64MiB",
        "--max-fee",
        "100000",
        "--key",
        &user,
    ])?;
    let at = wait("anybody fetches it", || net.nodes.iter().position(|node| !begun(node, &blob).is_empty()))?;
    let (receiver, mut before) = (net.nodes.get(at).context("no node")?.clone(), 0);
    if let Some(kill_at) = kill_at {
        let so_far = || receiver.figure(FETCHED).saturating_sub(already.get(at).copied().unwrap_or(0));
        before = wait("some of it is there", || Some(so_far()).filter(|bytes| *bytes >= kill_at))?;
        receiver.kill()?;
        net.again(&receiver)?;
        wait("it goes on", || begun(&receiver, &blob).get(1).cloned())?;
    }
    let over = ["a blob is no longer fetched", &blob, "whole=true"];
    let line = wait("it is whole", || receiver.said(&over).pop())?;
    let kept = begun(&receiver, &blob).last().map_or(0, |line| field(line, "parts_kept"));
    let since = if kill_at.is_some() { 0 } else { already.get(at).copied().unwrap_or(0) };
    let fetched = receiver.figure(FETCHED).saturating_sub(since);
    say(&format!("sent by the sender       {} MiB", sender.figure(SERVED).saturating_sub(served) >> 20));
    let kib = |node: usize| watches.get(node).map_or(0, Watch::above_idle);
    let moved = Moved {
        took: Duration::from_millis(field(&line, " ms")),
        fetched,
        before,
        kept,
        sender_kib: kib(0),
        receiver_kib: kib(at),
    };
    end(net, &run["workload"])?;
    Ok(moved)
}

fn figures(net: &Net, name: &str) -> Vec<u64> {
    net.nodes.iter().map(|node| node.figure(name)).collect()
}

fn begun(node: &Node, blob: &str) -> Vec<String> {
    node.said(&["a blob is fetched", blob])
}

/// Waits until the workload has ended, so that nothing disturbs what follows.
fn end(net: &Net, workload: &serde_json::Value) -> anyhow::Result<()> {
    let id = workload.as_str().context("no workload")?;
    wait("the workload ends", || {
        let status = net.call(&["status", id]).ok()?;
        matches!(status["state"].as_str(), Some("failed" | "expired" | "verified")).then_some(())
    })
}
