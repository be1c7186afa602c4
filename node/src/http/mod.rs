//! The HTTP API: what it answers is what the engine, the replica and the blob store say, in the words of `api`.
//!
//! Bounds hold before anything is read: connections, requests, streams and uploads at once (`limits`, `connection`), bytes
//! of headers and bodies, time; and what one address may do (`quota`). Nothing here makes the engine wait.

mod blobs;
mod blocks;
mod chain;
mod connection;
mod cors;
mod events;
mod explorer;
mod extract;
mod failure;
mod ids;
mod limits;
mod linger;
mod lists;
mod logs;
mod money;
mod operator;
mod parts;
mod quota;
mod quote;
mod ranges;
mod ready;
mod records;
mod results;
mod stream;
mod tls;
mod transactions;
mod validators;
mod waiting;
mod workloads;

pub use operator::{LogControl, Operator};
pub use tls::{Certificate, TlsError};

use crate::{
    config,
    host::{Desk, Host},
    state::State,
};
use api::paths;
use axum::{
    Router, middleware,
    routing::{get, post},
};
use ports::Engine;
use quota::{Caller, Quotas};
use rustls::ServerConfig;
use std::{future::Future, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use types::{AccountId, ChainId, Genesis, genesis::PeerId};

/// What requests are answered from.
pub struct Gateway {
    state: State,
    desk: Arc<Desk>,
    genesis: Arc<Genesis>,
    chain: ChainId,
    me: PeerId,
    prover: Option<AccountId>,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    serving: Arc<Semaphore>,
    quotas: Arc<Quotas>,
    cors: config::Cors,
    operator: Operator,
}

/// How a function that answers a request gets at the gateway.
type Asked = axum::extract::State<Arc<Gateway>>;

impl Gateway {
    /// A gateway to an engine and a host.
    #[must_use]
    pub fn new(
        engine: Arc<dyn Engine>,
        host: &Host,
        genesis: Arc<Genesis>,
        me: PeerId,
        prover: Option<AccountId>,
        limits: &config::Http,
    ) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            state: State(engine),
            desk: host.0.clone(),
            chain: genesis.chain(),
            genesis,
            me,
            prover,
            requests: semaphore(limits.requests_max),
            streams: semaphore(limits.streams_max),
            uploads: semaphore(limits.uploads_max),
            serving: semaphore(limits.serving_max),
            quotas: Arc::new(Quotas::new(limits)),
            cors: limits.cors.clone(),
            operator: Operator::default(),
        }
    }

    /// The same, with what only the operator may ask.
    #[must_use]
    pub fn operated(self, operator: Operator) -> Self {
        Self { operator, ..self }
    }
}

/// Serves the API on `listener` until `shutdown` is ready and the requests under way are answered; through TLS with `tls`.
pub async fn serve(
    listener: TcpListener,
    gateway: impl Into<Arc<Gateway>>,
    connections_max: usize,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let gateway = gateway.into();
    let bounded = connection::Bounded::new(listener, connections_max, gateway.quotas.clone());
    let listener = match tls {
        Some(tls) => bounded.through(tls),
        None => bounded,
    };
    serve_on(listener, router(gateway), shutdown).await;
}

/// Serves what only the operator may ask, and nothing else.
pub async fn serve_operator(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    connections_max: usize,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let listener = connection::Bounded::new(listener, connections_max, gateway.quotas.clone());
    let routes = operator_routes(&gateway).merge(state_routes());
    serve_on(listener, layered(routes, gateway), shutdown).await;
}

async fn serve_on(listener: connection::Bounded, router: Router, shutdown: impl Future<Output = ()> + Send + 'static) {
    let service = router.into_make_service_with_connect_info::<Caller>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
    if let Err(error) = served {
        tracing::error!(%error, "the API has failed");
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    let quick =
        state_routes().merge(chain_routes()).merge(work_routes()).route_layer(middleware::from_fn(limits::deadline));
    // Bodies of these may take long; they bound themselves.
    let long = Router::new()
        .route(paths::BLOBS, post(blobs::upload))
        .route(paths::BLOB, get(blobs::download).put(blobs::upload_as))
        .route(paths::BLOB_PARTS, get(parts::parts))
        .route(paths::EVENTS, get(events::stream))
        .route(paths::LOG_EVENTS, get(logs::follow));
    let own = if gateway.operator.here { operator_routes(&gateway) } else { closed_routes() };
    layered(quick.merge(long).merge(page_routes()).merge(own), gateway)
}

/// With what holds for every request.
fn layered(routes: Router<Arc<Gateway>>, gateway: Arc<Gateway>) -> Router {
    routes
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method)
        .layer(middleware::from_fn(cors::preflight))
        .layer(middleware::from_fn_with_state(gateway.clone(), limits::admit))
        .layer(middleware::from_fn(linger::linger))
        .layer(middleware::from_fn_with_state(gateway.clone(), cors::allow))
        .layer(middleware::from_fn(ids::identify))
        .with_state(gateway)
}

/// What the operator alone may ask.
fn operator_routes(gateway: &Arc<Gateway>) -> Router<Arc<Gateway>> {
    Router::new()
        .route(paths::METRICS, get(chain::metrics))
        .route(paths::LOG_LEVEL, get(operator::log_level).put(operator::set_log_level))
        .route_layer(middleware::from_fn_with_state(gateway.clone(), operator::guard))
        .route_layer(middleware::from_fn(limits::deadline))
}

/// The same paths where it is not served.
fn closed_routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route(paths::METRICS, get(operator::elsewhere))
        .route(paths::LOG_LEVEL, get(operator::elsewhere).put(operator::elsewhere))
}

/// Whether the node is well.
fn state_routes() -> Router<Arc<Gateway>> {
    Router::new().route(paths::HEALTH, get(ready::health)).route(paths::READY, get(ready::ready))
}

fn page_routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/", get(explorer::enter))
        .route(explorer::BARE, get(explorer::enter))
        .route(explorer::HOME, get(explorer::home))
        .route(explorer::FILE, get(explorer::file))
}

fn chain_routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route(paths::STATUS, get(chain::status))
        .route(paths::GENESIS, get(chain::genesis))
        .route(paths::PARAMS, get(chain::params))
        .route(paths::OPENAPI, get(chain::openapi))
        .route(paths::BLOCKS, get(blocks::all))
        .route(paths::BLOCK, get(blocks::one))
        .route(paths::PROGRAMS, get(records::programs))
        .route(paths::PROGRAM, get(records::program))
        .route(paths::PROVERS, get(records::provers))
        .route(paths::PROVER, get(records::prover))
        .route(paths::VALIDATORS, get(validators::all))
        .route(paths::ACCOUNTS, get(records::accounts))
        .route(paths::ACCOUNT, get(records::account))
        .route(paths::MOVEMENTS, get(money::movements))
}

fn work_routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route(paths::TRANSACTIONS, get(transactions::all).post(transactions::submit))
        .route(paths::TRANSACTION, get(transactions::one))
        .route(paths::QUOTE, post(quote::quote))
        .route(paths::WORKLOADS, get(workloads::all))
        .route(paths::WORKLOAD, get(workloads::one))
        .route(paths::PROOF, get(results::proof))
        .route(paths::RECEIPT, get(results::receipt))
        .route(paths::LOG, get(logs::log))
}
