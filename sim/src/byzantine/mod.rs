//! How the host of a node misbehaves. Each way is a small type with a file of its own; [`Honest`] is the one that does not.

mod fails;
mod flips;
mod lies;
mod silent;
mod stalls;

pub use fails::Fails;
pub use flips::Flips;
pub use lies::Lies;
pub use silent::Silent;
pub use stalls::Stalls;

use types::{Verdict, host::ExecuteOutcome, message::Bundle};

/// What a host makes of the work that its node gives it.
pub trait Behaviour: Send + Sync {
    /// Whether the node runs its prover at all.
    fn proves(&self) -> bool {
        true
    }

    /// What becomes of a proof that was made.
    fn made(&self, bundle: Bundle) -> Made {
        Made::Checked(bundle)
    }

    /// What is said of a proof that was checked.
    fn judged(&self, verdict: Verdict) -> Verdict {
        verdict
    }
}

/// What becomes of a proof.
pub enum Made {
    /// It goes through the self-check (rule 9).
    Checked(Bundle),
    /// It is handed on as it is.
    Unchecked(Bundle),
    /// Something else is said.
    Said(ExecuteOutcome),
    /// Nothing is ever said.
    Nothing,
}

/// Does what it should.
pub struct Honest;

impl Behaviour for Honest {}
