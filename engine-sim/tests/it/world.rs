//! The world around simulated toys: ends when every node has applied a height, after a last look at the engines.

use crate::{
    machine::{Machine, counter},
    member::{Echo, Notes, Toy},
};
use engine_sim::{Checking, Crew, Plan, Verdict, View, World};
use ports::{Evidence, StateMachine};
use std::{sync::Arc, time::Duration};

pub struct Toys {
    pub machine: Arc<Machine>,
    pub notes: Notes,
    pub until: u64,
    /// Heights at which evidence is gathered once all nodes have passed them.
    pub prove_at: Vec<u64>,
    pub evidence: Vec<(usize, Evidence)>,
}

impl Toys {
    pub fn new(plan: &Plan, until: u64) -> Self {
        let machine = Arc::new(Machine { committee: plan.committee.validators.clone() });
        Self { machine, notes: Notes::default(), until, prove_at: Vec::new(), evidence: Vec::new() }
    }

    async fn look(&mut self, nodes: &[View]) -> Result<Verdict, String> {
        let lowest = nodes.iter().map(|view| view.engine.status().height).min().unwrap_or(0);
        self.agree()?;
        while let Some(height) = self.prove_at.first().copied().filter(|height| *height <= lowest) {
            self.prove_at.retain(|other| *other != height);
            for view in nodes.iter().filter(|view| view.up) {
                let evidence = view.engine.prove(vec![counter(0), counter(1)]).await;
                self.evidence.push((view.node, evidence.map_err(|error| format!("no evidence: {error}"))?));
            }
        }
        Ok(if lowest >= self.until && nodes.iter().all(|view| view.up) { Verdict::Done } else { Verdict::Continue })
    }

    /// All nodes have the same block at every height, and the same beacon.
    pub fn agree(&self) -> Result<(), String> {
        let seen = self.notes.lock().expect("lock");
        let mut blocks = std::collections::BTreeMap::new();
        for ((node, height), hash) in &seen.finals {
            if blocks.entry(height).or_insert(hash) != &hash {
                return Err(format!("node {node} has another block at height {height}"));
            }
        }
        let mut beacons = std::collections::BTreeMap::new();
        for ((node, height), beacon) in &seen.beacons {
            if beacons.entry(height).or_insert(beacon) != &beacon {
                return Err(format!("node {node} recovered another beacon for height {height}"));
            }
        }
        Ok(())
    }
}

impl World for Toys {
    fn machine(&self) -> Arc<dyn StateMachine> {
        self.machine.clone()
    }

    fn crew(&mut self, node: usize, incarnation: u32) -> Crew {
        Crew { member: Box::new(Toy::new(node, incarnation, self.notes.clone())), host: Arc::<Echo>::default() }
    }

    fn check<'a>(&'a mut self, _: Duration, nodes: &'a [View]) -> Checking<'a> {
        Box::pin(self.look(nodes))
    }
}
