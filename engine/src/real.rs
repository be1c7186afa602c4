//! The engine on real sockets and real files: one thread that owns the runtime of one node.

use crate::{
    chain::PublicKey,
    channels,
    deal::private_key,
    error::StartError,
    genesis::public_key,
    questions::{self, Clerk, Metrics},
    wiring::{self, Crew, Net, Setup},
};
use commonware_cryptography::ChaCha20Poly1305;
use commonware_macros::select;
use commonware_p2p::authenticated::discovery::{self, Bootstrapper};
use commonware_runtime::{Handle as Task, Metrics as _, Quota, Runner as _, Spawner as _, Supervisor as _, tokio};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{NZU32, NZUsize, channel::oneshot};
use ports::{Config, Handle, Host, Member, Network, StateMachine};
use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

/// How far the clocks of two nodes may be apart, and how old a handshake may be.
const CLOCK_SKEW: Duration = Duration::from_secs(5);
const HANDSHAKE_AGE: Duration = Duration::from_secs(10);
/// Sets of peers that stay connected: the present epoch's and its neighbours'.
const PEER_SETS: std::num::NonZeroUsize = NZUsize!(3);
/// The file by which the runtime holds its folder.
const HOLD: &str = ".hold";
/// The stack of the thread that joins the parts: their futures are large before they are spawned.
const STACK_BYTES: usize = 32 << 20;
/// How long the runtime may take to get hold of its folder.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long parts may take to end before they are cut off; what they promised is durable already.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

type Channels = [(discovery::Sender<PublicKey, tokio::Context>, discovery::Receiver<PublicKey>); channels::COUNT];

/// Starts an engine in a thread of its own and returns at once.
///
/// # Errors
/// When the configuration, the folder or the port cannot be used; each error says what to do.
pub fn start(
    config: Config,
    machine: Arc<dyn StateMachine>,
    member: Box<dyn Member>,
    host: Arc<dyn Host>,
) -> Result<Handle, StartError> {
    let setup = Setup::check(&config, machine)?;
    let p2p = network(&config, &setup)?;
    claim(&config.storage)?;
    listenable(&config.network)?;
    let (desk, clerk) = questions::desk();
    let (stop, stopped) = oneshot::channel();
    let (running, runs) = mpsc::sync_channel(1);
    let runtime =
        tokio::Config::new().with_worker_threads(config.threads.max(1)).with_storage_directory(config.storage.clone());
    let thread = thread::Builder::new()
        .name("engine".into())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            tokio::Runner::new(runtime).start(|root| {
                let _ = running.send(());
                node(root, setup, p2p, Crew { member, host }, clerk, stopped)
            });
        })
        .map_err(StartError::Thread)?;
    // From here on the folder is held: a second engine on it is told so.
    runs.recv_timeout(START_TIMEOUT).map_err(|_| StartError::Runtime(config.storage))?;
    let stop = Box::new(move || {
        let _ = stop.send(());
        if thread.join().is_err() {
            tracing::error!("the engine's thread had failed");
        }
    });
    Ok(Handle { engine: Arc::new(desk), stop })
}

/// Forgets the metrics when the runtime ends, so that nothing of it outlives its thread.
struct Reporting(Metrics);

impl Drop for Reporting {
    fn drop(&mut self) {
        self.0.lock().take();
    }
}

type P2p = discovery::Config<Cups<Sake<crate::chain::PrivateKey>, ChaCha20Poly1305>>;

async fn node(root: tokio::Context, setup: Setup, p2p: P2p, crew: Crew, clerk: Clerk, stopped: oneshot::Receiver<()>) {
    let reporting = Reporting(clerk.metrics.clone());
    let metrics = root.child("metrics");
    *reporting.0.lock() = Some(Box::new(move || metrics.encode()));
    let (mut network, oracle) = discovery::Network::new(root.child("network"), p2p);
    let channels: Channels = channels::quotas(&setup.pace).map(|(id, quota)| network.register(id, quota));
    let net = Net { manager: oracle.clone(), blocker: oracle, channels };
    let mut tasks = vec![network.start()];
    tasks.extend(Box::pin(wiring::start(&root, setup, "node".into(), crew, clerk, net)).await);
    select! {
        _ = stopped => tracing::info!("the engine stops"),
        ended = Task::select(tasks) => tracing::error!(?ended, "a part of the engine ended: the node stops"),
    }
    if let Err(error) = root.child("stop").stop(0, Some(STOP_TIMEOUT)).await {
        tracing::debug!(%error, "some parts were cut off");
    }
}

/// The configuration of the network.
fn network(config: &Config, setup: &Setup) -> Result<P2p, StartError> {
    let Network { listen, dialable, bootstrappers, allow_private, .. } = &config.network;
    let bootstrappers = bootstrappers
        .iter()
        .map(|(peer, address)| Ok((public_key("the list of bootstrappers", peer)?, (*address).into())))
        .collect::<Result<Vec<Bootstrapper<PublicKey>>, StartError>>()?;
    let handshake = Cups::new(
        Sake {
            signer: private_key(config.secret),
            synchrony_bound: CLOCK_SKEW,
            max_handshake_age: HANDSHAKE_AGE,
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let namespace = [setup.genesis.namespace, b"_P2P"].concat();
    let message_bytes_max = channels::message_bytes_max(setup.machine.body_bytes_max());
    let mut p2p = discovery::Config::recommended(
        handshake,
        &namespace,
        *listen,
        *dialable,
        bootstrappers,
        setup.peers_max(),
        message_bytes_max,
        NZUsize!(256),
    );
    p2p.tracked_peer_sets = PEER_SETS;
    if *allow_private {
        nearby(&mut p2p);
    }
    Ok(p2p)
}

/// Many nodes behind one address, which find each other at once.
fn nearby(p2p: &mut P2p) {
    p2p.allow_private_ips = true;
    p2p.peer_connection_cooldown = Duration::from_secs(1);
    p2p.allowed_handshake_rate_per_ip = Quota::per_second(NZU32!(128));
    p2p.allowed_handshake_rate_per_subnet = Quota::per_second(NZU32!(256));
    p2p.dial_frequency = Duration::from_millis(200);
    p2p.gossip_bit_vec_frequency = Duration::from_secs(5);
    p2p.block_duration = Duration::from_secs(60);
}

/// Makes sure that the folder can be written and nobody else holds it. The runtime would wait for ever.
fn claim(folder: &Path) -> Result<(), StartError> {
    let failed = |source| StartError::Storage { path: folder.into(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let file = File::options().write(true).create(true).truncate(false).open(folder.join(HOLD)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(StartError::Locked(folder.into())),
        Err(fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Makes sure that the port is free.
fn listenable(network: &Network) -> Result<(), StartError> {
    TcpListener::bind(network.listen).map(drop).map_err(|source| StartError::Listen { address: network.listen, source })
}
