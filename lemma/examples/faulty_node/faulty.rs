//! The faulty node: in this process, or as a process in place of an ordinary one.

use crate::{
    alter::Altering,
    artifacts::BUILTIN,
    flip::Flip,
    net::{Net, Node, wait},
};
use anyhow::Context as _;
use std::{
    env,
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use tracing_subscriber::EnvFilter;

/// Runs it until stdin ends.
pub fn run(config: &Path, flip: Flip) -> anyhow::Result<()> {
    let config = node::Config::load(config)?;
    tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&config.log)?).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(config.http.listen).await?;
        let around = move |host| Altering::around(host, flip);
        let running = node::start_around(config, BUILTIN, listener, around).await?;
        let (mut stdin, mut bytes) = (tokio::io::stdin(), [0; 256]);
        while matches!(stdin.read(&mut bytes).await, Ok(1..)) {}
        running.stop().await;
        Ok(())
    })
}

/// The faulty node as a process. It ends when this is dropped, or this process ends.
pub struct Faulty {
    /// The node whose place it has.
    pub node: Node,
    child: Child,
}

impl Faulty {
    /// Ends a node of a network and starts the faulty one with its keys and data. Returns once it has caught up.
    pub fn in_place_of(net: &Net, node: &Node, flip: Flip) -> anyhow::Result<Self> {
        node.kill()?;
        let log = File::options().append(true).open(&node.log)?;
        let mut command = Command::new(env::current_exe()?);
        command.arg("node").arg("--config").arg(&node.config).args(flip.options()).stdin(Stdio::piped());
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        let it = Self { node: node.clone(), child };
        let height = height(net, net.nodes.first().context("no nodes")?).context("the first node is gone")?;
        wait("the faulty node is up", || self::height(net, node).filter(|own| *own > height))?;
        Ok(it)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        // Either fails only when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last final block of a node; none while it cannot be asked.
fn height(net: &Net, node: &Node) -> Option<u64> {
    let output = net.ask(node, &["status"]).ok()?;
    serde_json::from_slice::<api::Status>(&output.stdout).ok().map(|status| status.height)
}
