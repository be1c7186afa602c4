//! Simulations that are made up from a seed: a few runs of a user under all kinds of links and crashes. Every run must be
//! verified whatever happens.

use crate::{
    scenario::{Claim, Deed, Fact, NodePlan, Scenario, Step, When, Who, params},
    seed::Seed,
    storm,
    toy::Kind,
};
use engine_sim::{Fault, Link};
use std::time::Duration;
use types::{Params, State};

/// Cores of a node.
const CPUS: u32 = 4;
/// When the user begins.
const BEGIN: Duration = Duration::from_millis(500);
/// Time between two runs, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 0..1_500;

/// What links and power are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
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
    /// Everything at once: more nodes than seats, the shortest epochs, every deed, misbehaviour, crashes and cut links.
    Storm,
}

impl Weather {
    /// All of them, with their names and what they are.
    pub const ALL: [(&'static str, Self, &'static str); 6] = [
        ("default", Self::Default, "Slow links that lose some messages, and a crash."),
        ("calm", Self::Calm, "Good links, and nothing else."),
        ("crash", Self::Crash, "Two nodes crash, one after the other."),
        ("blackout", Self::Blackout, "All nodes lose power at once, in the middle of their writes."),
        ("loss", Self::Loss, "Links lose one message in ten."),
        ("storm", Self::Storm, "Everything at once: the ledger's every deed, misbehaviour, crashes and cut links."),
    ];

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _, _)| *known == name).map(|(_, weather, _)| *weather)
    }

    /// So many nodes and runs in this weather.
    #[must_use]
    pub fn scenario(self, seed: u64, nodes: usize, runs: usize) -> Scenario {
        let (name, _, about) = Self::ALL[self as usize];
        let seed = Seed(seed);
        if self == Self::Storm {
            return storm(seed, nodes, runs);
        }
        let claim = Claim { text: "all runs are verified".to_owned(), fact: Fact::AllAre(State::Verified) };
        Scenario {
            name: name.to_owned(),
            about: about.to_owned(),
            nodes: vec![NodePlan::new(CPUS); nodes],
            params: Params { provers_min: (nodes as u64).min(4), ..params() },
            link: self.link(seed),
            faults: self.faults(seed, nodes),
            steps: steps(seed, runs),
            claims: vec![claim],
        }
    }

    fn link(self, seed: Seed) -> Link {
        let ms = |what, range| Duration::from_millis(seed.within(what, 0, range));
        match self {
            Self::Default => Link {
                latency: ms("latency", 5..60),
                jitter: ms("jitter", 1..20),
                loss_percent: seed.within("loss", 0, 0..5) as u8,
            },
            Self::Loss => Link { loss_percent: 10, ..Link::GOOD },
            _ => Link::GOOD,
        }
    }

    fn faults(self, seed: Seed, nodes: usize) -> Vec<Fault> {
        let blackout = Fault::Blackout { at: moment(seed, "blackout", 0) };
        match self {
            Self::Default if seed.within("fault", 0, 0..4) == 0 => vec![blackout],
            Self::Default => vec![crash(seed, nodes, 0)],
            Self::Crash => vec![crash(seed, nodes, 0), crash(seed, nodes, 1)],
            Self::Blackout => vec![blackout],
            _ => Vec::new(),
        }
    }
}

fn storm(seed: Seed, nodes: usize, runs: usize) -> Scenario {
    let plans = storm::nodes(seed, nodes);
    let (name, _, about) = Weather::ALL[Weather::Storm as usize];
    Scenario {
        name: name.to_owned(),
        about: about.to_owned(),
        params: storm::params(seed),
        link: Weather::Default.link(seed),
        faults: storm::faults(seed, plans.len()),
        steps: storm::steps(seed, &plans, runs),
        claims: vec![Claim { text: "all runs have ended".to_owned(), fact: Fact::AllEnded }],
        nodes: plans,
    }
}

fn steps(seed: Seed, runs: usize) -> Vec<Step> {
    let mut at = BEGIN;
    let step = |run: usize| {
        at += Duration::from_millis(seed.within("pause", run as u64, PAUSE_MS));
        let deed = Deed::Run { name: run.to_string(), kind: Kind::Proves, cpus: 1 };
        Step { when: When::At(at), who: Who::User(0), deed }
    };
    (0..runs).map(step).collect()
}

fn moment(seed: Seed, what: &str, index: u64) -> Duration {
    Duration::from_millis(index * 6_000 + seed.within(what, index, 1_000..5_000))
}

fn crash(seed: Seed, nodes: usize, index: u64) -> Fault {
    Fault::Crash {
        at: moment(seed, "crash", index),
        node: seed.within("victim", index, 0..nodes as u64) as usize,
        down: Duration::from_millis(seed.within("down", index, 300..5_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_follows_from_the_seed_and_every_weather_has_its_name() {
        let steps = |seed| Weather::Default.scenario(seed, 4, 3).steps;
        assert_eq!(steps(1), steps(1));
        assert_ne!(steps(1), steps(2));
        for (name, weather, _) in Weather::ALL {
            assert_eq!(Weather::named(name), Some(weather));
            assert_eq!(weather.scenario(0, 4, 1).name, name);
        }
    }
}
