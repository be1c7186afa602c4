//! What a replica wants done: typed words for the engine's [`Action`]s.

use borsh::BorshSerialize;
use bytes::Bytes;
use ports::{Action, Channel, Key, Outbox, Recipients};
use types::{
    Refusal, Text, codec,
    genesis::PeerId,
    gossip::{BulkPart, Gossip},
    host::{HostRequest, Notice},
};

/// The outbox of one step, and the time at which it is taken.
pub(crate) struct Out<'a> {
    /// Milliseconds of the local clock.
    pub now: u64,
    /// Where actions go.
    pub actions: &'a mut Outbox,
}

impl Out<'_> {
    fn send(&mut self, to: Recipients, channel: Channel, message: &impl BorshSerialize) {
        self.actions.push(Action::Send { to, channel, bytes: codec::encode(message).into() });
    }

    /// Tells every connected peer. Members form a full mesh, so nothing is passed on by others.
    pub fn tell_all(&mut self, message: &Gossip) {
        self.send(Recipients::All, Channel::Control, message);
    }

    /// Tells one peer.
    pub fn tell(&mut self, peer: PeerId, message: &Gossip) {
        self.send(Recipients::Some(vec![peer.0]), Channel::Control, message);
    }

    /// Sends a part of a blob.
    pub fn send_part(&mut self, peer: PeerId, part: &BulkPart) {
        self.send(Recipients::Some(vec![peer.0]), Channel::Bulk, part);
    }

    /// Hands something to the host.
    pub fn host(&mut self, request: &HostRequest) {
        self.actions.push(Action::Host(codec::encode(request).into()));
    }

    /// Lets listeners know.
    pub fn publish(&mut self, notice: Notice) {
        self.host(&HostRequest::Publish(notice));
    }

    /// Counts a refusal.
    pub fn refused(&mut self, what: &'static str, refusal: &Refusal) {
        let (what, code) = (Text::truncated(what), Text::truncated(refusal.code()));
        self.host(&HostRequest::Refused { what, code });
    }

    /// Keeps something through a crash.
    pub fn persist(&mut self, key: Vec<u8>, value: &impl BorshSerialize) {
        let value = Some(Bytes::from(codec::encode(value)));
        self.actions.push(Action::Persist { key: key.into(), value });
    }

    /// Forgets something that was kept.
    pub fn forget(&mut self, key: Vec<u8>) {
        self.actions.push(Action::Persist { key: key.into(), value: None });
    }

    /// Wakes the replica up later.
    pub fn wake(&mut self, id: u64, at_ms: u64) {
        self.actions.push(Action::SetTimer { id, at_ms });
    }

    /// Reads the state.
    pub fn read(&mut self, token: u64, keys: Vec<Key>) {
        self.actions.push(Action::Read { token, keys });
    }
}
