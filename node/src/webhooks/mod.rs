//! Completion webhooks: when a workload has ended, and that is final, the operator's own services are told (`api::Webhook`).
//!
//! | file | what it does |
//! | --- | --- |
//! | `follow` | reads out of the state which workloads ended, block by block, without a gap over a restart |
//! | `journal` | what was read and what waits to be told, on disk |
//! | `deliver` | tells one endpoint, again and again until it says yes |
//!
//! A message is told at least once. It has one name however often it is told, and is told twice only where this node died, or
//! the connection broke, between the receiver's yes and the note of it.

mod deliver;
mod follow;
mod journal;

use crate::{
    config::Endpoint as Declared,
    counters::Counters,
    error::NodeError,
    host::Host,
    keys::{self, KeyError},
};
use api::WebhookSecret;
use deliver::Courier;
use journal::{Entry, Journal};
use ports::Engine;
use reqwest::Url;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};
use types::{AccountId, ChainId, ProgramId, Workload, workload::Kind};

/// How long to wait for a connection, and for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How often an endpoint that fails is told again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After the first failure; twice as long after each further one.
    pub first: Duration,
    /// At most so long.
    pub most: Duration,
    /// How long after its end a workload is told of.
    pub give_up: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            most: Duration::from_secs(60 * 60),
            give_up: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// Whom to tell, and of what.
#[derive(Debug)]
struct Endpoint {
    url: Url,
    http: reqwest::Client,
    secret: WebhookSecret,
    accounts: Vec<AccountId>,
    programs: Vec<ProgramId>,
}

impl Endpoint {
    fn read(declared: &Declared) -> Result<Self, NodeError> {
        let url = Url::parse(&declared.url);
        // The rest of it may hold what is nobody's business.
        let host = url.as_ref().map_or_else(|_| "no address".to_owned(), |url| url.origin().ascii_serialization());
        let wrong = |reason: String| NodeError::Webhook { host: host.clone(), reason };
        let url = url.map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("it is told by https or http".to_owned()));
        }
        let http = client(declared.ca.as_deref()).map_err(wrong)?;
        let expected = "a webhook's secret: whsec_ and 24 to 64 bytes in base64";
        let content = || KeyError::Content { path: declared.secret.clone(), expected };
        let secret = WebhookSecret::parse(&keys::read_text(&declared.secret)?).ok_or_else(content)?;
        Ok(Self { url, http, secret, accounts: declared.accounts.clone(), programs: declared.programs.clone() })
    }

    /// Whether it is told of a workload's end. Nobody is told of the chain's own tests.
    fn wants(&self, record: &Workload) -> bool {
        let account = self.accounts.is_empty() || self.accounts.contains(&record.sender);
        let program = self.programs.is_empty() || self.programs.contains(&record.run.program);
        record.kind == Kind::Run && account && program
    }

    fn name(&self) -> String {
        self.url.to_string()
    }
}

/// Everything that tells, before it begins to.
#[derive(Debug)]
pub struct Webhooks {
    endpoints: Vec<Arc<Endpoint>>,
    journal: Arc<Mutex<Journal>>,
    pace: Pace,
}

impl Webhooks {
    /// Reads secrets, and the journal in `folder`. None where nobody is to be told.
    ///
    /// # Errors
    /// When a secret or the journal cannot be read, or an address is none.
    pub fn open(declared: &[Declared], folder: &Path, pace: Pace) -> Result<Option<Self>, NodeError> {
        if declared.is_empty() {
            return Ok(None);
        }
        let endpoints: Vec<Arc<Endpoint>> =
            declared.iter().map(|it| Endpoint::read(it).map(Arc::new)).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        if let Some(twice) = endpoints.iter().find(|endpoint| !names.insert(endpoint.name())) {
            let reason = "it stands there twice: what waits for it is kept under its address".to_owned();
            return Err(NodeError::Webhook { host: twice.url.origin().ascii_serialization(), reason });
        }
        let path: PathBuf = folder.join("webhooks.jsonl");
        let journal = Journal::open(&path, names).map_err(|source| NodeError::Folder { path, source })?;
        Ok(Some(Self { endpoints, journal: Arc::new(Mutex::new(journal)), pace }))
    }

    /// Tells of every workload that ends from now on, or since the journal ended, until the event stream of the host ends. What is
    /// being told then is told to its end.
    pub fn follow(self, engine: Arc<dyn Engine>, chain: ChainId, host: &Host) -> impl Future<Output = ()> + use<> {
        let mut couriers = JoinSet::new();
        let told = self.endpoints.iter().map(|endpoint| {
            let (sender, incoming) = mpsc::unbounded_channel();
            couriers.spawn(self.courier(endpoint, host.0.counters.clone()).run(incoming));
            (endpoint.clone(), sender)
        });
        let told: Vec<(Arc<Endpoint>, mpsc::UnboundedSender<Entry>)> = told.collect();
        let reader = follow::Reader::new(engine, chain, host.0.clone(), self.journal.clone(), told);
        async move {
            reader.run().await;
            while couriers.join_next().await.is_some() {}
        }
    }

    fn courier(&self, endpoint: &Arc<Endpoint>, counters: Arc<Counters>) -> Courier {
        let waiting = locked(&self.journal).waiting(&endpoint.name());
        Courier::new(endpoint.clone(), waiting, self.journal.clone(), self.pace, counters)
    }
}

/// What requests are made with; `ca` are certificates to trust instead of the system's.
fn client(ca: Option<&Path>) -> Result<reqwest::Client, String> {
    // An error means that the process has chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let http = http.connect_timeout(CONNECT_TIMEOUT).timeout(ANSWER_TIMEOUT).user_agent("lemma");
    let http = match ca {
        Some(path) => http.tls_certs_only(trusted(path).map_err(|why| format!("{}: {why}", path.display()))?),
        None => http,
    };
    http.build().map_err(|error| error.to_string())
}

fn trusted(path: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("there is no certificate in PEM in it".to_owned());
    }
    Ok(certificates)
}

fn locked(journal: &Mutex<Journal>) -> std::sync::MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes to the journal where one may block.
async fn write<T: Send + 'static>(
    journal: &Arc<Mutex<Journal>>,
    what: impl FnOnce(&mut Journal) -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let journal = journal.clone();
    let written = tokio::task::spawn_blocking(move || what(&mut locked(&journal))).await;
    written.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}
