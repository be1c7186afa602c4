//! A toy state machine: commands that add to counters, each command once.

use bytes::Bytes;
use ports::{BlockContext, Changes, Execution, Key, Loaded, Mode, Peer, StateMachine, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of an encoded command.
const COMMAND_BYTES: usize = 24;
/// Outcomes older than this many blocks are deleted.
const OUTCOMES_KEPT: u64 = 32;
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Adds to a counter, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Command {
    pub id: u64,
    pub counter: u64,
    pub add: u64,
}

impl Command {
    pub fn encode(self) -> Vec<u8> {
        [self.id, self.counter, self.add].into_iter().flat_map(u64::to_be_bytes).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<u64> =
            bytes.chunks(8).map(|chunk| chunk.try_into().map(u64::from_be_bytes)).collect::<Result<_, _>>().ok()?;
        let [id, counter, add] = numbers[..] else { return None };
        Some(Self { id, counter, add })
    }
}

pub fn encode(commands: &[Command]) -> Bytes {
    commands.iter().flat_map(|command| command.encode()).collect::<Vec<u8>>().into()
}

pub fn decode(body: &[u8]) -> Option<Vec<Command>> {
    body.chunks(COMMAND_BYTES).map(Command::decode).collect()
}

fn key(kind: &str, number: u64) -> Key {
    *blake3::hash(format!("{kind}/{number}").as_bytes()).as_bytes()
}

pub fn counter(number: u64) -> Key {
    key("counter", number)
}

pub struct Machine {
    pub committee: Vec<Peer>,
}

impl StateMachine for Machine {
    fn execute(&self, block: BlockContext, body: Bytes, mode: Mode) -> Box<dyn Execution> {
        Box::new(Run { block, body, mode, commands: Vec::new() })
    }

    fn body_bytes_max(&self) -> usize {
        BODY_BYTES_MAX
    }

    fn outcome_key(&self, height: u64) -> Key {
        key("outcome", height)
    }

    fn committee_keys(&self, epoch: u64) -> Vec<Key> {
        vec![key("committee", epoch)]
    }

    fn committee(&self, _: u64, values: &[Option<Bytes>]) -> Vec<Peer> {
        assert_eq!(values, [None]);
        self.committee.clone()
    }
}

struct Run {
    block: BlockContext,
    body: Bytes,
    mode: Mode,
    commands: Vec<Command>,
}

impl Execution for Run {
    fn step(&mut self, loaded: Loaded) -> Step {
        if !loaded.is_empty() {
            return self.finish(&loaded.into_iter().collect());
        }
        let Some(commands) = decode(&self.body) else {
            return Step::Invalid("malformed".into());
        };
        self.commands = commands;
        let touched = self.commands.iter().flat_map(|command| [counter(command.counter), key("done", command.id)]);
        let keys: BTreeSet<Key> = touched.collect();
        if keys.is_empty() { self.finish(&BTreeMap::new()) } else { Step::Need(keys.into_iter().collect()) }
    }
}

impl Run {
    fn finish(&self, state: &BTreeMap<Key, Option<Bytes>>) -> Step {
        let mut changes: BTreeMap<Key, Option<Bytes>> = BTreeMap::new();
        let mut kept = Vec::new();
        for command in &self.commands {
            let done = key("done", command.id);
            let fails = command.add == 0 || state[&done].is_some() || changes.contains_key(&done);
            if fails && self.mode == Mode::Build {
                continue;
            }
            if fails {
                return Step::Invalid(format!("command {} fails", command.id));
            }
            let name = counter(command.counter);
            let value = changes.get(&name).unwrap_or(&state[&name]).as_ref();
            let sum = value.map_or(0, |bytes| u64::from_be_bytes(bytes[..].try_into().expect("eight bytes")));
            changes.insert(name, Some(Bytes::copy_from_slice(&(sum + command.add).to_be_bytes())));
            changes.insert(done, Some(Bytes::new()));
            kept.push(*command);
        }
        let outcome = format!("{} commands at {}", kept.len(), self.block.height);
        changes.insert(key("outcome", self.block.height), Some(outcome.into()));
        if let Some(old) = self.block.height.checked_sub(OUTCOMES_KEPT).filter(|height| *height > 0) {
            changes.insert(key("outcome", old), None);
        }
        let changes: Changes = changes.into_iter().collect();
        Step::Done { body: encode(&kept), changes }
    }
}
