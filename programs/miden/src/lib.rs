//! Miden VM, a STARK: programs that are text, proved and checked as they are.
//!
//! A program for this program is a source in Miden assembly. The statement is *"the program with this hash, started
//! with these numbers on its stack, ends with those"*; the proof is Miden VM's own (0.23), without a trusted set-up.
//!
//! | input | role | |
//! | --- | --- | --- |
//! | 0 | statement | the program's hash: 32 bytes, the root of its syntax tree ([`program_hash`] computes it) |
//! | 1 | statement | the stack at the start: JSON, `{"operand_stack": ["20"]}`, the top first, at most 16 numbers |
//! | 2 | witness | the source |
//! | 3 | witness | may be absent: what the program reads besides its stack ([`Advice`]), JSON |
//!
//! Public values are the stack at the end: 16 little-endian `u64` below the field's order, the top first.
//!
//! The hash binds what was computed: it commits to every instruction, and to the library procedures that are called. It
//! takes the place of the source in the statement because verifiers would have to assemble the source to know what it
//! says, at twenty times the cost of checking a proof. Programs have no kernel.
//!
//! # What a proof is worth
//!
//! The parameters are constants of the verifier, not of the proof: BLAKE3, a field of 64 bits with extension of degree 4,
//! 27 queries at blow-up 8 and 16 bits of work. Miden puts that at 96 bits, by the usual conjecture on codes; what is
//! proven without conjecture is about half. **A proof is not zero-knowledge**: it reveals some values of the execution.
//! Do not rely on it to hide a witness.
//!
//! Precompiles (Keccak-256, SHA-512, ECDSA, EdDSA in the core library) leave work to the verifier that this one does not
//! do: the prover refuses programs that use them.

mod claim;
#[cfg(feature = "prover")]
mod prover;
mod transcript;
mod verifier;

pub use claim::{Claim, OUTPUT_BYTES, decode_outputs, encode_outputs};
#[cfg(feature = "prover")]
pub use prover::{Advice, program_hash, prove};
pub use verifier::{SECURITY_BITS_MIN, verify};

// A build for WebAssembly has one of the two; natively both are checked.
#[cfg(any(feature = "verifier", not(target_family = "wasm")))]
program::verifier!(verify);
#[cfg(all(feature = "prover", not(feature = "verifier")))]
program::prover!(prove);
