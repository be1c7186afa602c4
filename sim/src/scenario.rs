//! What is simulated: how links are, who crashes when, who misbehaves, and what should come of it.

use crate::{
    byzantine::{Behaviour, Fails, Flips, Honest, Lies, Silent, Stalls},
    seed::Seed,
    toy::Kind,
};
use engine_sim::{Fault, Link};
use std::{sync::Arc, time::Duration};

/// Cores of a node that does what it should.
const CPUS: u32 = 4;
/// Cores of a node that does not: so many that the draw will hardly pass it over.
const CPUS_ODD: u32 = 48;

/// A kind of simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Slow links that lose some messages, and a crash with a restart: of one node, or of all in the middle of their writes.
    Default,
    /// Good links and nothing else.
    Calm,
    /// Good links, and two crashes of single nodes.
    Crash,
    /// Good links, and all nodes lose power at once in the middle of their writes.
    Blackout,
    /// Links that lose one message in ten.
    Loss,
    /// A prover that flips a bit of each of its proofs.
    Flip,
    /// A prover whose attempts all fail.
    Fail,
    /// A prover that never answers.
    Silent,
    /// A prover that accepts and never comes to an end.
    Stall,
    /// A prover whose verdicts are all wrong.
    Lie,
    /// A program that loops for ever, among others.
    Loop,
}

impl Scenario {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 11] = [
        ("default", Self::Default),
        ("calm", Self::Calm),
        ("crash", Self::Crash),
        ("blackout", Self::Blackout),
        ("loss", Self::Loss),
        ("flip", Self::Flip),
        ("fail", Self::Fail),
        ("silent", Self::Silent),
        ("stall", Self::Stall),
        ("lie", Self::Lie),
        ("loop", Self::Loop),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, scenario)| *scenario == self).map_or("", |(name, _)| name)
    }
}

impl std::str::FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(|(name, _)| name).join(", ");
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, scenario)| *scenario).ok_or_else(|| format!("expected one of {names}"))
    }
}

/// The simulation that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Everything follows from it.
    pub seed: u64,
    /// Nodes, each validator and prover.
    pub nodes: usize,
    /// Runs that the user submits.
    pub workloads: usize,
    /// What happens besides.
    pub scenario: Scenario,
}

impl Options {
    /// Four nodes and three runs.
    #[must_use]
    pub const fn new(seed: u64, scenario: Scenario) -> Self {
        Self { seed, nodes: 4, workloads: 3, scenario }
    }

    /// The seed of everything but the engines' own.
    #[must_use]
    pub fn chance(&self) -> Seed {
        Seed(self.seed)
    }

    /// How a node behaves: the last one is the odd one.
    #[must_use]
    pub fn behaviour(&self, node: usize) -> Arc<dyn Behaviour> {
        if node + 1 < self.nodes {
            return Arc::new(Honest);
        }
        match self.scenario {
            Scenario::Flip => Arc::new(Flips),
            Scenario::Fail => Arc::new(Fails),
            Scenario::Silent => Arc::new(Silent),
            Scenario::Stall => Arc::new(Stalls),
            Scenario::Lie => Arc::new(Lies),
            _ => Arc::new(Honest),
        }
    }

    /// Cores of each node.
    #[must_use]
    pub fn cpus(&self) -> Vec<u32> {
        let odd = matches!(self.scenario, Scenario::Flip | Scenario::Fail | Scenario::Silent | Scenario::Stall);
        let cpus = |node| if odd && node + 1 == self.nodes { CPUS_ODD } else { CPUS };
        (0..self.nodes).map(cpus).collect()
    }

    /// What the program of a run does.
    #[must_use]
    pub const fn program(&self, run: usize) -> Kind {
        match self.scenario {
            Scenario::Loop if run == 0 => Kind::Loops,
            _ => Kind::Proves,
        }
    }

    /// How links are.
    #[must_use]
    pub fn link(&self) -> Link {
        let chance = self.chance();
        let ms = |what, range| Duration::from_millis(chance.within(what, 0, range));
        match self.scenario {
            Scenario::Default => Link {
                latency: ms("latency", 5..60),
                jitter: ms("jitter", 1..20),
                loss_percent: chance.within("loss", 0, 0..5) as u8,
            },
            Scenario::Loss => Link { loss_percent: 10, ..Link::GOOD },
            _ => Link::GOOD,
        }
    }

    /// What goes wrong with power.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let blackout = Fault::Blackout { at: self.moment("blackout", 0) };
        match self.scenario {
            Scenario::Default if self.chance().within("fault", 0, 0..4) == 0 => vec![blackout],
            Scenario::Default => vec![self.crash(0)],
            Scenario::Crash => vec![self.crash(0), self.crash(1)],
            Scenario::Blackout => vec![blackout],
            _ => Vec::new(),
        }
    }

    fn moment(&self, what: &str, index: u64) -> Duration {
        Duration::from_millis(index * 6_000 + self.chance().within(what, index, 1_000..5_000))
    }

    fn crash(&self, index: u64) -> Fault {
        Fault::Crash {
            at: self.moment("crash", index),
            node: self.chance().within("victim", index, 0..self.nodes as u64) as usize,
            down: Duration::from_millis(self.chance().within("down", index, 300..5_000)),
        }
    }

    /// When the last fault has come: the simulation goes on until then.
    #[must_use]
    pub fn faults_end(&self) -> Duration {
        let end = |fault: &Fault| match fault {
            Fault::Crash { at, down, .. } => *at + *down,
            Fault::Blackout { at } | Fault::Links { at, .. } | Fault::Heal { at } => *at,
        };
        self.faults().iter().map(end).max().unwrap_or_default()
    }
}
