//! The HTTP API against a fake engine: every endpoint, what it answers and what it refuses.

mod blobs;
mod breaker;
mod chain;
mod events;
mod explorer;
mod fake;
mod fetching;
mod index;
mod limits;
mod logs;
mod manners;
mod members;
mod operator;
mod quotas;
mod records;
mod tls;
mod transactions;
mod webhooks;
mod workloads;
