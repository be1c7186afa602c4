//! Checks receipts offline: the portable evidence that a workload ended the way it did (rule 15).
//!
//! The chain of evidence, each link checked against the one before:
//!
//! ```text
//! group key ──▶ finalization certificate ──▶ header ──▶ state root ──▶ workload record
//!     │                                                     ├────────▶ draw ──▶ beacon, candidates ──▶ this prover won
//!     └────────────────── beacon of the draw ◀──────────────┤
//!                                                           └────────▶ verdict set ──▶ certificate of valid ──▶ proof
//! ```
//!
//! **What the 96-byte key binds.** Everything in [`Checked`]: the validators that hold the key finalized a block whose state says
//! so. A test of a prover's capacity has no draw: its one attempt is that of the prover that it tests. The chain id comes from
//! the receipt, but consensus signs under it: a receipt holds for that chain id and no other.
//!
//! **What it does not bind** ([`NOT_BOUND`]): that this key is that of the network you mean (get it from a source that you trust);
//! how the key was made (a key that one party dealt is as good as that party's word); that the program or a key in its
//! statement means what its name says; the time by other clocks than the chain's.
//!
//! | file | what it decides |
//! | --- | --- |
//! | `format` | the file |
//! | `anchor` | group key → header → state root → values: what lies in the state of a final block |
//! | `check` | whether those values, taken together, show how the workload ended |
//! | `checked` | what was shown, for people |
//! | `finality`, `state_proof` | the two checks that know how consensus and storage encode |
//!
//! No networking and no node code: it compiles to WebAssembly.
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod anchor;
mod check;
mod checked;
mod finality;
mod format;
mod state_proof;

pub use check::{ReceiptError, check};
pub use checked::{BOUND, Checked, CheckedAttempt, CheckedDraw, CheckedProof, Fees, NOT_BOUND, StatementInput};
pub use finality::{FinalityError, verify_finalization};
pub use format::{FINALITY_MAX, FormatError, MAGIC, Proven, RECEIPT_MAX, Receipt, STATE_PROOF_MAX, VERSION};
pub use state_proof::verify_value;
