//! The worst weather: epochs as short as they can be, with more nodes than seats, whose bonds move; provers that join, drain,
//! declare and take back bonds; one that misbehaves; nodes that lose power and links that are cut. Whatever happens, every run
//! must come to an end, and every property hold.

use crate::{
    byzantine::Habit,
    scenario::{self, Deed, NodePlan, Step, When, Who},
    seed::Seed,
    toy::Kind,
};
use engine_sim::Fault;
use std::{ops::Range, time::Duration};
use types::{Amount, Millis, Params, amount::UNITS_PER_LEM, registry::Role};

/// Nodes more than there are seats.
const SPARE: usize = 2;
/// Fewest seats.
const SEATS: usize = 4;
/// When everything begins and the last step is taken, in milliseconds.
const TIMES_MS: Range<u64> = 1_000..15_000;
/// How often a node does something besides.
const DEEDS: u64 = 3;

/// Short epochs and windows.
pub fn params(seed: Seed) -> Params {
    Params {
        seats: SEATS as u64,
        epoch_blocks: 16,
        queue_window: Millis(30_000),
        verdict_window: Millis(8_000),
        verdict_epochs: seed.within("verdict epochs", 0, 0..3),
        attempts_max: seed.within("attempts", 0, 1..4),
        transfer_base: Millis(8_000),
        jail_users: 2,
        jail_delay: Millis(5_000),
        verdicts_expected: 3,
        provers_min: 3,
        ..scenario::params()
    }
}

/// The nodes: at least `nodes`, and more than seats.
pub fn nodes(seed: Seed, nodes: usize) -> Vec<NodePlan> {
    let count = nodes.max(SEATS + SPARE);
    let plan = |index: usize| {
        let bond = lem(seed, "seat", index as u64, 1_000..3_000);
        let is_prover = index + 1 < count || seed.within("latecomer", 0, 0..2) == 0;
        NodePlan { bond, is_prover, ..NodePlan::new(4) }
    };
    let mut plans: Vec<NodePlan> = (0..count).map(plan).collect();
    let habits = Habit::ALL.len() as u64;
    // One of a node, now and then none.
    if let Some((_, habit)) = Habit::ALL.get(seed.within("habit", 0, 0..habits + 2) as usize) {
        let odd = seed.within("odd", 0, 0..count as u64) as usize;
        plans[odd].habit = *habit;
    }
    plans
}

/// What people do.
pub fn steps(seed: Seed, nodes: &[NodePlan], runs: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..runs as u64).map(|index| run(seed, index)).collect();
    for (node, plan) in nodes.iter().enumerate() {
        if !plan.is_prover {
            let begin = When::At(Duration::from_millis(TIMES_MS.start));
            steps.push(Step { when: begin, who: Who::Prover(node), deed: Deed::Register(4) });
        }
        for index in 0..DEEDS {
            steps.extend(deeds(seed, node, node as u64 * DEEDS + index));
        }
    }
    // Each of them does what it does in the order of time.
    steps.sort_by_key(|step| if let When::At(at) = step.when { at } else { Duration::ZERO });
    steps
}

fn run(seed: Seed, index: u64) -> Step {
    let kind = Kind::ALL[seed.within("kind", index, 0..8).saturating_sub(5) as usize];
    let cpus = seed.within("cores", index, 1..5) as u32;
    let who = Who::User(seed.within("user", index, 0..3) as usize);
    Step { when: at(seed, "run", index), who, deed: Deed::Run { name: index.to_string(), kind, cpus } }
}

/// Something that a node does and the ledger allows at any time.
fn deeds(seed: Seed, node: usize, index: u64) -> Vec<Step> {
    let step = |when, who, deed| Step { when, who, deed };
    let (when, later) = (at(seed, "deed", index), at(seed, "later", index));
    let (prover, validator) = (Who::Prover(node), Who::Validator(node));
    match seed.within("what", index, 0..6) {
        0 => vec![step(when, validator, Deed::Bond(Role::Validator, lem(seed, "more", index, 100..2_000)))],
        1 => vec![step(when, validator, Deed::Unbond(Role::Validator, lem(seed, "less", index, 100..300)))],
        2 => vec![step(when, prover, Deed::Unbond(Role::Prover, lem(seed, "back", index, 50..130)))],
        3 => vec![step(when, prover, Deed::Bond(Role::Prover, lem(seed, "stake", index, 50..300)))],
        // Both in the order of time: it may end draining.
        4 => vec![step(when, prover, Deed::Drain(true)), step(later, prover, Deed::Drain(false))],
        _ => Vec::new(),
    }
}

/// What goes wrong: nodes lose power one after the other, and links are cut for a while.
pub fn faults(seed: Seed, nodes: usize) -> Vec<Fault> {
    let ms = |what, index, range| Duration::from_millis(seed.within(what, index, range));
    let mut faults = Vec::new();
    for index in 0..seed.within("faults", 0, 0..4) {
        let at = Duration::from_secs(index * 7) + ms("fault", index, 1_000..3_000);
        let node = seed.within("victim", index, 0..nodes as u64) as usize;
        match seed.within("fault kind", index, 0..4) {
            0 => faults.push(Fault::Blackout { at }),
            1 => {
                let between = (0..nodes).filter(|other| *other != node).map(|other| (node, other)).collect();
                faults.push(Fault::Links { at, between, link: None });
                faults.push(Fault::Heal { at: at + ms("cut", index, 1_000..4_000) });
            }
            _ => faults.push(Fault::Crash { at, node, down: ms("down", index, 300..4_000) }),
        }
    }
    faults
}

fn at(seed: Seed, what: &str, index: u64) -> When {
    When::At(Duration::from_millis(seed.within(what, index, TIMES_MS)))
}

fn lem(seed: Seed, what: &str, index: u64, range: Range<u64>) -> Amount {
    Amount(seed.within(what, index, range) * UNITS_PER_LEM)
}
