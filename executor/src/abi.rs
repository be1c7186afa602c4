//! The names and numbers a WebAssembly program and its host agree on.
//!
//! **Verifier.** No imports at all. Exports `memory`, `alloc(len: i32) -> i32` and `verify(ptr: i32, len: i32) -> i32`:
//! 1 is valid, anything else invalid.
//!
//! **Prover.** Exports `memory`, `alloc` and `prove(ptr: i32, len: i32) -> i32`: 0 is success, anything else is a
//! failure with that code. It may import from module `lemma`:
//!
//! | import | meaning |
//! | --- | --- |
//! | `log(ptr: i32, len: i32)` | append a line to the log, with its end where it lacks one; beyond the limit the middle of the log is dropped |
//! | `progress(permille: i32)` | how far it is; only growing values are passed on |
//! | `random(ptr: i32, len: i32)` | fill with random bytes |
//! | `output(kind: i32, ptr: i32, len: i32)` | append to the proof (kind 0) or to the public values (kind 1) |
//!
//! **Calling.** The host calls `alloc` once with the length of the input, checks that the answer is not null and lies
//! within `memory`, writes the input there and calls the entry with the same pointer and length. Lengths and pointers
//! are unsigned 32-bit numbers in an `i32`. Input layout: [`Sections`](crate::Sections).
//!
//! A pointer that leaves the memory ends the program as a trap, in both directions.

/// Name of the exported linear memory.
pub const MEMORY: &str = "memory";
/// Name of the exported allocation function, `(len) -> ptr`.
pub const ALLOC: &str = "alloc";
/// Name of a verifier's entry, `(ptr, len) -> i32`.
pub const VERIFY: &str = "verify";
/// Name of a prover's entry, `(ptr, len) -> i32`.
pub const PROVE: &str = "prove";

/// What `verify` returns for a valid proof.
pub const VALID: i32 = 1;
/// What `prove` returns when it made a proof.
pub const SUCCESS: i32 = 0;

/// Module name of the functions a prover may import.
pub const HOST_MODULE: &str = "lemma";
/// `log(ptr, len)`.
pub const LOG: &str = "log";
/// `progress(permille)`.
pub const PROGRESS: &str = "progress";
/// `random(ptr, len)`.
pub const RANDOM: &str = "random";
/// `output(kind, ptr, len)`.
pub const OUTPUT: &str = "output";

/// First argument of `output` for bytes of the proof.
pub const OUTPUT_PROOF: i32 = 0;
/// First argument of `output` for bytes of the public values.
pub const OUTPUT_PUBLIC: i32 = 1;
