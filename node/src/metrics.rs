//! What is served at `/metrics`: the list that the documentation is written from.

/// Something that is served at `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static str,
    /// What it says.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: "counter", labels, help }
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: "histogram", labels, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: "gauge", labels: "", help }
}

/// Everything that this node counts itself. Gauges of programs and of the breaker are served by provers alone.
pub const METRICS: &[Metric] = &[
    counter("lemma_refused_total", "what, code", "what was sent in and refused"),
    counter("lemma_events_total", "event", "what happened, as in /v1/events"),
    counter("lemma_http_responses_total", "status", "responses of the API"),
    counter("lemma_submitted_total", "", "transactions that users sent here"),
    counter("lemma_executed_total", "", "attempts that ran here"),
    counter("lemma_checked_total", "", "proofs that were checked here"),
    counter("lemma_overloaded_total", "", "requests of the replica beyond what the host takes on"),
    counter("lemma_undelivered_total", "", "answers that the engine did not take"),
    counter("lemma_blobs_fetched_bytes_total", "", "parts that came by APIs of others"),
    counter("lemma_blobs_served_bytes_total", "", "parts that others got by the API"),
    gauge("lemma_index_height", "the last block that lists and resumed streams are answered from"),
    gauge("lemma_index_lag", "blocks that this node applied and its index does not know yet"),
    gauge("lemma_blobs_bytes", "disk that the blob store takes"),
    counter("lemma_webhooks_told_total", "", "webhooks that were taken"),
    counter("lemma_webhooks_failed_total", "", "tries at webhooks that were not taken"),
    counter("lemma_webhooks_given_up_total", "", "webhooks that were never taken"),
    gauge("lemma_webhooks_waiting", "webhooks that wait to be taken"),
    gauge("lemma_attempts_running", "attempts that run"),
    gauge("lemma_attempts_waiting", "attempts that wait for room"),
    gauge("lemma_programs_cores", "cores that programs may take"),
    gauge("lemma_programs_cores_taken", "cores of the attempts that run"),
    gauge("lemma_programs_memory_bytes", "memory that programs may take"),
    gauge("lemma_programs_memory_taken_bytes", "memory of the attempts that run"),
    gauge("lemma_breaker_open", "1 while the prover takes no new workloads because it failed again and again"),
    gauge("lemma_breaker_failures", "failures of the prover in a row, of those that open the breaker"),
];

/// What the engine counts, as far as the dashboard and the alerts name it or an operator may want it. It serves some hundred more, for
/// those who look into it: each says what it is in its `# HELP` line.
pub const ENGINE_METRICS: &[Metric] = &[
    gauge("node_marshal_finalized_height", "the last block that is final"),
    gauge("node_marshal_processed_height", "the last block that this node applied"),
    gauge("node_consensus_latest_epoch", "the epoch that consensus is in"),
    histogram(
        "node_consensus_consensus_engine_voter_notarization_latency",
        "epoch",
        "seconds from a proposal to its notarization",
    ),
    histogram(
        "node_consensus_consensus_engine_voter_finalization_latency",
        "epoch",
        "seconds from a proposal to its finality",
    ),
    gauge("network_tracker_directory_tracked", "peers that the network knows"),
    counter("runtime_storage_syncs_total", "", "times that the disk was waited for"),
    counter("runtime_storage_write_bytes_total", "", "bytes that were written to disk"),
    counter("runtime_inbound_bandwidth_total", "", "bytes that came from peers"),
    counter("runtime_outbound_bandwidth_total", "", "bytes that went to peers"),
    gauge("runtime_process_rss", "memory of the node in bytes, without its programs"),
    gauge("runtime_tasks_running", "tasks of the engine that run or wait"),
];
