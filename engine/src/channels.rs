//! The p2p channels, their rate limits and the largest message.
//!
//! An inbound mailbox is allocated up front for every peer that may be connected, one burst each; so a limit is what a
//! block needs, not a round number. Beyond its limit a message is dropped by the sender, and what a full inbound mailbox
//! drops is the message that arrives. All protocols on these channels repeat themselves.

use crate::{
    block::BodyLimit,
    chain::{COMMITTEE_MAX, Digest, MarshalVariant, PublicKey, Scheme, Variant},
};
use commonware_consensus::marshal;
use commonware_glue::dkg::{self, orchestrator};
use commonware_p2p::max_message_size;
use commonware_runtime::Quota;
use ports::{Channel, Pace};
use std::num::NonZeroU32;

/// How many channels a node registers. The order in which they are passed to it is that of [`quotas`].
pub const COUNT: usize = 9;

/// The most blocks a second that limits are made for.
const BLOCK_RATE_MAX: u32 = 100;
/// The channels in order with their limits, in messages a second and peer.
#[must_use]
pub fn quotas(pace: &Pace) -> [(u64, Quota); COUNT] {
    let rate = block_rate(pace);
    let limits = [
        4 * rate + 16, // votes: notarize, nullify, finalize
        4 * rate + 16, // certificates
        2 * rate + 16, // missing certificates
        2 * rate + 32, // missing blocks
        2 * rate + 16, // blocks
        16,            // resharing
        256,           // Channel::Control
        64,            // Channel::Bulk
        4,             // who is connected; carries no message
    ];
    let mut id = 0;
    limits.map(|limit| {
        let channel = (id, Quota::per_second(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN)));
        id += 1;
        channel
    })
}

fn block_rate(pace: &Pace) -> u32 {
    let interval = pace.block_interval_min.as_millis().max(1);
    u32::try_from(1000_u128.div_ceil(interval)).unwrap_or(BLOCK_RATE_MAX).clamp(1, BLOCK_RATE_MAX)
}

/// The largest message on any channel, in bytes; all nodes of a network must agree on it.
#[must_use]
pub fn message_bytes_max(body_bytes_max: usize) -> u32 {
    let members = COMMITTEE_MAX.get();
    let limit = BodyLimit(body_bytes_max);
    max_message_size(&[
        orchestrator::max_payload_size::<Scheme, Digest>(members),
        marshal::max_payload_size::<MarshalVariant, Scheme>(members, &limit),
        dkg::max_payload_size::<Variant, PublicKey>(COMMITTEE_MAX),
        Channel::Control.bytes_max(),
        Channel::Bulk.bytes_max(),
    ])
}
