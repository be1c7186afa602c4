//! The nodes of a local network as processes that end when this one does.

use super::log_tail;
use crate::{
    network::{Folder, Place},
    output::{BAD, Output, STRONG, styled},
};
use anyhow::Context as _;
use client::Client;
use futures::future::try_join_all;
use std::{
    fs::OpenOptions,
    future::Future,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    sync::{mpsc, watch},
    task::JoinSet,
};

/// How long the nodes have until they have a final block.
const START_MAX: Duration = Duration::from_secs(120);
/// How long a node has to stop by itself.
const STOP_MAX: Duration = Duration::from_secs(15);
/// How often to ask whether a node is ready.
const LOOK: Duration = Duration::from_millis(100);
/// Blocks that must become final before a network is known to go on: one after the other.
const READY_BLOCKS: u64 = 2;

/// Nodes that run.
pub struct Network {
    places: Vec<Place>,
    stop: watch::Sender<bool>,
    dead: mpsc::UnboundedReceiver<Death>,
    tasks: JoinSet<()>,
}

/// A node that ended unasked.
struct Death {
    place: Place,
    status: String,
}

impl Network {
    /// Starts every node of a folder.
    ///
    /// # Errors
    /// When a process cannot be started; those that were are stopped.
    pub fn start(folder: &Folder) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (tell, dead) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for place in &folder.places {
            let child = spawn(place)?;
            tasks.spawn(tend(child, place.clone(), stopped.clone(), tell.clone()));
        }
        Ok(Self { places: folder.places.clone(), stop, dead, tasks })
    }

    /// Waits until every node has final blocks.
    ///
    /// # Errors
    /// When a node ends before that, or it takes too long.
    pub async fn ready(&mut self, out: Output) -> anyhow::Result<()> {
        let places = self.places.clone();
        let began = Instant::now();
        let all = try_join_all(places.iter().map(ready));
        let timeout = tokio::time::sleep(START_MAX);
        tokio::select! {
            result = all => drop(result?),
            Some(death) = self.dead.recv() => return Err(death.into_error()),
            () = timeout => anyhow::bail!("no final block within {} s; see {}", START_MAX.as_secs(), logs(&places)),
        }
        out.note(format_args!("{} nodes ready after {:.1} s", places.len(), began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Tells of nodes that end, until `interrupted`.
    pub async fn tend(&mut self, out: Output, interrupted: impl Future<Output = ()>) {
        tokio::pin!(interrupted);
        loop {
            tokio::select! {
                Some(death) = self.dead.recv() => death.tell(out),
                () = &mut interrupted => return,
            }
        }
    }

    /// The first node that ended unasked, as an error. Waits until there is one.
    pub async fn death(&mut self) -> anyhow::Error {
        match self.dead.recv().await {
            Some(death) => death.into_error(),
            None => anyhow::anyhow!("all nodes have ended"),
        }
    }

    /// Asks every node to stop and waits until all have.
    pub async fn stop(mut self) {
        // Fails only when every node has ended.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Death {
    fn into_error(self) -> anyhow::Error {
        let log = log_tail(&self.place.log);
        anyhow::anyhow!("{} ended ({}); its log ends with:\n{log}", self.place.name, self.status)
    }

    fn tell(&self, out: Output) {
        let again = format!("lemma node --config {}", self.place.config.display());
        out.note(format_args!("{} {} ended ({}); the others go on", styled(BAD, "!"), self.place.name, self.status));
        out.note(format_args!("  start it again: {}   (and stop that one yourself)", styled(STRONG, again)));
    }
}

fn spawn(place: &Place) -> anyhow::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(&place.log)?;
    let program = std::env::current_exe().context("this program cannot be found")?;
    Command::new(program)
        .arg("node")
        .arg("--config")
        .arg(&place.config)
        // The node stops when the other end of its stdin closes: it never outlives this process.
        .arg("--parent-pipe")
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C at the terminal reaches this process alone, which stops the nodes in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started", place.name))
}

/// Stays with a node until it has ended.
async fn tend(mut child: Child, place: Place, mut stop: watch::Receiver<bool>, dead: mpsc::UnboundedSender<Death>) {
    let stdin = child.stdin.take();
    tokio::select! {
        status = child.wait() => {
            let status = status.map_or_else(|error| error.to_string(), words);
            // Nobody listens once the network is stopping.
            let _ = dead.send(Death { place, status });
        }
        _ = stop.changed() => {
            drop(stdin);
            if tokio::time::timeout(STOP_MAX, child.wait()).await.is_err() {
                // It may have ended meanwhile.
                let _ = child.kill().await;
            }
        }
    }
}

fn words(status: ExitStatus) -> String {
    status.to_string()
}

/// Waits until blocks become final at a node, beyond those that it had on its disk.
async fn ready(place: &Place) -> anyhow::Result<()> {
    let client = Client::new(&place.url())?;
    let mut first = None;
    loop {
        match client.status().await {
            Ok(status) if status.height >= *first.get_or_insert(status.height) + READY_BLOCKS => return Ok(()),
            Err(error) if !error.is_passing() => return Err(error.into()),
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

fn logs(places: &[Place]) -> String {
    places.iter().map(|place| place.log.display().to_string()).collect::<Vec<_>>().join(", ")
}
