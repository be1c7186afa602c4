//! How a node misbehaves. Each way of a host is a small type with a file of its own, [`Honest`] is the one that does not; what
//! a prover signs twice is in [`forked`], what a leader leaves out in [`Censor`]. [`Habit`] is what scenarios call them.

mod censors;
mod fails;
mod flips;
pub mod forked;
mod lies;
mod mute;
mod silent;
mod stalls;
mod withholds;

pub use censors::Censor;
pub use fails::Fails;
pub use flips::Flips;
pub use forked::{Ears, Tongue};
pub use lies::Lies;
pub use mute::Mute;
pub use silent::Silent;
pub use stalls::Stalls;
pub use withholds::Withholds;

use std::sync::Arc;
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

    /// What is said of a proof that was checked, if anything.
    fn judged(&self, verdict: Verdict) -> Option<Verdict> {
        Some(verdict)
    }

    /// Whether peers get the proofs that were made here.
    fn serves_proofs(&self) -> bool {
        true
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

/// A way to misbehave, by the name that scenarios have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// None.
    Honest,
    /// See [`Silent`].
    Silent,
    /// See [`Stalls`].
    Stalls,
    /// See [`Fails`].
    Fails,
    /// See [`Flips`].
    Flips,
    /// See [`Lies`].
    Lies,
    /// See [`Mute`].
    Mute,
    /// See [`Withholds`].
    Withholds,
    /// See [`Censor`].
    Censors,
    /// See [`forked`].
    Forked(Tongue, Ears),
}

impl Habit {
    /// What a node with each of them does, in words.
    pub const ALL: [(&'static str, Self); 12] = [
        ("never answers", Self::Silent),
        ("accepts and never ends", Self::Stalls),
        ("says that programs fail", Self::Fails),
        ("flips a bit of its proofs", Self::Flips),
        ("says the opposite of every verdict", Self::Lies),
        ("says no verdicts", Self::Mute),
        ("leaves what provers say out of its blocks", Self::Censors),
        ("keeps its proofs to itself", Self::Withholds),
        ("tells everybody both verdicts", Self::Forked(Tongue::Verdicts, Ears::All)),
        ("tells half of its peers the opposite verdict", Self::Forked(Tongue::Verdicts, Ears::Halves)),
        ("announces two proofs to everybody", Self::Forked(Tongue::Announcements, Ears::All)),
        ("announces another proof to half of its peers", Self::Forked(Tongue::Announcements, Ears::Halves)),
    ];

    /// The habit that these words name.
    #[must_use]
    pub fn read(words: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == words).map(|(_, habit)| *habit)
    }

    /// How the host of such a node behaves.
    #[must_use]
    pub fn behaviour(self) -> Arc<dyn Behaviour> {
        match self {
            Self::Honest | Self::Censors | Self::Forked(..) => Arc::new(Honest),
            Self::Silent => Arc::new(Silent),
            Self::Stalls => Arc::new(Stalls),
            Self::Fails => Arc::new(Fails),
            Self::Flips => Arc::new(Flips),
            Self::Lies => Arc::new(Lies),
            Self::Mute => Arc::new(Mute),
            Self::Withholds => Arc::new(Withholds),
        }
    }
}
