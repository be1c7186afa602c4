//! A whole node, alone in its network.

mod alone;
mod metrics;
mod stopping;
