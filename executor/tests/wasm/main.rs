//! Programs, well-behaved and hostile, through the executor.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set itself up fails")]

mod cache;
mod programs;
mod prover;
mod support;
mod verifier;
