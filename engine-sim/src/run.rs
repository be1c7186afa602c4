//! Runs a plan: starts nodes, lets faults happen, checks, until the end. A blackout ends one run of the runtime; the next
//! one goes on from what survived on the disks.

use crate::{
    net::Net,
    plan::{Crew, Fault, Plan, Report, Verdict, View, Violation, World},
};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_cryptography::ed25519::PublicKey;
use commonware_runtime::{
    Clock as _, Handle, Spawner as _, Supervisor as _,
    deterministic::{self, Checkpoint, FaultConfig, PartialWriteMode, Runner, WriteConfig},
};
use commonware_utils::probability;
use engine::wiring::{self, Setup};
use std::{
    any::Any,
    collections::BTreeMap,
    thread,
    time::{Duration, SystemTime},
};

/// The stack of a simulation: the futures of a node are large before they are spawned.
const STACK_BYTES: usize = 64 << 20;

/// Runs a plan to its end.
///
/// # Errors
/// When a check fails, a node panics, or the end is not reached in time.
pub fn run(plan: &Plan, world: &mut dyn World) -> Result<Report, Violation> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || segments(plan, world));
        let thread = thread.map_err(|error| Violation::Plan(error.to_string()))?;
        thread.join().unwrap_or_else(|panic| Err(Violation::Panic(message(&*panic))))
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").into()
}

/// What outlives a blackout.
struct Story {
    start: SystemTime,
    incarnations: Vec<u32>,
    crashes: u32,
    todo: BTreeMap<(Duration, usize), Step>,
}

/// Something that is to happen.
#[derive(Clone)]
enum Step {
    Start(usize),
    Fault(Fault),
    Check,
}

/// How a run of the runtime ends.
enum End {
    Blackout,
    Done(Report),
}

fn segments(plan: &Plan, world: &mut dyn World) -> Result<Report, Violation> {
    let setups = setups(plan, world)?;
    let torn = WriteConfig {
        failure_rate: probability!(0.0),
        retention_rate: probability!(0.5),
        mode: PartialWriteMode::Prefix,
    };
    let config = deterministic::Config::new()
        .with_seed(plan.seed)
        .with_start_time(SystemTime::UNIX_EPOCH + Duration::from_millis(plan.committee.genesis_time_ms))
        .with_storage_fault_config(FaultConfig::default().write(torn));
    let mut story = Story::new(plan, config.start_time());
    let mut runner = Runner::new(config);
    loop {
        let (end, checkpoint): (_, Checkpoint) =
            runner.start_and_recover(|context| segment(context, plan, &setups, &mut story, world));
        match end? {
            End::Done(report) => return Ok(report),
            End::Blackout => runner = Runner::from(checkpoint),
        }
    }
}

fn setups(plan: &Plan, world: &dyn World) -> Result<Vec<Setup>, Violation> {
    let setup = |node| Setup::check(&plan.config(node), world.machine());
    plan.nodes.iter().map(setup).collect::<Result<_, _>>().map_err(|error| Violation::Plan(error.to_string()))
}

impl Story {
    fn new(plan: &Plan, start: SystemTime) -> Self {
        let mut story = Self { start, incarnations: vec![0; plan.nodes.len()], crashes: 0, todo: BTreeMap::new() };
        story.start_all(plan, Duration::ZERO);
        for fault in &plan.faults {
            story.add(fault.at(), Step::Fault(fault.clone()));
        }
        story.add(plan.check_every, Step::Check);
        story
    }

    fn start_all(&mut self, plan: &Plan, at: Duration) {
        self.todo.retain(|_, step| !matches!(step, Step::Start(_)));
        for node in 0..plan.nodes.len() {
            self.add(at, Step::Start(node));
        }
    }

    fn add(&mut self, at: Duration, step: Step) {
        let order = self.todo.range((at, 0)..=(at, usize::MAX)).count();
        let mut place = (at, order);
        while self.todo.contains_key(&place) {
            place.1 += 1;
        }
        self.todo.insert(place, step);
    }
}

/// One run of the runtime.
struct Stage<'a> {
    context: deterministic::Context,
    plan: &'a Plan,
    setups: &'a [Setup],
    net: Net,
    running: Vec<Option<Handle<()>>>,
    views: Vec<View>,
}

async fn segment(
    context: deterministic::Context,
    plan: &Plan,
    setups: &[Setup],
    story: &mut Story,
    world: &mut dyn World,
) -> Result<End, Violation> {
    let keys = plan.nodes.iter().map(|node| PublicKey::decode(Copying(&node.peer())).expect("a public key"));
    let net = Net::start(&context, plan, keys.collect(), world.machine().body_bytes_max()).await;
    let running = plan.nodes.iter().map(|_| None).collect();
    let mut stage = Stage { context, plan, setups, net, running, views: Vec::new() };
    stage.views = stage.nobody(story);
    while let Some(((at, _), step)) = story.todo.pop_first() {
        if at > plan.limit {
            break;
        }
        stage.context.sleep_until(story.start + at).await;
        if let Some(end) = stage.step(at, step, story, world).await? {
            return Ok(end);
        }
    }
    Err(Violation::Late { heights: stage.heights() })
}

impl Stage<'_> {
    /// The views before anybody was started.
    fn nobody(&self, story: &Story) -> Vec<View> {
        let view = |(node, incarnation): (usize, &u32)| View {
            node,
            up: false,
            incarnation: *incarnation,
            engine: std::sync::Arc::new(engine::desk().0),
        };
        story.incarnations.iter().enumerate().map(view).collect()
    }

    fn heights(&self) -> Vec<u64> {
        self.views.iter().map(|view| view.engine.status().height).collect()
    }

    async fn step(
        &mut self,
        at: Duration,
        step: Step,
        story: &mut Story,
        world: &mut dyn World,
    ) -> Result<Option<End>, Violation> {
        match step {
            Step::Start(node) => self.start(node, story, world).await,
            Step::Fault(Fault::Crash { node, down, .. }) => {
                if self.crash(node, story) {
                    story.add(at + down, Step::Start(node));
                }
            }
            Step::Fault(Fault::Blackout { .. }) => {
                story.crashes += self.running.iter().flatten().count() as u32;
                story.start_all(self.plan, at);
                return Ok(Some(End::Blackout));
            }
            Step::Fault(Fault::Links { between, link, .. }) => self.net.change(&between, link).await,
            Step::Fault(Fault::Heal { .. }) => self.net.heal().await,
            Step::Check => return self.check(at, story, world).await,
        }
        Ok(None)
    }

    async fn start(&mut self, node: usize, story: &mut Story, world: &mut dyn World) {
        let incarnation = story.incarnations[node];
        story.incarnations[node] += 1;
        let Crew { member, host } = world.crew(node, incarnation);
        let context =
            self.context.child("validator").with_attribute("index", node).with_attribute("incarnation", incarnation);
        let (desk, clerk) = engine::desk();
        let key = PublicKey::decode(Copying(&self.plan.nodes[node].peer())).expect("a public key");
        let net = wiring::Net {
            manager: self.net.oracle.manager(),
            blocker: self.net.oracle.control(key),
            channels: self.net.channels(self.plan, node).await,
        };
        let crew = wiring::Crew { member, host };
        let setup = self.setups[node].clone();
        let parts = Box::pin(wiring::start(&context, setup, format!("node-{node}"), crew, clerk, net)).await;
        self.running[node] = Some(context.spawn(move |_| async move {
            let ended = Handle::select(parts).await;
            panic!("a part of node {node} ended: {ended:?}");
        }));
        self.views[node] = View { node, up: true, incarnation, engine: std::sync::Arc::new(desk) };
    }

    /// Takes a node's power. Says whether it had any.
    fn crash(&mut self, node: usize, story: &mut Story) -> bool {
        let Some(running) = self.running.get_mut(node).and_then(Option::take) else {
            return false;
        };
        running.abort();
        self.views[node].up = false;
        story.crashes += 1;
        true
    }

    async fn check(
        &mut self,
        at: Duration,
        story: &mut Story,
        world: &mut dyn World,
    ) -> Result<Option<End>, Violation> {
        let verdict = world.check(at, &self.views).await.map_err(|reason| Violation::Check { at, reason })?;
        if verdict == Verdict::Continue {
            let now = self.context.current().duration_since(story.start).unwrap_or(at);
            story.add(now.max(at) + self.plan.check_every, Step::Check);
            return Ok(None);
        }
        let report = Report { hash: self.hash(), at, heights: self.heights(), crashes: story.crashes };
        Ok(Some(End::Done(report)))
    }

    /// Over what happened, what lies on all disks, and where every node stands.
    fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.context.auditor().state().as_bytes());
        hasher.update(&self.context.storage_audit());
        for view in &self.views {
            let status = view.engine.status();
            hasher.update(&status.height.to_be_bytes()).update(&status.hash).update(&status.state_root);
        }
        hasher.finalize().to_hex().to_string()
    }
}
