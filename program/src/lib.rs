//! The SDK that authors of Lemma programs link: one source, a prover and a verifier.
//!
//! A program is a pair of functions. [`prover!`] and [`verifier!`] turn them into the exports that the network calls
//! in WebAssembly; natively the macros only check the types, and the functions are called like any others:
//!
//! ```
//! use program::{Error, Job, Output, Statement, rehearsal::Rehearsal};
//!
//! /// "I know a number whose square is this one."
//! fn prove(job: &Job<'_>) -> Result<Output, Error> {
//!     let [square, root] = job.inputs() else { return Err(Error::new("inputs: a square, its root")) };
//!     job.log("checking the root");
//!     if !is_root(square, root) {
//!         return Err(Error::new("not its root"));
//!     }
//!     Ok(Output { proof: root.to_vec(), public_values: Vec::new() })
//! }
//!
//! fn verify(statement: &Statement<'_>, proof: &[u8], public_values: &[u8]) -> bool {
//!     let [square] = statement.inputs() else { return false };
//!     public_values.is_empty() && is_root(square, proof)
//! }
//!
//! fn is_root(square: &[u8], root: &[u8]) -> bool {
//!     let (Ok(square), Ok(root)) = (<[u8; 8]>::try_from(square), <[u8; 4]>::try_from(root)) else { return false };
//!     u64::from_le_bytes(square) == u64::from(u32::from_le_bytes(root)).pow(2)
//! }
//!
//! program::prover!(prove);
//! program::verifier!(verify);
//!
//! let (square, root) = (49u64.to_le_bytes(), 7u32.to_le_bytes());
//! let output = Rehearsal::new(1).prove(prove, b"", &[&square, &root]).unwrap();
//! assert!(program::rehearsal::verify(verify, &output, &[&square]));
//! assert!(!program::rehearsal::verify(verify, &output, &[&50u64.to_le_bytes()]));
//! ```
//!
//! (The proof above is the root itself: enough to show the shapes. `programs/groth16-poseidon` is a real one.)
//!
//! # The contract
//!
//! Both artifacts are modules for `wasm32-unknown-unknown` that export `memory` and `alloc(len: i32) -> i32`. The host
//! calls `alloc` once for the whole input, writes it there and calls `verify(ptr, len) -> i32` (1 = valid, anything
//! else invalid) or `prove(ptr, len) -> i32` (0 = success, anything else a fail). A verifier imports nothing. A prover
//! imports, from the module `lemma`, what it uses of `log(ptr, len)`, `progress(permille)`, `random(ptr, len)` and
//! `output(kind, ptr, len)` (kind 0 appends to the proof, 1 to the public values).
//!
//! The input is a row of [`section`]s. Prover: the arguments, then all inputs in the order of the run, statement and
//! witness alike. Verifier: proof, public values, then the inputs marked as statement, in the order of the run.
//!
//! A prover may also be a static executable for `linux-x86_64`: `native` (feature `std`) has that contract, and the one
//! line of `main` that makes a program of the same `prove`.
//!
//! # What an author owes the network
//!
//! - `verify` is the only judge, and every prover runs it: it must accept one statement for one input. Check every
//!   length and that every number is canonical: a public input shifted by the field's order is another statement.
//! - `verify` must be a function of its arguments. The sandbox meters it by fuel and takes a panic for *invalid*.
//! - `prove` may use randomness from [`Job::random`] only, and says what it does by [`Job::log`] and
//!   [`Job::progress`].
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

mod error;
mod job;
#[cfg(all(any(feature = "std", test), unix))]
pub mod native;
pub mod rehearsal;
pub mod section;
mod statement;
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "only WebAssembly calls it from outside its tests"))]
#[doc(hidden)]
pub mod wasm;

pub use error::Error;
pub use job::{Host, Job, Limits, Output};
pub use statement::Statement;

/// What [`prover!`] takes: makes a proof, or says why not.
pub type Prove = fn(&Job<'_>) -> Result<Output, Error>;

/// What [`verifier!`] takes, with statement, proof and public values: whether this proof proves this statement.
pub type Verify = fn(&Statement<'_>, &[u8], &[u8]) -> bool;

/// Exports a [`Prove`] function (or a closure without captures) as the prover of a program.
#[macro_export]
macro_rules! prover {
    ($prove:expr) => {
        const _: () = {
            const PROVE: $crate::Prove = $prove;
            #[cfg(target_family = "wasm")]
            #[unsafe(export_name = "prove")]
            extern "C" fn lemma_prove(ptr: i32, len: i32) -> i32 {
                $crate::wasm::prove(PROVE, ptr, len)
            }
        };
        $crate::__export_alloc!();
    };
}

/// Exports a [`Verify`] function (or a closure without captures) as the verifier of a program.
#[macro_export]
macro_rules! verifier {
    ($verify:expr) => {
        const _: () = {
            const VERIFY: $crate::Verify = $verify;
            #[cfg(target_family = "wasm")]
            #[unsafe(export_name = "verify")]
            extern "C" fn lemma_verify(ptr: i32, len: i32) -> i32 {
                $crate::wasm::verify(VERIFY, ptr, len)
            }
        };
        $crate::__export_alloc!();
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_alloc {
    () => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            #[unsafe(export_name = "alloc")]
            extern "C" fn lemma_alloc(len: i32) -> i32 {
                $crate::wasm::alloc(len)
            }
        };
    };
}
