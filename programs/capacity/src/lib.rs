//! The built-in test of a prover's capacity: it had this much memory to compute in.
//!
//! The chain runs this program when a prover declares more than it has shown (rule 13). The statement is *"whoever made
//! this proof labelled a graph of `M` MiB"*, and a label depends on others that are far apart, so that who does not keep
//! them computes them again and again.
//!
//! | | bytes |
//! | --- | --- |
//! | statement input 0 | the [`Claim`], 52 bytes from the chain: workload id, then cpus, memory_mib, disk_mib, gpus, gpu_class as little-endian `u32` |
//! | arguments | none |
//! | proof | `M` roots of 32 bytes, a nonce of 8, then [`CHALLENGES`] openings of 2016: 387,080 + 32 `M` bytes |
//! | public values | none |
//!
//! `M` is `memory_mib`, at most 3072, less 32 for the program itself, and at least 1.
//!
//! # The graph
//!
//! Labels have 32 bytes: `n = 32768 M` of them. The keys `label`, `node`, `roots` and `seed` are BLAKE3's derived keys of
//! the contexts `lemma 1 capacity …`, for the claim as key material; `H` is BLAKE3 keyed with the one named.
//!
//! - `label(i) = H_label(i as u64, label(i - 1), label(a), label(b))`, where `a` and `b` are the first and the second eight
//!   bytes of `label(i - 1)`, modulo `i`. What is needed next is not known before. `label(0)` has zeros for all three.
//! - The labels of each MiB are the leaves of a binary tree, `H_node(left, right)`. The proof has the `M` roots.
//! - `seed = H_seed(H_roots(roots), nonce)` must begin with [`WORK_BITS`] zero bits. The extended output of BLAKE3 keyed
//!   with the seed gives eight bytes for each challenge: `i = 1 + bytes mod (n - 1)`.
//! - An opening has `label(i - 1)`, `label(a)`, `label(b)`, then the paths of `i`, `i - 1`, `a`, `b` to the roots, 15
//!   siblings each from the leaf up. The verifier computes `label(i)` itself.
//!
//! **Why labels are as short as a hash.** A label of 1 KiB that is the extended output of a hash is as good as the 64
//! bytes that it is extended from: a prover would keep those, a sixteenth. Nothing shorter than these 32 bytes gives the
//! label back. They also make every step three reads of a few bytes at unforeseeable places, which a disk is too slow for.
//!
//! # What a proof shows
//!
//! **Memory, by its cost.** To keep a fraction of the labels only is possible and costs hashes, each with its reads. By the
//! best strategy known to us (keep what would be dear to make again; simulated with 2¹⁸ labels):
//!
//! | labels kept | hashes, of an honest prover's |
//! | --- | --- |
//! | 59 % | 2.2 times |
//! | 51 % | 3.4 times |
//! | 46 % | 5.8 times |
//! | 41 % | 20 times |
//! | 39 % | 160 times |
//!
//! So the test's time is the other half of the proof. Where it is several times what an honest prover needs, count on half of
//! what was declared.
//!
//! **Most of the labels.** A prover that commits to labels of which a fraction `d` is not what it should be passes with
//! probability `(1 - d)^192`. It can try again with other roots, but each try costs 2²² hashes, as an honest prover's only
//! one does:
//!
//! | wrong | passes one try | hashes to pass |
//! | --- | --- | --- |
//! | 1 % | 15 % | 2²⁵ |
//! | 5 % | 2⁻¹⁴ | 2³⁶ |
//! | 10 % | 2⁻²⁹ | 2⁵¹ |
//! | 15 % | 2⁻⁴⁵ | 2⁶⁷ |
//! | 25 % | 2⁻⁸⁰ | 2¹⁰² |
//!
//! A wrong label need not be kept, and can be chosen so that the next are cheap: it is worth up to two missing ones in the
//! table above. A graphics processor does 2³⁶ hashes in the time of a test and not 2⁵¹.
//!
//! **What it does not show.**
//! - Cores, disk and graphics processors: nothing of them. They are in the claim, so that a proof is for one declaration.
//! - That the memory is still there afterwards, that it is the prover's own, or that it did not serve another test before.
//! - More than 3040 MiB: the module has 32 bits of addresses.
//! - That it was computed after the declaration. The claim is only as fresh as its first 32 bytes: a prover that knows them
//!   before its test begins has had all that time, and may have borrowed the memory.

mod challenge;
mod claim;
mod graph;
mod proof;
mod prover;
mod tree;
mod verifier;

pub use challenge::{CHALLENGES, WORK_BITS};
pub use claim::{CLAIM_BYTES, Claim};
pub use proof::proof_bytes;
pub use prover::prove;
pub use verifier::verify;

#[cfg(feature = "prover")]
program::prover!(prove);
#[cfg(feature = "verifier")]
program::verifier!(verify);
