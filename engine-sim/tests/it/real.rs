//! The engine on real sockets and files.

use crate::{
    machine::{Machine, counter},
    member::{Echo, Notes, Toy},
};
use engine_sim::Plan;
use futures::executor::block_on;
use ports::{Config, Handle, Network};
use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

/// Far more than the network needs: only a network that stands still runs into it.
const PATIENCE: Duration = Duration::from_secs(120);

fn free_addresses(count: usize) -> Vec<SocketAddr> {
    let listeners: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect()
}

fn config(plan: &Plan, addresses: &[SocketAddr], node: usize, folder: &Path) -> Config {
    let others = (0..addresses.len()).filter(|other| *other != node);
    Config {
        committee: plan.committee.clone(),
        pace: plan.pace.clone(),
        network: Network {
            listen: addresses[node],
            dialable: addresses[node],
            bootstrappers: others.map(|other| (plan.nodes[other].peer(), addresses[other])).collect(),
            secondary: Vec::new(),
            allow_private: true,
        },
        secret: plan.nodes[node].secret,
        share: plan.nodes[node].share.clone(),
        storage: folder.join(format!("node-{node}")),
        threads: 1,
    }
}

struct Local {
    plan: Plan,
    addresses: Vec<SocketAddr>,
    folder: tempfile::TempDir,
    machine: Arc<Machine>,
    notes: Notes,
}

impl Local {
    fn new(nodes: usize) -> Self {
        let plan = Plan::local(nodes, 11);
        let machine = Arc::new(Machine { committee: plan.committee.validators.clone() });
        let folder = tempfile::tempdir().expect("a folder");
        Self { plan, addresses: free_addresses(nodes), folder, machine, notes: Notes::default() }
    }

    fn config(&self, node: usize) -> Config {
        config(&self.plan, &self.addresses, node, self.folder.path())
    }

    fn start(&self, node: usize, incarnation: u32) -> Handle {
        let member = Box::new(Toy::new(node, incarnation, self.notes.clone()));
        engine::start(self.config(node), self.machine.clone(), member, Arc::<Echo>::default()).expect("starts")
    }
}

/// Waits for all nodes to apply a height. Polls, because real time has no other way to tell.
fn reach(handles: &[&Handle], height: u64) {
    let (_never, timer) = mpsc::channel::<()>();
    let begin = Instant::now();
    while handles.iter().any(|handle| handle.engine.status().height < height) {
        assert!(
            begin.elapsed() < PATIENCE,
            "stuck: {:?}",
            handles.iter().map(|handle| handle.engine.status()).collect::<Vec<_>>()
        );
        let _ = timer.recv_timeout(Duration::from_millis(20));
    }
}

#[test]
fn four_nodes_finalize_on_loopback_and_one_restarts() {
    let local = Local::new(4);
    let mut handles: Vec<Handle> = (0..4).map(|node| local.start(node, 0)).collect();
    reach(&handles.iter().collect::<Vec<_>>(), 8);
    let last = handles.pop().expect("four");
    let before = last.engine.status().height;
    last.stop();
    let last = local.start(3, 1);
    handles.push(last);
    reach(&handles.iter().collect::<Vec<_>>(), before + 6);
    let starts = local.notes.lock().expect("lock").starts.clone();
    let (_, _, start) =
        starts.iter().find(|(node, incarnation, _)| (*node, *incarnation) == (3, 1)).expect("restarted");
    assert!(start.height + 8 > before && !start.persisted.is_empty(), "{start:?} after {before}");

    let blocks: Vec<_> = handles.iter().map(|handle| block_on(handle.engine.block(7)).expect("a block")).collect();
    assert!(blocks.iter().all(|block| *block == blocks[0]));
    let key = engine::group_key(&local.plan.committee.output).expect("an output");
    let evidence = block_on(handles[0].engine.prove(vec![counter(0)])).expect("evidence");
    crate::evidence::check(&key, &evidence);
    assert!(handles[0].engine.metrics().contains("runtime"));
    assert_eq!(block_on(handles[0].engine.prove(vec![[7; 32]])), Err(ports::ReadError::Absent));
    let engine = handles[0].engine.clone();
    for handle in handles {
        handle.stop();
    }
    assert_eq!(block_on(engine.read(vec![counter(0)])), Err(ports::ReadError::Stopped));
    assert_eq!(engine.metrics(), "");
}

#[test]
fn a_start_that_cannot_work_says_what_to_do() {
    let local = Local::new(4);
    let start = |config| {
        let member = Box::new(Toy::new(0, 0, Notes::default()));
        let failed = engine::start(config, local.machine.clone(), member, Arc::<Echo>::default());
        failed.err().expect("refused").to_string()
    };
    let mut bad = local.config(0);
    bad.committee.output = bad.committee.output.slice(1..);
    assert!(start(bad).contains("genesis file"));
    let mut bad = local.config(0);
    bad.share = local.plan.nodes[1].share.clone();
    assert!(start(bad).contains("another node's"));
    let mut bad = local.config(0);
    bad.committee.epoch_blocks = 2;
    assert!(start(bad).contains("epoch"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut bad = local.config(0);
    bad.network.listen = taken.local_addr().expect("an address");
    assert!(start(bad).contains("cannot listen"));
    let running = local.start(0, 0);
    let mut bad = local.config(0);
    bad.network.listen = local.addresses[1];
    assert!(start(bad).contains("another process"));
    running.stop();
}
