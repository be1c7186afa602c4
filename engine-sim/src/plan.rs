//! What is simulated, who takes part, and what comes out.

use ports::{Committee, Config, Engine, Host, Member, Network, Pace, Peer, StateMachine};
use std::{fmt, future::Future, net::SocketAddr, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

/// A directed link between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// How long a message takes on average.
    pub latency: Duration,
    /// How much it varies.
    pub jitter: Duration,
    /// How many messages of a hundred are lost.
    pub loss_percent: u8,
}

impl Link {
    /// A local network: 10 ms, half of it varying, nothing lost.
    pub const GOOD: Self =
        Self { latency: Duration::from_millis(10), jitter: Duration::from_millis(5), loss_percent: 0 };
}

/// A node that takes part.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its Ed25519 secret.
    pub secret: [u8; 32],
    /// Its share of the group key, if it was dealt one.
    pub share: Option<bytes::Bytes>,
}

impl Node {
    /// Its public key.
    #[must_use]
    pub fn peer(&self) -> Peer {
        engine::public_key(self.secret)
    }
}

/// Something that goes wrong, at a time since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A node loses its power and gets it back: what it had not made durable is gone.
    Crash {
        /// When.
        at: Duration,
        /// Which node, by its index in the plan.
        node: usize,
        /// For how long.
        down: Duration,
    },
    /// All nodes lose their power at once, in the middle of their writes: any part of what was not durable may survive.
    Blackout {
        /// When.
        at: Duration,
    },
    /// The links between these pairs change, both ways; without a link the pair is cut.
    Links {
        /// When.
        at: Duration,
        /// Pairs of indices.
        between: Vec<(usize, usize)>,
        /// What they change to.
        link: Option<Link>,
    },
    /// All links become as the plan has them.
    Heal {
        /// When.
        at: Duration,
    },
}

impl Fault {
    pub(crate) const fn at(&self) -> Duration {
        match self {
            Self::Crash { at, .. } | Self::Blackout { at } | Self::Links { at, .. } | Self::Heal { at } => *at,
        }
    }
}

/// A whole simulation but for the members.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All randomness comes from it.
    pub seed: u64,
    /// What the nodes agree on.
    pub committee: Committee,
    /// How long they wait.
    pub pace: Pace,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Every link, unless a fault changes it.
    pub link: Link,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How often [`World::check`] is called, in virtual time.
    pub check_every: Duration,
    /// When the simulation has taken too long, in virtual time.
    pub limit: Duration,
}

impl Plan {
    /// `nodes` validators with dealt shares on good links; everything follows from the seed.
    ///
    /// # Panics
    /// With no nodes, or more than a committee can have.
    #[must_use]
    pub fn local(nodes: usize, seed: u64) -> Self {
        let secrets: Vec<[u8; 32]> = (0..nodes).map(|index| derive(seed, index as u64)).collect();
        let mut validators: Vec<Peer> = secrets.iter().copied().map(engine::public_key).collect();
        validators.sort_unstable();
        let dealt = engine::deal(derive(seed, u64::MAX), &validators).expect("a committee of sensible size");
        let share = |secret| {
            let peer = engine::public_key(secret);
            dealt.shares.iter().find(|(holder, _)| *holder == peer).map(|(_, share)| share.clone())
        };
        Self {
            seed,
            committee: Committee {
                namespace: b"lemma-sim".to_vec(),
                validators,
                output: dealt.output.clone(),
                epoch_blocks: 1024,
                genesis_time_ms: 1_700_000_000_000,
                step_max_ms: 2000,
            },
            pace: Pace {
                leader_timeout: Duration::from_secs(2),
                certification_timeout: Duration::from_secs(3),
                block_interval_min: Duration::from_millis(50),
            },
            nodes: secrets.into_iter().map(|secret| Node { secret, share: share(secret) }).collect(),
            link: Link::GOOD,
            faults: Vec::new(),
            check_every: Duration::from_millis(500),
            limit: Duration::from_secs(600),
        }
    }

    /// What the engine of one node is told.
    pub(crate) fn config(&self, node: &Node) -> Config {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Config {
            committee: self.committee.clone(),
            pace: self.pace.clone(),
            network: Network {
                listen: nowhere,
                dialable: nowhere,
                bootstrappers: Vec::new(),
                secondary: self.secondary(),
                allow_private: true,
            },
            secret: node.secret,
            share: node.share.clone(),
            storage: PathBuf::new(),
            threads: 1,
        }
    }

    /// The nodes that are no validators.
    fn secondary(&self) -> Vec<Peer> {
        self.nodes.iter().map(Node::peer).filter(|peer| !self.committee.validators.contains(peer)).collect()
    }
}

fn derive(seed: u64, index: u64) -> [u8; 32] {
    let mut input = [0; 16];
    input[..8].copy_from_slice(&seed.to_be_bytes());
    input[8..].copy_from_slice(&index.to_be_bytes());
    blake3::derive_key("lemma 2026-11 simulated keys", &input)
}

/// Who a node runs for.
pub struct Crew {
    /// The member, fresh: what it knew before a crash comes back in its first event.
    pub member: Box<dyn Member>,
    /// The outside, with its delays in virtual time.
    pub host: Arc<dyn Host>,
}

/// A node as a check sees it.
#[derive(Clone)]
pub struct View {
    /// Its index in the plan.
    pub node: usize,
    /// Whether it has power.
    pub up: bool,
    /// How often it has been started, minus one.
    pub incarnation: u32,
    /// Its engine: the present one, or the last one if the node is down.
    pub engine: Arc<dyn Engine>,
}

/// What a check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well so far.
    Continue,
    /// The simulation has reached its end.
    Done,
}

/// A check that may ask engines.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Verdict, String>> + Send + 'a>>;

/// What lives around the engines.
pub trait World: Send {
    /// The rules of all nodes.
    fn machine(&self) -> Arc<dyn StateMachine>;

    /// Who a node runs for, each time it starts.
    fn crew(&mut self, node: usize, incarnation: u32) -> Crew;

    /// Looks at all nodes, every [`Plan::check_every`]. An error ends the simulation as a violation.
    fn check<'a>(&'a mut self, at: Duration, nodes: &'a [View]) -> Checking<'a>;
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// A hash over everything that happened: equal for equal plans and worlds.
    pub hash: String,
    /// Virtual time at the end.
    pub at: Duration,
    /// The last applied height of each node.
    pub heights: Vec<u64>,
    /// How many nodes were crashed, a blackout counting once for each.
    pub crashes: u32,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The plan is no network.
    Plan(String),
    /// A check failed.
    Check {
        /// When, in virtual time.
        at: Duration,
        /// Why.
        reason: String,
    },
    /// The end was not reached within [`Plan::limit`].
    Late {
        /// The last applied height of each node.
        heights: Vec<u64>,
    },
    /// A part of a node panicked.
    Panic(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(reason) => write!(f, "the plan is no network: {reason}"),
            Self::Check { at, reason } => write!(f, "after {at:?}: {reason}"),
            Self::Late { heights } => write!(f, "the end was not reached in time; applied heights are {heights:?}"),
            Self::Panic(message) => write!(f, "a node panicked: {message}"),
        }
    }
}

impl std::error::Error for Violation {}
