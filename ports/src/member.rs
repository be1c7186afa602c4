//! A member of the network as a value, and the outside it acts upon.

use crate::{Hash, Peer};
use bytes::Bytes;

/// A p2p channel for messages between members. Each has its own rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Transactions, beacon shares, announcements, verdicts: small and urgent; at most [`Channel::bytes_max`] each.
    Control,
    /// Chunks of blobs: large, and allowed to wait.
    Bulk,
}

impl Channel {
    /// The largest message on the channel, in bytes. The engine refuses to send more and drops what is longer on receipt.
    #[must_use]
    pub const fn bytes_max(self) -> usize {
        match self {
            Self::Control => 128 * 1024,
            Self::Bulk => 384 * 1024,
        }
    }
}

/// Who gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Every connected peer.
    All,
    /// These peers, as far as they are connected.
    Some(Vec<Peer>),
}

/// What a member finds when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// This node's own key.
    pub me: Peer,
    /// Height of the last block that was applied; 0 for genesis.
    pub height: u64,
    /// Chain time of that block in milliseconds.
    pub time_ms: u64,
    /// Everything the member ever persisted and did not remove, ascending by key.
    pub persisted: Vec<(Bytes, Bytes)>,
}

/// Something that happened to a member. One at a time, in the order in which the engine saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first event, once.
    Start(Start),
    /// A committee took its seats. After [`Event::Start`] for the present epoch, then at each change.
    Epoch {
        /// The epoch.
        epoch: u64,
        /// The seated validators, ascending; the position is the index of a validator's share.
        committee: Vec<Peer>,
        /// The committee's public polynomial (`commonware_cryptography::bls12381::primitives::sharing::Sharing<MinSig>`, encoded),
        /// against which partial signatures are checked. Its constant term, the group key, never changes.
        sharing: Bytes,
        /// Whether this node holds a share.
        signer: bool,
    },
    /// A block became final and its state was applied. Ascending heights; some may be skipped after a state sync, and the
    /// last ones may come again after a crash.
    Final {
        /// Height of the block.
        height: u64,
        /// Hash of the block's header.
        hash: Hash,
        /// Chain time of the block in milliseconds.
        time_ms: u64,
        /// The validator that proposed it.
        leader: Peer,
        /// The body.
        body: Bytes,
        /// What the block left under its outcome key.
        outcome: Option<Bytes>,
    },
    /// This node leads a view and must propose a block: answer with [`Action::Propose`], at once when there is work. An answer
    /// that comes too late is dropped. The proposal can be cancelled without notice, so nothing may be removed from a pool.
    Propose {
        /// To be given back.
        token: u64,
        /// Height of the block to build.
        height: u64,
        /// Chain time of its parent in milliseconds.
        parent_time_ms: u64,
        /// Bodies of the ancestors that are not yet final, the parent first: what they hold need not be proposed again.
        ancestors: Vec<Bytes>,
    },
    /// A message from a peer whose identity was authenticated. Its content was not.
    Message {
        /// The sender.
        from: Peer,
        /// The channel it came by.
        channel: Channel,
        /// The bytes, at most [`Channel::bytes_max`].
        bytes: Bytes,
    },
    /// A timer that was set has run out.
    Timer {
        /// The name given to [`Action::SetTimer`].
        id: u64,
    },
    /// The answer to [`Action::Read`].
    Loaded {
        /// As given.
        token: u64,
        /// The height of the state that was read.
        height: u64,
        /// One for each key, in order.
        values: Vec<Option<Bytes>>,
    },
    /// The answer to [`Action::SignBeacon`]. Absent if this node holds no share.
    BeaconShare {
        /// The height that was signed.
        height: u64,
        /// The epoch of the share.
        epoch: u64,
        /// A partial signature (`PartialSignature<MinSig>`, encoded) over the message given to [`Action::SignBeacon`].
        share: Bytes,
    },
    /// The host says something: an answer to [`Action::Host`], or a request of a user that came in by it.
    Host(Bytes),
    /// The peers that are connected now. After [`Event::Start`] and at each change.
    Peers(Vec<Peer>),
}

/// Something a member wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Makes a value durable under a key, or removes it, before any later action of the outbox is begun.
    Persist {
        /// At most 128 bytes.
        key: Bytes,
        /// At most 1 MiB; `None` removes.
        value: Option<Bytes>,
    },
    /// Sends a message. Best effort: it may be lost.
    Send {
        /// To whom.
        to: Recipients,
        /// By which channel.
        channel: Channel,
        /// What.
        bytes: Bytes,
    },
    /// Gives back [`Event::Timer`] when the clock reaches `at_ms`. Setting a timer again replaces it.
    SetTimer {
        /// The member's name for the timer.
        id: u64,
        /// By the clock that the member's `now_ms` shows.
        at_ms: u64,
    },
    /// Reads the last applied state; answered by [`Event::Loaded`].
    Read {
        /// To be given back.
        token: u64,
        /// At most 4096 keys.
        keys: Vec<crate::Key>,
    },
    /// Answers [`Event::Propose`] with candidates: the engine builds a block of those that hold.
    Propose {
        /// As given.
        token: u64,
        /// The candidates, as a body.
        body: Bytes,
    },
    /// Signs a message with this node's share, if the block at `height` is final here. The share never leaves the engine.
    SignBeacon {
        /// The height whose beacon this is.
        height: u64,
        /// Domain of the signature.
        namespace: Bytes,
        /// What is signed.
        message: Bytes,
    },
    /// Hands something to the [`Host`].
    Host(Bytes),
}

/// What a member wants done, in order: an action is begun after the one before it; what was persisted is durable before any
/// later action is begun.
pub type Outbox = Vec<Action>;

/// One member of the network: a value that events change. No async, no I/O, no clock but `now_ms`, no randomness but its seed.
pub trait Member: Send + 'static {
    /// Takes in one event at `now_ms` (milliseconds of a local clock that never goes back, since the Unix epoch) and appends to
    /// the outbox.
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox);
}

/// Where a host puts what it has to say.
pub trait Inbox: Send + Sync + 'static {
    /// Delivers [`Event::Host`] after `delay_ms`. Returns false when the engine has stopped or is behind by too many events.
    fn deliver(&self, bytes: Bytes, delay_ms: u64) -> bool;
}

/// The outside of a node.
pub trait Host: Send + Sync + 'static {
    /// Called once before anything else, with the way back in.
    fn attach(&self, inbox: std::sync::Arc<dyn Inbox>);

    /// Takes over one [`Action::Host`]. Returns at once; work goes on elsewhere.
    fn perform(&self, request: Bytes);
}
