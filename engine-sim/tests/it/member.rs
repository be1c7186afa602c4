//! A toy member: makes commands, gossips them, proposes, persists, signs beacons and recovers them.

use crate::machine::{Command, counter, decode, encode};
use bytes::Bytes;
use commonware_codec::{Decode as _, DecodeExt as _, Encode as _};
use commonware_cryptography::bls12381::primitives::{
    ops::threshold,
    sharing::{ModeVersion, Sharing},
    variant::{MinSig, PartialSignature},
};
use commonware_parallel::Sequential;
use commonware_utils::NZU32;
use ports::{Action, Channel, Event, Hash, Host, Inbox, Member, Outbox, Peer, Recipients, Start};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

pub const BEACON: &[u8] = b"lemma-sim-toy-beacon";
const COMMAND: u8 = 0;
const SHARE: u8 = 1;
const MAKE: u64 = 0;
const IDLE: u64 = 1 << 32;
const MAKE_MS: u64 = 700;
const IDLE_MS: u64 = 300;

/// What all members of a network have seen, for the checks.
#[derive(Default)]
pub struct Seen {
    pub finals: BTreeMap<(usize, u64), Hash>,
    pub times: BTreeMap<u64, u64>,
    pub outcomes: BTreeMap<u64, Option<Bytes>>,
    pub beacons: BTreeMap<(usize, u64), Bytes>,
    pub starts: Vec<(usize, u32, Start)>,
    pub epochs: BTreeMap<(usize, u64), (Vec<Peer>, Bytes, bool)>,
    pub pongs: Vec<(usize, u64)>,
    pub peers: BTreeMap<usize, usize>,
    pub commands: u64,
    pub reads: u64,
    /// The newest command of each node that anybody else heard of.
    pub heard: BTreeMap<usize, u64>,
}

pub type Notes = Arc<Mutex<Seen>>;

pub struct Toy {
    node: usize,
    incarnation: u32,
    notes: Notes,
    made: u64,
    pool: BTreeSet<Command>,
    proposals: BTreeMap<u64, Vec<Bytes>>,
    sharings: BTreeMap<u64, Sharing<MinSig>>,
    shares: BTreeMap<u64, BTreeMap<(u64, u32), PartialSignature<MinSig>>>,
    heard_first: bool,
    started_ms: u64,
}

impl Toy {
    pub fn new(node: usize, incarnation: u32, notes: Notes) -> Self {
        Self {
            node,
            incarnation,
            notes,
            made: 0,
            pool: BTreeSet::new(),
            proposals: BTreeMap::new(),
            sharings: BTreeMap::new(),
            shares: BTreeMap::new(),
            heard_first: false,
            started_ms: 0,
        }
    }

    fn start(&mut self, start: Start, now_ms: u64, outbox: &mut Outbox) {
        assert!(!self.heard_first, "the first event comes once");
        self.heard_first = true;
        self.started_ms = now_ms;
        let made = start.persisted.iter().find(|(key, _)| *key == "made");
        self.made = made.map_or(0, |(_, value)| u64::from_be_bytes(value[..].try_into().expect("eight bytes")));
        let mut seen = self.notes.lock().expect("lock");
        let heard = seen.heard.get(&self.node).copied().unwrap_or(0);
        assert!(self.made >= heard, "command {heard} was sent before it was durable");
        seen.starts.push((self.node, self.incarnation, start));
        drop(seen);
        outbox.push(Action::SetTimer { id: MAKE, at_ms: now_ms + MAKE_MS });
        outbox.push(Action::Host(Bytes::from_static(b"ping")));
    }

    /// Makes a command: the number of it is durable before anybody hears of it.
    fn make(&mut self, now_ms: u64, outbox: &mut Outbox) {
        self.made += 1;
        let command = Command { id: ((self.node as u64) << 32) | self.made, counter: self.node as u64, add: 1 };
        self.pool.insert(command);
        self.notes.lock().expect("lock").commands += 1;
        let value = Some(Bytes::copy_from_slice(&self.made.to_be_bytes()));
        outbox.push(Action::Persist { key: Bytes::from_static(b"made"), value });
        outbox.push(Action::Persist { key: format!("command/{}", self.made).into(), value: Some(Bytes::new()) });
        if self.made > 3 {
            outbox.push(Action::Persist { key: format!("command/{}", self.made - 3).into(), value: None });
        }
        let bytes = [&[COMMAND], &command.encode()[..]].concat().into();
        outbox.push(Action::Send { to: Recipients::All, channel: Channel::Control, bytes });
        outbox.push(Action::SetTimer { id: MAKE, at_ms: now_ms + MAKE_MS });
        let waiting: Vec<u64> = self.proposals.keys().copied().collect();
        for token in waiting {
            self.propose(token, outbox);
        }
    }

    fn propose(&mut self, token: u64, outbox: &mut Outbox) {
        let Some(ancestors) = self.proposals.remove(&token) else { return };
        let held: BTreeSet<Command> = ancestors.iter().filter_map(|body| decode(body)).flatten().collect();
        let body: Vec<Command> = self.pool.difference(&held).copied().collect();
        outbox.push(Action::Propose { token, body: encode(&body) });
    }

    fn finalized(
        &mut self,
        height: u64,
        hash: Hash,
        time_ms: u64,
        body: &Bytes,
        outcome: Option<Bytes>,
        outbox: &mut Outbox,
    ) {
        for command in decode(body).expect("a final body") {
            self.pool.remove(&command);
        }
        let mut seen = self.notes.lock().expect("lock");
        seen.finals.insert((self.node, height), hash);
        let time = *seen.times.entry(height).or_insert(time_ms);
        let known = seen.outcomes.entry(height).or_insert_with(|| outcome.clone()).clone();
        drop(seen);
        assert_eq!((time, known), (time_ms, outcome));
        outbox.push(Action::Read { token: height, keys: vec![counter(0), counter(u64::MAX)] });
        outbox.push(Action::SignBeacon {
            height,
            namespace: Bytes::from_static(BEACON),
            message: Bytes::copy_from_slice(&height.to_be_bytes()),
        });
    }

    fn share(&mut self, height: u64, epoch: u64, share: &Bytes) {
        let (Some(sharing), Ok(share)) = (self.sharings.get(&epoch), PartialSignature::<MinSig>::decode(share.clone()))
        else {
            return;
        };
        if threshold::verify_message::<MinSig>(sharing, BEACON, &height.to_be_bytes(), &share).is_err() {
            return;
        }
        let shares = self.shares.entry(height).or_default();
        shares.insert((epoch, share.index.get()), share);
        let same: Vec<_> = shares.range((epoch, 0)..=(epoch, u32::MAX)).map(|(_, share)| share.clone()).collect();
        if same.len() < sharing.required() as usize {
            return;
        }
        let beacon =
            threshold::recover::<MinSig, _>(sharing, same.iter(), &Sequential).expect("enough shares").encode();
        self.notes.lock().expect("lock").beacons.insert((self.node, height), beacon);
        self.shares.retain(|kept, _| *kept + 16 > height);
    }

    fn message(&mut self, from: Peer, bytes: &Bytes) {
        assert_ne!(from, [0; 32]);
        match bytes.split_first() {
            Some((&COMMAND, commands)) => {
                let commands = decode(commands).expect("commands");
                let mut seen = self.notes.lock().expect("lock");
                for command in &commands {
                    let newest = seen.heard.entry((command.id >> 32) as usize).or_default();
                    *newest = (*newest).max(command.id & u64::from(u32::MAX));
                }
                self.pool.extend(commands);
            }
            Some((&SHARE, rest)) if rest.len() > 16 => {
                let number = |at: usize| u64::from_be_bytes(rest[at..at + 8].try_into().expect("eight bytes"));
                self.share(number(0), number(8), &bytes.slice(17..));
            }
            _ => panic!("unknown message"),
        }
    }
}

impl Member for Toy {
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox) {
        assert!(self.heard_first || matches!(event, Event::Start(_)), "{event:?} came before the start");
        match event {
            Event::Start(start) => self.start(start, now_ms, outbox),
            Event::Epoch { epoch, committee, sharing, signer } => {
                let decoded = Sharing::<MinSig>::decode_cfg(sharing.clone(), &(NZU32!(128), ModeVersion::v0()));
                self.sharings.insert(epoch, decoded.expect("a sharing"));
                self.notes.lock().expect("lock").epochs.insert((self.node, epoch), (committee, sharing, signer));
            }
            Event::Final { height, hash, time_ms, body, outcome, .. } => {
                self.finalized(height, hash, time_ms, &body, outcome, outbox);
            }
            Event::Propose { token, ancestors, .. } => {
                self.proposals.insert(token, ancestors);
                self.proposals.retain(|kept, _| *kept + 8 > token);
                if self.pool.is_empty() {
                    outbox.push(Action::SetTimer { id: IDLE + token, at_ms: now_ms + IDLE_MS });
                } else {
                    self.propose(token, outbox);
                }
            }
            Event::Message { from, bytes, .. } => self.message(from, &bytes),
            Event::Timer { id: MAKE } => self.make(now_ms, outbox),
            Event::Timer { id } => self.propose(id - IDLE, outbox),
            Event::Loaded { token, height, values } => {
                assert!(height >= token && values.len() == 2 && values[1].is_none());
                self.notes.lock().expect("lock").reads += 1;
            }
            Event::BeaconShare { height, epoch, share } => {
                self.share(height, epoch, &share);
                let bytes = [&[SHARE], &height.to_be_bytes()[..], &epoch.to_be_bytes(), &share].concat().into();
                outbox.push(Action::Send { to: Recipients::All, channel: Channel::Control, bytes });
            }
            Event::Host(bytes) => {
                assert_eq!(bytes, "pong");
                self.notes.lock().expect("lock").pongs.push((self.node, now_ms - self.started_ms));
            }
            Event::Peers(peers) => {
                self.notes.lock().expect("lock").peers.insert(self.node, peers.len());
            }
        }
    }
}

/// Answers a ping after a while.
#[derive(Default)]
pub struct Echo(Mutex<Option<Arc<dyn Inbox>>>);

pub const ECHO_MS: u64 = 1234;

impl Host for Echo {
    fn attach(&self, inbox: Arc<dyn Inbox>) {
        assert!(self.0.lock().expect("lock").replace(inbox).is_none(), "attached once");
    }

    fn perform(&self, request: Bytes) {
        assert_eq!(request, "ping");
        let inbox = self.0.lock().expect("lock").clone().expect("attached first");
        assert!(inbox.deliver(Bytes::from_static(b"pong"), ECHO_MS));
    }
}
