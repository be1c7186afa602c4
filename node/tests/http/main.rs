//! The HTTP API against a fake engine: every endpoint, what it answers and what it refuses.

mod blobs;
mod breaker;
mod chain;
mod events;
mod explorer;
mod fake;
mod fetching;
mod limits;
mod logs;
mod members;
mod quotas;
mod records;
mod transactions;
mod webhooks;
mod workloads;
