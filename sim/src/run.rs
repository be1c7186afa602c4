//! One simulation from beginning to end.

use crate::{
    network::{Network, NetworkError},
    scenario::Scenario,
    seed::Seed,
    world::{End, World},
};
use engine_sim::{Node, Plan, Report, Violation};
use ports::{Committee, Pace};
use std::{collections::BTreeMap, time::Duration};
use types::beacon::GroupKey;

/// How often properties are checked.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Until when everything must have come as it should, after the last fault.
const LIMIT: Duration = Duration::from_secs(180);

/// What came out of a simulation in which every property held.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Virtual time at the end.
    pub at: Duration,
    /// How many nodes crashed.
    pub crashes: u32,
    /// Everything that happened, in one hash: equal for equal seeds and scenarios.
    pub hash: String,
    /// How the runs ended.
    pub end: End,
    /// The key that verifies the receipts.
    pub group_key: GroupKey,
    /// How often replicas refused something, by what and code.
    pub refused: BTreeMap<(String, String), u64>,
    /// What members sent, by kind: how often, and how many bytes.
    pub sent: Vec<(&'static str, (u64, u64))>,
    /// What happened, line by line.
    pub story: Vec<String>,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The property that does not hold.
    pub violation: String,
    /// What was missing, line by line.
    pub missing: Vec<String>,
    /// What happened, line by line.
    pub story: Vec<String>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.violation, self.missing.join("; "))
    }
}

impl std::error::Error for Broken {}

/// Runs a simulation.
///
/// # Errors
/// When a property does not hold, a part of a node panics, or something that must come of it has not come in time.
pub fn run(seed: u64, scenario: &Scenario) -> Result<Outcome, Broken> {
    let (plan, mut world) = prepare(seed, scenario).map_err(|error| Broken {
        violation: error.to_string(),
        missing: Vec::new(),
        story: Vec::new(),
    })?;
    match engine_sim::run(&plan, &mut world) {
        Ok(report) => outcome(report, world),
        Err(violation) => Err(broken(&violation, &world)),
    }
}

fn broken(violation: &Violation, world: &World) -> Broken {
    Broken { violation: violation.to_string(), missing: world.missing(), story: world.story().to_vec() }
}

fn outcome(report: Report, world: World) -> Result<Outcome, Broken> {
    let nothing = broken(&Violation::Plan("it ended before its end".into()), &world);
    let mut refused = BTreeMap::new();
    for (what, count) in world.heard().into_iter().flat_map(|heard| heard.refused) {
        *refused.entry(what).or_default() += count;
    }
    let (story, sent, group_key) = (world.story().to_vec(), world.sent(), world.group_key());
    let end = world.into_end().ok_or(nothing)?;
    let hash = blake3::hash(&[report.hash.as_bytes(), &end.state_root].concat()).to_hex().to_string();
    Ok(Outcome { at: report.at, crashes: report.crashes, hash, end, group_key, refused, sent, story })
}

fn prepare(seed: u64, scenario: &Scenario) -> Result<(Plan, World), NetworkError> {
    let network = Network::new(Seed(seed), scenario)?;
    Ok((plan(seed, scenario, &network), World::new(Seed(seed), scenario.clone(), network)?))
}

fn plan(seed: u64, scenario: &Scenario, network: &Network) -> Plan {
    let (genesis, params) = (&network.genesis, &network.genesis.params);
    Plan {
        seed,
        committee: Committee {
            namespace: network.chain.0.to_vec(),
            validators: genesis.validators.iter().map(|validator| validator.peer.0).collect(),
            output: genesis.output.to_vec().into(),
            epoch_blocks: params.epoch_blocks,
            genesis_time_ms: genesis.time.0,
            step_max_ms: params.step_max.0,
        },
        pace: Pace {
            leader_timeout: Duration::from_millis(params.block_interval.0 + 1_500),
            certification_timeout: Duration::from_millis(params.block_interval.0 + 2_500),
            block_interval_min: Duration::from_millis(50),
        },
        nodes: network.nodes.iter().map(|node| Node { secret: node.secret, share: node.share.clone() }).collect(),
        link: scenario.link,
        faults: scenario.faults.clone(),
        check_every: CHECK_EVERY,
        limit: scenario.faults_end() + LIMIT,
    }
}
