//! The HTTP API: what it answers is what the engine, the replica and the blob store say, in the words of `api`.
//!
//! Bounds hold before anything is read: connections, requests, streams and uploads at once (`limits`, `connection`), bytes
//! of headers and bodies, time; and what one address may do (`quota`). Nothing here makes the engine wait.

mod blobs;
mod blocks;
mod chain;
mod connection;
mod events;
mod explorer;
mod extract;
mod failure;
mod limits;
mod linger;
mod logs;
mod money;
mod parts;
mod quota;
mod quote;
mod ranges;
mod records;
mod results;
mod transactions;
mod validators;
mod waiting;
mod workloads;

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
use std::{future::Future, sync::Arc};
use tokio::{net::TcpListener, sync::Semaphore};
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
        }
    }
}

/// Serves the API on `listener` until `shutdown` is ready and the requests under way are answered.
pub async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    connections_max: usize,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let listener = connection::Bounded::new(listener, connections_max, gateway.quotas.clone());
    let service = router(Arc::new(gateway)).into_make_service_with_connect_info::<Caller>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
    if let Err(error) = served {
        tracing::error!(%error, "the API has failed");
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    let quick =
        Router::new().merge(chain_routes()).merge(work_routes()).route_layer(middleware::from_fn(limits::deadline));
    // Bodies of these may take long; they bound themselves.
    let long = Router::new()
        .route(paths::BLOBS, post(blobs::upload))
        .route(paths::BLOB, get(blobs::download).put(blobs::upload_as))
        .route(paths::BLOB_PARTS, get(parts::parts))
        .route(paths::EVENTS, get(events::stream))
        .route(paths::LOG_EVENTS, get(logs::follow));
    quick
        .merge(long)
        .merge(page_routes())
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method)
        .layer(middleware::from_fn_with_state(gateway.clone(), limits::admit))
        .layer(middleware::from_fn(linger::linger))
        .with_state(gateway)
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
        .route(paths::HEALTH, get(chain::health))
        .route(paths::METRICS, get(chain::metrics))
        .route(paths::OPENAPI, get(chain::openapi))
        .route(paths::BLOCKS, get(blocks::latest))
        .route(paths::BLOCK, get(blocks::one))
        .route(paths::PROGRAM, get(records::program))
        .route(paths::PROVERS, get(records::provers))
        .route(paths::PROVER, get(records::prover))
        .route(paths::VALIDATORS, get(validators::all))
        .route(paths::ACCOUNT, get(records::account))
        .route(paths::MOVEMENTS, get(money::movements))
}

fn work_routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route(paths::TRANSACTIONS, post(transactions::submit))
        .route(paths::TRANSACTION, get(transactions::one))
        .route(paths::QUOTE, post(quote::quote))
        .route(paths::WORKLOADS, get(workloads::latest))
        .route(paths::WORKLOAD, get(workloads::one))
        .route(paths::PROOF, get(results::proof))
        .route(paths::RECEIPT, get(results::receipt))
        .route(paths::LOG, get(logs::log))
}
