//! Joins the parts of a node, and takes them apart again.

mod builtin;
mod faces;
mod followers;
mod machine;
mod network;
mod prover;

use crate::{
    blobs::{Store, StoreLimits},
    config::Config,
    error::NodeError,
    folder::Folder,
    genesis::{GenesisFileError, read_genesis},
    host::{Host, HostSetup},
    http::{self, Gateway, LogControl},
    index::Index,
    keys,
    webhooks::{Pace, Webhooks},
};
use builtin::import;
use followers::{Duties, follow};
use ledger::Ledger;
use ports::{Committee, Engine, ReadError};
use replica::Replica;
use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use types::{Genesis, genesis::PeerId, state_key};

/// How long requests that are under way may take at the end.
const GRACE: Duration = Duration::from_secs(5);
/// How often the node looks whether its engine still runs.
const LOOK: Duration = Duration::from_secs(1);
/// How long an address that is taken is waited for, and how often it is tried.
const BIND_MAX: Duration = Duration::from_secs(5);
const BIND_AGAIN: Duration = Duration::from_millis(50);

/// A node that runs. Dropped without [`Running::stop`], its parts end with the process.
pub struct Running {
    /// Where the API listens.
    pub http: SocketAddr,
    handle: ports::Handle,
    host: Arc<Host>,
    shutdown: watch::Sender<bool>,
    server: JoinHandle<()>,
    /// What ends with the event stream, when the host is stopped.
    followers: JoinSet<()>,
    /// Held as long as anything may write there.
    _folder: Folder,
}

/// Runs a node until `shutdown` is ready, then stops it in order. `builtin` are blobs that every node has: the artifacts of the
/// program that tests capacity; `log` is how the operator changes what is logged.
///
/// # Errors
/// Why it does not start, or that its engine has stopped by itself.
pub async fn run(
    config: Config,
    builtin: &'static [&'static [u8]],
    log: Option<LogControl>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), NodeError> {
    let listener = bind(config.http.listen, "http").await?;
    let running = start(config, builtin, log, listener).await?;
    tracing::info!(http = %running.http, "the node runs");
    let engine = running.handle.engine.clone();
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        () = stopped(engine) => Err(NodeError::EngineStopped),
    };
    running.stop().await;
    ended
}

/// Listens on an address of a section of the configuration. A node that was killed may hold it for a moment yet.
async fn bind(address: SocketAddr, section: &'static str) -> Result<TcpListener, NodeError> {
    let end = Instant::now() + BIND_MAX;
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                tokio::time::sleep(BIND_AGAIN).await;
            }
            result => return result.map_err(|source| NodeError::Listen { address, section, source }),
        }
    }
}

/// Starts a node whose API listens on `listener`; `builtin` and `log` as [`run`] takes them.
///
/// # Errors
/// Why it does not start.
pub async fn start(
    config: Config,
    builtin: &'static [&'static [u8]],
    log: Option<LogControl>,
    listener: TcpListener,
) -> Result<Running, NodeError> {
    begin(config, builtin, log, listener, |host| host).await
}

/// As [`start`], with an engine that meets the host by what `around` makes of it: for nodes that are to do something else.
///
/// # Errors
/// Why it does not start.
pub async fn start_around(
    config: Config,
    builtin: &'static [&'static [u8]],
    listener: TcpListener,
    around: impl FnOnce(Arc<Host>) -> Arc<dyn ports::Host> + Send + 'static,
) -> Result<Running, NodeError> {
    begin(config, builtin, None, listener, around).await
}

async fn begin(
    config: Config,
    builtin: &'static [&'static [u8]],
    log: Option<LogControl>,
    listener: TcpListener,
    around: impl FnOnce(Arc<Host>) -> Arc<dyn ports::Host> + Send + 'static,
) -> Result<Running, NodeError> {
    let failed = |source| NodeError::Listen { address: config.http.listen, section: "http", source };
    let http = listener.local_addr().map_err(failed)?;
    let limits = config.http.clone();
    let operator = http::Operator::new(&limits, log)?;
    let parts = tokio::task::spawn_blocking(move || join(&config, builtin, tokio::runtime::Handle::current(), around));
    let parts = parts.await.map_err(|error| NodeError::Executor(error.to_string()))??;
    let Parts { handle, host, genesis, me, prover, folder, duties } = parts;
    let followers = follow(&handle, &host, duties);
    let gateway = Gateway::new(handle.engine.clone(), &host, genesis, me, prover, &limits).operated(operator);
    let (shutdown, asked) = watch::channel(false);
    let server = faces::serve(listener, gateway.into(), &limits, asked).await?;
    Ok(Running { http, handle, host, shutdown, server, followers, _folder: folder })
}

impl Running {
    /// The engine, to be asked.
    #[must_use]
    pub fn engine(&self) -> Arc<dyn Engine> {
        self.handle.engine.clone()
    }

    /// Stops in order: no new requests, programs cancelled, listeners sent away, then the engine. Nothing durable is lost.
    pub async fn stop(self) {
        let _ = self.shutdown.send(true);
        self.host.stop();
        let server = self.server;
        let abort = server.abort_handle();
        if tokio::time::timeout(GRACE, server).await.is_err() {
            abort.abort();
        }
        let mut followers = self.followers;
        if tokio::time::timeout(GRACE, async { while followers.join_next().await.is_some() {} }).await.is_err() {
            followers.abort_all();
        }
        let handle = self.handle;
        if let Err(error) = tokio::task::spawn_blocking(move || handle.stop()).await {
            tracing::error!(%error, "the engine did not stop in order");
        }
    }
}

/// Ready once the engine has stopped by itself.
async fn stopped(engine: Arc<dyn Engine>) {
    loop {
        if engine.read(vec![state_key::meta()]).await == Err(ReadError::Stopped) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What a node consists of, before its API is served.
struct Parts {
    handle: ports::Handle,
    host: Arc<Host>,
    genesis: Arc<Genesis>,
    me: PeerId,
    prover: Option<types::AccountId>,
    folder: Folder,
    duties: Duties,
}

/// Joins all parts but the API. Blocks: it reads files and compiles programs.
fn join(
    config: &Config,
    builtin: &[&[u8]],
    runtime: tokio::runtime::Handle,
    around: impl FnOnce(Arc<Host>) -> Arc<dyn ports::Host>,
) -> Result<Parts, NodeError> {
    let (genesis, waits) = (Arc::new(read_genesis(&config.genesis)?), runtime.clone());
    let unusable = |error: types::GenesisError| {
        NodeError::Genesis(GenesisFileError { path: config.genesis.clone(), line: None, reason: error.to_string() })
    };
    let ledger = Ledger::new((*genesis).clone()).map_err(unusable)?;
    let folder = Folder::claim(&config.data, ledger.chain())?;
    let secret = *keys::read_key(&config.node_key)?;
    let me = PeerId(engine::public_key(secret));
    let prover =
        config.prover_key.as_deref().map(|path| prover::prover(path, &genesis, &folder, &config.limits)).transpose()?;
    let limits =
        StoreLimits { blob_bytes_max: genesis.params.blob_bytes_max, total_bytes_max: config.limits.blobs_bytes_max };
    let store = Arc::new(Store::open(&folder.join("blobs"), limits)?);
    let path = folder.join("index.sqlite");
    let first = genesis.accounts.iter().map(|entry| entry.account).collect();
    let index = Index::open(&path, ledger.chain(), first).map_err(|source| NodeError::Folder { path, source })?;
    let index = Arc::new(index);
    import(&store, builtin, &genesis.capacity_test)?;
    let account = prover.as_ref().map(|prover| prover.keys.account.account());
    let duties = Duties {
        ledger: ledger.clone(),
        breaker: prover.as_ref().map(|prover| (prover.keys.account.clone(), folder.join("breaker.json"))),
        webhooks: Webhooks::open(&config.webhooks, &folder.join(""), Pace::default())?,
    };
    let host = Arc::new(Host::new(HostSetup {
        runtime,
        store,
        index,
        prover: prover.as_ref().map(|prover| prover.runs.clone()),
        params: genesis.params.clone(),
        allow_private: config.p2p.allow_private,
        breaker: (account, config.breaker.clone()),
    }));
    let setup = ports::Config {
        committee: committee(&genesis, &ledger),
        pace: network::pace(&genesis.params),
        network: network::network(&config.p2p, &genesis, me)?,
        secret,
        share: config.share.as_deref().map(keys::read_secret).transpose()?.map(|share| share.to_vec().into()),
        storage: folder.join("engine"),
        threads: config.limits.engine_threads,
    };
    let replica = Replica::new(replica::Config { genesis: genesis.clone(), prover: prover.map(|prover| prover.keys) });
    // The engine itself does not wait for its address.
    drop(waits.block_on(bind(setup.network.listen, "p2p"))?);
    let handle = engine::start(setup, Arc::new(ledger), Box::new(replica), around(host.clone()))?;
    Ok(Parts { handle, host, genesis, me, prover: account, folder, duties })
}

fn committee(genesis: &Genesis, ledger: &Ledger) -> Committee {
    Committee {
        namespace: ledger.chain().0.to_vec(),
        validators: genesis.validators.iter().map(|validator| validator.peer.0).collect(),
        output: genesis.output.to_vec().into(),
        epoch_blocks: genesis.params.epoch_blocks,
        genesis_time_ms: genesis.time.0,
        step_max_ms: genesis.params.step_max.0,
    }
}
