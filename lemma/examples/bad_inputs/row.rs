//! Every bad input, one after the other on one node.

use crate::{
    cases::{self, Case},
    hostile,
    net::{Net, Node, lemma, say, wait},
    outcome::Outcome,
    real::Real,
    traces::{self, Traces},
};
use anyhow::Context as _;
use client::{Client, Sender};
use std::{collections::HashSet, fs, path::Path, time::Instant};
use types::{Artifact, BlobId, Call, ProgramId, SecretKey, Text};

/// What a node may take more than before all of it: caches of modules and of the chain.
const MEMORY_MORE_KIB: u64 = 128 * 1024;
const DESCRIPTORS_MORE: usize = 16;
const THREADS_MORE: usize = 16;
/// A workload is given up when nobody can be drawn for it; a fail is final, so that every program runs on one node, once.
const PARAMS: [&str; 2] = ["attempts_max=1", "queue_window=60s"];
/// What the other nodes declare: no workload here asks for as little.
const OTHERS: &str = "16MiB";
const MEMORY: &str = "128MiB";

/// Runs all of it in a folder.
pub fn run(dir: &Path) -> anyhow::Result<()> {
    let net = Net::start(&lemma()?, dir.join("net"), &PARAMS)?;
    let (first, others) = net.nodes.split_first().context("no nodes")?;
    for node in others {
        let key = node.config.display().to_string();
        net.call(&["prover", "update", "--cpus", "1", "--memory", OTHERS, "--key", &key])?;
    }
    let row = Row::new(&net, first)?;
    let real = Real::deploy(&net, first, dir)?;
    real.run(&net, first)?;
    let before = Traces::of(row.pid)?;
    let cases = cases::all(hostile(dir)?, first, row.pid)?;
    let bad = row.run(&cases, dir)?;
    real.run(&net, first)?;
    say("the real workloads are verified, by the same node, after all of it");
    row.compare(before)?;
    anyhow::ensure!(bad == 0, "{bad} of {} did not end as they must, or left something behind", cases.len());
    say(&format!("{} bad inputs, each contained and named", cases.len()));
    Ok(())
}

/// The node that everything runs on.
struct Row<'a> {
    net: &'a Net,
    node: &'a Node,
    pid: u32,
    client: Client,
    user: SecretKey,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Row<'a> {
    fn new(net: &'a Net, node: &'a Node) -> anyhow::Result<Self> {
        let secret: Option<[u8; 32]> = node::read_secret(net.user().as_ref())?.as_slice().try_into().ok();
        let user = secret.and_then(|secret| SecretKey::from_bytes(&secret)).context("no key of the user")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { net, node, pid: node.pid()?, client: Client::new(&node.api)?, user, runtime })
    }

    /// Runs them, and says of each how it ended. How many did not end as they must.
    fn run(&self, cases: &[Case], dir: &Path) -> anyhow::Result<usize> {
        let (mut deployed, mut bad) = (HashSet::new(), 0);
        for case in cases {
            let began = Instant::now();
            let found = self.one(case, dir, &mut deployed).with_context(|| case.name.clone())?;
            let seconds = began.elapsed().as_secs_f64();
            match found {
                Ok(outcome) => say(&format!("ok   {:32} {seconds:5.1} s  {outcome}", case.name)),
                Err(why) => {
                    bad += 1;
                    say(&format!("BAD  {:32} {seconds:5.1} s  {why}", case.name));
                }
            }
        }
        Ok(bad)
    }

    /// Deploys one and runs it. What came of it, or what is wrong with that.
    fn one(
        &self,
        case: &Case,
        dir: &Path,
        deployed: &mut HashSet<ProgramId>,
    ) -> anyhow::Result<Result<Outcome, String>> {
        if let Some(words) = case.refused
            && let Err(why) = self.refusal(case, dir, words)?
        {
            return Ok(Err(why));
        }
        let program = self.deploy(case, deployed)?;
        let workload = self.submit(case, program)?;
        let outcome = Outcome::of(self.net, self.node, &workload)?;
        if !outcome.is(case.expected) {
            return Ok(Err(format!("{outcome}; expected {}", case.expected)));
        }
        let left = traces::left(self.node, self.node.pid()?, &workload);
        let same = self.node.pid()? == self.pid;
        Ok(match (left.as_slice(), same) {
            ([], true) => Ok(outcome),
            (left, _) => {
                Err(format!("{outcome}; left {left:?}, the node is {}", if same { "the same" } else { "another" }))
            }
        })
    }

    /// Whether the command line refuses it with these words.
    fn refusal(&self, case: &Case, dir: &Path, words: &str) -> anyhow::Result<Result<(), String>> {
        let (prover, verifier, user) = (dir.join("prover"), dir.join("verifier"), self.net.user());
        fs::write(&prover, &*case.prover)?;
        fs::write(&verifier, &*case.verifier)?;
        let (prover, verifier) = (prover.display().to_string(), verifier.display().to_string());
        let command = ["program", "deploy", "--name", "bad", "--proof-system", "none/1", "--key", &user];
        let files = ["--prover", &prover, "--verifier", &verifier];
        let output = self.net.ask(self.node, &[&command[..], &files[..]].concat())?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let refused = output.status.code() == Some(2) && text.contains(words);
        Ok(if refused { Ok(()) } else { Err(format!("not refused at deployment with {words:?}: {text}")) })
    }

    /// Deploys it as a client that looks at nothing, unless it is deployed.
    fn deploy(&self, case: &Case, deployed: &mut HashSet<ProgramId>) -> anyhow::Result<ProgramId> {
        let artifact = |bytes: &[u8]| Artifact { blob: BlobId::of(bytes), size: bytes.len() as u64 };
        let program = types::Program {
            name: Text::new("bad")?,
            proof_system: Text::new("none/1")?,
            runtime: case.runtime,
            prover: artifact(&case.prover),
            verifier: artifact(&case.verifier),
            fuel_limit: 1_000_000_000,
        };
        let id = program.id();
        if deployed.insert(id) {
            self.runtime.block_on(async {
                for bytes in [&case.prover, &case.verifier] {
                    self.client.put_blob(bytes.to_vec().into()).await?;
                }
                let mut sender = Sender::new(&self.client, &self.user).await?;
                let sent = sender.send(Call::Deploy(program)).await?;
                self.client.included(sent.transaction).await
            })?;
        }
        Ok(id)
    }

    /// Runs it to its end, whichever that is.
    fn submit(&self, case: &Case, program: ProgramId) -> anyhow::Result<String> {
        let (program, user) = (program.to_string(), self.net.user());
        let command = ["run", &program, "--args", &case.arguments, "--max-time", case.time, "--memory", MEMORY];
        let rest = ["--disk", "16MiB", "--input", "statement:hex:6c656d6d61", "--max-fee", "100000", "--watch"];
        let output = self.net.ask(self.node, &[&command[..], &rest[..], &["--key", &user]].concat())?;
        let ended: serde_json::Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        Ok(ended["workload"].as_str().context("no workload")?.to_owned())
    }

    /// Waits until the node takes no more than it did, but for its caches, and says so.
    fn compare(&self, before: Traces) -> anyhow::Result<()> {
        let settled = wait("the node takes no more than before", || {
            let now = Traces::of(self.pid).ok()?;
            let fits = now.memory_kib <= before.memory_kib + MEMORY_MORE_KIB
                && now.descriptors <= before.descriptors + DESCRIPTORS_MORE
                && now.threads <= before.threads + THREADS_MORE;
            fits.then_some(now)
        });
        say(&format!("before  {before:?}\nafter   {:?}", Traces::of(self.pid)?));
        settled.map(|_| ())
    }
}
