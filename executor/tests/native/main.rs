//! Native programs, well-behaved and hostile, through the sandbox of this machine.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set itself up fails")]

mod images;
mod killed;
mod lab;
mod layouts;
mod packing;
mod probes;
mod programs;
mod support;
