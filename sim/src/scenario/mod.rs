//! What happens in a simulation, and what must come of it: read from files of sentences ([`read`]), or made up from a seed
//! ([`crate::weather`]).

mod fact;
mod library;
mod read;

pub use fact::Fact;
pub use library::{LIBRARY, named};
pub use read::{Unread, read};

use crate::{byzantine::Habit, toy::Kind};
use engine_sim::{Fault, Link};
use std::time::Duration;
use types::{Amount, Millis, Params, registry::Role};

/// The parameters of simulated networks: as by default, with an allowance for moving inputs that outlasts a crash, and epochs
/// short enough to end within a simulation.
#[must_use]
pub fn params() -> Params {
    Params { epoch_blocks: 128, transfer_base: Millis(20_000), ..Params::default() }
}

/// A node, each of them validator and prover.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Cores of its prover.
    pub cpus: u32,
    /// How it misbehaves, if it does.
    pub habit: Habit,
    /// What it stands behind its seat with at genesis.
    pub bond: Amount,
    /// Whether genesis names its prover.
    pub is_prover: bool,
}

impl NodePlan {
    /// An honest one with so many cores.
    #[must_use]
    pub const fn new(cpus: u32) -> Self {
        Self { cpus, habit: Habit::Honest, bond: Amount(2_000_000_000_000), is_prover: true }
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A user.
    User(usize),
    /// The prover of a node.
    Prover(usize),
    /// The validator of a node.
    Validator(usize),
}

/// What is done, by a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A run.
    Run {
        /// Its name in the scenario.
        name: String,
        /// What its program does.
        kind: Kind,
        /// The cores that it asks for.
        cpus: u32,
    },
    /// A run is taken back.
    Cancel {
        /// Its name.
        name: String,
    },
    /// A prover takes no new workloads, or does again.
    Drain(bool),
    /// A prover joins with so many cores.
    Register(u32),
    /// A prover declares so many cores.
    Declare(u32),
    /// More bond.
    Bond(Role, Amount),
    /// Less bond.
    Unbond(Role, Amount),
    /// A prover leaves its jail.
    Return,
    /// A validator wants a parameter changed.
    Vote {
        /// Its name.
        parameter: String,
        /// Its new value.
        value: u64,
    },
}

/// When something is done.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// At a time.
    At(Duration),
    /// As soon as all of this is true.
    Once(Vec<Fact>),
}

/// Somebody does something.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub when: When,
    /// Who.
    pub who: Who,
    /// What.
    pub deed: Deed,
}

/// What must be true in the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// In words.
    pub text: String,
    /// For machines.
    pub fact: Fact,
}

/// What happens in a simulation, and what must come of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// The nodes.
    pub nodes: Vec<NodePlan>,
    /// The parameters of genesis.
    pub params: Params,
    /// How links are.
    pub link: Link,
    /// What goes wrong with power.
    pub faults: Vec<Fault>,
    /// Who does what, in the order in which each of them does it.
    pub steps: Vec<Step>,
    /// What must come of it.
    pub claims: Vec<Claim>,
}

impl Scenario {
    /// When the last fault is over: the simulation goes on until then.
    #[must_use]
    pub fn faults_end(&self) -> Duration {
        let end = |fault: &Fault| match fault {
            Fault::Crash { at, down, .. } => *at + *down,
            Fault::Blackout { at } | Fault::Links { at, .. } | Fault::Heal { at } => *at,
        };
        self.faults.iter().map(end).max().unwrap_or_default()
    }
}
