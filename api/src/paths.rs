//! Where things are. `{id}` and `{height}` stand for what [`fill`] puts in.

/// The chain and this node.
pub const STATUS: &str = "/v1/status";
/// The genesis file.
pub const GENESIS: &str = "/v1/genesis";
/// The parameters in force.
pub const PARAMS: &str = "/v1/params";
/// Where transactions are sent, and those in blocks.
pub const TRANSACTIONS: &str = "/v1/transactions";
/// What became of a transaction.
pub const TRANSACTION: &str = "/v1/transactions/{id}";
/// Where blobs are sent.
pub const BLOBS: &str = "/v1/blobs";
/// A blob.
pub const BLOB: &str = "/v1/blobs/{id}";
/// Parts of a blob, each with the hashes that prove it.
pub const BLOB_PARTS: &str = "/v1/blobs/{id}/parts";
/// What a run would cost.
pub const QUOTE: &str = "/v1/quote";
/// All workloads.
pub const WORKLOADS: &str = "/v1/workloads";
/// A workload.
pub const WORKLOAD: &str = "/v1/workloads/{id}";
/// The proof of a workload.
pub const PROOF: &str = "/v1/workloads/{id}/proof";
/// The receipt of a workload.
pub const RECEIPT: &str = "/v1/workloads/{id}/receipt";
/// The log of an attempt at a workload.
pub const LOG: &str = "/v1/workloads/{id}/log";
/// What an attempt logs, as it runs.
pub const LOG_EVENTS: &str = "/v1/workloads/{id}/log/events";
/// All programs.
pub const PROGRAMS: &str = "/v1/programs";
/// A program.
pub const PROGRAM: &str = "/v1/programs/{id}";
/// All provers.
pub const PROVERS: &str = "/v1/provers";
/// A prover.
pub const PROVER: &str = "/v1/provers/{id}";
/// All validators.
pub const VALIDATORS: &str = "/v1/validators";
/// All accounts.
pub const ACCOUNTS: &str = "/v1/accounts";
/// An account.
pub const ACCOUNT: &str = "/v1/accounts/{id}";
/// How the money of an account moved.
pub const MOVEMENTS: &str = "/v1/accounts/{id}/movements";
/// All blocks.
pub const BLOCKS: &str = "/v1/blocks";
/// A block.
pub const BLOCK: &str = "/v1/blocks/{height}";
/// What happens, as it happens.
pub const EVENTS: &str = "/v1/events";
/// This description.
pub const OPENAPI: &str = "/openapi.json";
/// Whether the node is up.
pub const HEALTH: &str = "/health";
/// Whether the node can be relied on.
pub const READY: &str = "/ready";
/// Figures for Prometheus; for the operator.
pub const METRICS: &str = "/metrics";
/// What the node logs; for the operator.
pub const LOG_LEVEL: &str = "/operator/log";

/// The header with the id of a request: the caller's, or one that the node made.
pub const REQUEST_HEADER: &str = "x-request-id";

/// The header that says of a proof whether it was verified: `true` or `false`.
pub const VERIFIED_HEADER: &str = "lemma-verified";
/// The header that names the blob that was sent.
pub const BLOB_HEADER: &str = "lemma-blob";
/// The header that says how many bytes the blob has, where the body is another length.
pub const SIZE_HEADER: &str = "lemma-blob-size";
/// The header that says of a log whether its attempt still runs: `running` or `ended`.
pub const LOG_HEADER: &str = "lemma-log";

/// Parts of a blob that one answer holds at most.
pub const PARTS_AT_ONCE: u32 = 64;

/// Puts a value where a path has its parameter.
#[must_use]
pub fn fill(path: &str, value: &dyn std::fmt::Display) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(open), Some(close)) if open < close => format!("{}{value}{}", &path[..open], &path[close + 1..]),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_replaced_and_the_rest_stays() {
        assert_eq!(fill(PROOF, &7), "/v1/workloads/7/proof");
        assert_eq!(fill(BLOCK, &12), "/v1/blocks/12");
        assert_eq!(fill(STATUS, &12), STATUS);
    }
}
