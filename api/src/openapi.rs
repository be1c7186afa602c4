//! The OpenAPI 3.1 description: one line for each endpoint, schemas from the types.

mod endpoint;
mod parameter;

use crate::{self as api, genesis, paths, schema};
use endpoint::{Body, Endpoint, bytes, json, text};
use utoipa::OpenApi as _;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, path::HttpMethod};

/// The schemas of everything that is sent or answered.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    schema::Id,
    schema::Lem,
    schema::Hex,
    schema::Resources,
    schema::Tally,
    genesis::GenesisSchema,
    api::Problem,
    api::Status,
    api::Health,
    api::LogLevel,
    api::Submit,
    api::Submitted,
    api::TransactionStatus,
    api::Stored,
    api::QuoteRequest,
    api::Quote,
    api::Workloads,
    api::Programs,
    api::Accounts,
    api::Transactions,
    api::TransactionSummary,
    api::Workload,
    api::Program,
    api::Provers,
    api::ProverState,
    api::Prover,
    api::Account,
    api::Params,
    api::Validators,
    api::Movements,
    api::Blocks,
    api::Block,
    api::Event,
    api::LogEvent,
)))]
struct Schemas;

/// The description of the API.
#[must_use]
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Lemma node")
        .version("1")
        .description(Some(
            "A node of the Lemma network: send runs, follow their workloads, fetch proofs and receipts. \
             Problems are objects of RFC 9457 with a stable code, what became of the money, and a hint.",
        ))
        .build();
    let paths =
        endpoints().into_iter().fold(PathsBuilder::new(), |paths, endpoint| paths.path(endpoint.path, endpoint.item()));
    OpenApiBuilder::new().info(info).paths(paths).components(Schemas::openapi().components).build()
}

/// The description as it is served and committed.
#[must_use]
pub fn openapi_json() -> String {
    // Maps with string keys and plain values: it cannot fail to be written.
    openapi().to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

fn endpoints() -> Vec<Endpoint> {
    [chain(), transactions(), blobs(), workloads(), others(), operator()].into_iter().flatten().collect()
}

const GET: HttpMethod = HttpMethod::Get;
const POST: HttpMethod = HttpMethod::Post;

/// A list that is read page by page, newest first.
fn pages(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(GET, path, id, summary)
        .optional("limit", "at most this many; 20 unless told, 100 at most")
        .optional("cursor", "where to go on: what the page before gave as next")
}

fn list(path: &'static str, id: &str, summary: &str) -> Endpoint {
    pages(path, id, summary)
        .optional("from", "only those of this height and above")
        .optional("to", "only those of this height and below")
}

fn chain() -> Vec<Endpoint> {
    vec![
        Endpoint::new(GET, paths::STATUS, "status", "How the chain and this node fare").ok(json::<api::Status>()),
        Endpoint::new(GET, paths::GENESIS, "genesis", "The genesis file").ok(json::<genesis::GenesisSchema>()),
        Endpoint::new(GET, paths::PARAMS, "params", "The parameters in force, each with unit, default and bounds")
            .ok(json::<api::Params>()),
        list(paths::BLOCKS, "blocks", "Blocks, newest first")
            .optional("leader", "only those that this validator proposed")
            .ok(json::<api::Blocks>()),
        Endpoint::new(GET, paths::BLOCK, "block", "A final block")
            .with("height")
            .ok(json::<api::Block>())
            .errors(&[404]),
        Endpoint::new(
            GET,
            paths::EVENTS,
            "events",
            "What happens, as it happens: Server-Sent Events whose data is an Event; `Last-Event-ID` goes on after one, on any \
             node, or first says `gap` where not all that was missed is known",
        )
        .optional("workload", "only events of this workload")
        .optional("account", "only events of workloads that this account asked for")
        .optional("prover", "only events of attempts of this prover, and of what it did")
        .ok(Body::of::<api::Event>("text/event-stream", "a stream of events")),
    ]
}

fn transactions() -> Vec<Endpoint> {
    vec![
        Endpoint::new(
            POST,
            paths::TRANSACTIONS,
            "submit",
            "Sends a signed transaction: its canonical bytes, as such or in hex. One that is in a block may be sent again",
        )
        .takes(vec![bytes(), text(), json::<api::Submit>()])
        .answers(202, json::<api::Submitted>())
        .errors(&[402, 403, 409, 413, 415, 422, 503, 504]),
        list(paths::TRANSACTIONS, "transactions", "Transactions in blocks, newest first")
            .optional("account", "only those that this account signed")
            .optional("kind", "only those of this kind: run, transfer, deploy, cancel, bond, …")
            .ok(json::<api::Transactions>()),
        Endpoint::new(GET, paths::TRANSACTION, "transaction", "What became of a transaction")
            .with("id")
            .ok(json::<api::TransactionStatus>()),
    ]
}

fn blobs() -> Vec<Endpoint> {
    vec![
        Endpoint::new(POST, paths::BLOBS, "upload", "Stores a blob; its name is its BLAKE3 hash")
            .may_take(vec![bytes()])
            .answers(201, json::<api::Stored>())
            .errors(&[413, 507]),
        Endpoint::new(HttpMethod::Put, paths::BLOB, "upload_as", "Stores a blob under its name, and no other bytes")
            .with("id")
            .may_take(vec![bytes()])
            .answers(201, json::<api::Stored>())
            .errors(&[413, 422, 507]),
        Endpoint::new(GET, paths::BLOB, "blob", "A blob of this node's store; with `Range`, some of it (206)")
            .with("id")
            .ok(bytes())
            .errors(&[404, 416]),
        Endpoint::new(
            HttpMethod::Head,
            paths::BLOB,
            "blob_exists",
            "Whether a blob is in this node's store, and its size",
        )
        .with("id")
        .ok(Body::none("it is there"))
        .errors(&[404]),
        Endpoint::new(
            GET,
            paths::BLOB_PARTS,
            "blob_parts",
            "Parts of a blob: for each its length in four bytes, the least first, then its bytes with the hashes that prove them",
        )
        .with("id")
        .needs("first", "the first part, counted from 0; a part has 256 KiB")
        .needs("count", "how many, 64 at most")
        .ok(bytes())
        .errors(&[400, 404]),
    ]
}

fn workloads() -> Vec<Endpoint> {
    vec![
        Endpoint::new(POST, paths::QUOTE, "quote", "What a run would cost, and where its money would go")
            .takes(vec![json::<api::QuoteRequest>()])
            .ok(json::<api::Quote>())
            .errors(&[404, 413, 415, 422]),
        list(paths::WORKLOADS, "workloads", "Workloads, newest first; before them those that wait in this node's mempool")
            .optional("account", "only those that this account asked for")
            .optional("program", "only those of this program")
            .optional("state", "only those in this state")
            .optional("prover", "only those whose last attempt is this prover's")
            .ok(json::<api::Workloads>()),
        Endpoint::new(GET, paths::WORKLOAD, "workload", "A workload with its timeline")
            .with("id")
            .ok(json::<api::Workload>())
            .errors(&[404]),
        Endpoint::new(
            GET,
            paths::PROOF,
            "proof",
            "The proof of a workload; lemma-verified says whether it is verified",
        )
        .with("id")
        .optional("part", "proof (unless told), public, or bundle")
        .optional("unverified", "true: as soon as there is one")
        .ok(bytes())
        .errors(&[404, 409]),
        Endpoint::new(GET, paths::RECEIPT, "receipt", "The receipt of a workload that has ended")
            .with("id")
            .ok(bytes())
            .errors(&[404, 409]),
        Endpoint::new(GET, paths::LOG, "log", "What a prover's program logged; lemma-log says whether it still runs")
            .with("id")
            .optional("attempt", "counted from 1; the last unless told")
            .ok(bytes())
            .errors(&[404]),
        Endpoint::new(
            GET,
            paths::LOG_EVENTS,
            "log_events",
            "What an attempt logs, as it runs: Server-Sent Events whose data is a LogEvent; `Last-Event-ID` goes on after one. \
             Only the node of the attempt's prover has them; others name its address",
        )
        .with("id")
        .optional("attempt", "counted from 1; the last unless told")
        .ok(Body::of::<api::LogEvent>("text/event-stream", "a stream of a log"))
        .errors(&[404]),
    ]
}

fn others() -> Vec<Endpoint> {
    vec![
        list(paths::PROGRAMS, "programs", "Programs, the last deployed first")
            .optional("account", "only those that this account deployed first")
            .ok(json::<api::Programs>()),
        Endpoint::new(GET, paths::PROGRAM, "program", "A program").with("id").ok(json::<api::Program>()).errors(&[404]),
        pages(paths::PROVERS, "provers", "Provers, by account")
            .optional("state", "only those in this state: jailed, draining, tested, active or waiting")
            .ok(json::<api::Provers>()),
        Endpoint::new(GET, paths::PROVER, "prover", "A prover").with("id").ok(json::<api::Prover>()).errors(&[404]),
        Endpoint::new(GET, paths::VALIDATORS, "validators", "All validators: bonds, seats and votes")
            .ok(json::<api::Validators>()),
        list(paths::ACCOUNTS, "accounts", "Accounts, the last that were first heard of first")
            .ok(json::<api::Accounts>()),
        Endpoint::new(GET, paths::ACCOUNT, "account", "An account").with("id").ok(json::<api::Account>()),
        list(paths::MOVEMENTS, "movements", "How the money of an account moved, newest first")
            .with("id")
            .optional("cause", "only those of this cause")
            .ok(json::<api::Movements>()),
        Endpoint::new(GET, paths::OPENAPI, "openapi", "This description")
            .ok(Body::plain("application/json", "OpenAPI 3.1")),
        Endpoint::new(GET, paths::HEALTH, "health", "Whether the node is up; 503 when its engine is dead")
            .ok(json::<api::Health>()),
        Endpoint::new(
            GET,
            paths::READY,
            "ready",
            "Whether the node can be relied on; 503 names everything that is amiss",
        )
        .ok(json::<api::Health>()),
    ]
}

/// For the operator alone.
fn operator() -> Vec<Endpoint> {
    let own = |method, path, id: &str, summary: &str| Endpoint::new(method, path, id, summary).errors(&[401, 403, 404]);
    vec![
        own(GET, paths::METRICS, "metrics", "Figures for Prometheus; for the operator").ok(text()),
        own(GET, paths::LOG_LEVEL, "log_level", "What the node logs; for the operator").ok(json::<api::LogLevel>()),
        own(HttpMethod::Put, paths::LOG_LEVEL, "set_log_level", "Changes what the node logs; for the operator")
            .takes(vec![json::<api::LogLevel>()])
            .ok(json::<api::LogLevel>())
            .errors(&[413, 415, 422]),
    ]
}
