//! Drains the outbox in order, on the real runtime as on the simulated one.
//!
//! Adjacent `Persist` actions are made durable together, before the next action of another kind is begun. An action that
//! breaks a bound of the port ends the drain: nothing after it is begun, because what comes later may rely on it. Messages are
//! best effort: what exceeds a peer's rate limit or finds the router full is dropped.

use crate::{
    chain::{PublicKey, Runtime},
    journal::{Entry, Journal},
    proposals::Proposals,
    schemes::Schemes,
    state::{self, Database},
    status::Standing,
};
use bytes::Bytes;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_p2p::{Recipients as To, Sender};
use ports::{Action, Channel, Event, Host, Key, Outbox, Peer, Recipients};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// How many keys one read may name.
const READ_KEYS_MAX: usize = 4096;
/// How many peers' keys are kept decoded.
const PEERS_MAX: usize = 1024;

/// Everything that actions act upon.
pub(crate) struct Drain<E: Runtime, S> {
    pub(crate) journal: Option<Journal<E>>,
    pub(crate) database: Database<E>,
    pub(crate) control: S,
    pub(crate) bulk: S,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) proposals: Proposals,
    pub(crate) schemes: Schemes,
    pub(crate) standing: Standing,
    pub(crate) alarms: super::Alarms,
    pub(crate) peers: HashMap<Peer, PublicKey>,
}

impl<E: Runtime, S: Sender<PublicKey = PublicKey>> Drain<E, S> {
    /// Does everything the member wants done; answers go to `ready`.
    pub(crate) async fn run(&mut self, outbox: Outbox, ready: &mut VecDeque<Event>) {
        let mut entries = Vec::new();
        for action in outbox {
            if let Action::Persist { key, value } = action {
                let entry = Entry { key, value };
                if !entry.fits() {
                    tracing::error!("the member persists an entry that is too long: its outbox ends here");
                    break;
                }
                entries.push(entry);
                continue;
            }
            self.persist(std::mem::take(&mut entries)).await;
            if !self.perform(action, ready).await {
                break;
            }
        }
        self.persist(entries).await;
    }

    async fn persist(&mut self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let journal = self.journal.take().expect("a failed write ends the node");
        self.journal = Some(
            journal
                .persist(entries)
                .await
                .unwrap_or_else(|error| panic!("the member's journal cannot be kept: {error}")),
        );
    }

    /// Does one action. Says no if it breaks a bound.
    async fn perform(&mut self, action: Action, ready: &mut VecDeque<Event>) -> bool {
        match action {
            Action::Persist { .. } => true,
            Action::Send { to, channel, bytes } => self.send(to, channel, bytes),
            Action::SetTimer { id, at_ms } => self.set_timer(id, at_ms),
            Action::Read { token, keys } => self.read(token, &keys, ready).await,
            Action::Propose { token, body } => {
                self.proposals.answer(token, body);
                true
            }
            Action::SignBeacon { height, namespace, message } => {
                ready.extend(self.sign(height, &namespace, &message));
                true
            }
            Action::Host(request) => {
                self.host.perform(request);
                true
            }
        }
    }

    fn send(&mut self, to: Recipients, channel: Channel, bytes: Bytes) -> bool {
        if bytes.len() > channel.bytes_max() {
            tracing::error!(?channel, bytes = bytes.len(), "the member sends a message that is too long");
            return false;
        }
        let to = match to {
            Recipients::All => To::All,
            Recipients::Some(peers) => To::Some(peers.iter().filter_map(|peer| self.key(peer)).collect()),
        };
        let sender = match channel {
            Channel::Control => &mut self.control,
            Channel::Bulk => &mut self.bulk,
        };
        sender.send(to, bytes, false);
        true
    }

    fn key(&mut self, peer: &Peer) -> Option<PublicKey> {
        if let Some(key) = self.peers.get(peer) {
            return Some(key.clone());
        }
        let key = PublicKey::decode(Copying(peer)).ok()?;
        if self.peers.len() < PEERS_MAX {
            self.peers.insert(*peer, key.clone());
        }
        Some(key)
    }

    fn set_timer(&mut self, id: u64, at_ms: u64) -> bool {
        let set = self.alarms.set(id, at_ms);
        if !set {
            tracing::error!("the member sets too many timers");
        }
        set
    }

    async fn read(&self, token: u64, keys: &[Key], ready: &mut VecDeque<Event>) -> bool {
        if keys.len() > READ_KEYS_MAX {
            tracing::error!(keys = keys.len(), "the member reads too many keys at once");
            return false;
        }
        let (mark, values) =
            state::read(&self.database, keys).await.unwrap_or_else(|error| panic!("the state cannot be read: {error}"));
        ready.push_back(Event::Loaded { token, height: mark.height, values });
        true
    }

    /// Signs only for a height that is final here.
    fn sign(&self, height: u64, namespace: &[u8], message: &[u8]) -> Option<Event> {
        if height > self.standing.height() {
            tracing::warn!(height, "refused to sign a beacon for a height that is not final");
            return None;
        }
        let (epoch, share) = self.schemes.sign(namespace, message)?;
        Some(Event::BeaconShare { height, epoch, share })
    }
}
