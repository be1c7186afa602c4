//! Provers' messages that are ahead of this node's state: the block that they follow is not applied here yet.

use crate::{Replica, gossip::Origin, out::Out};
use std::collections::{BTreeMap, VecDeque};
use types::{AccountId, message::SignedProverMessage};

/// Messages of one prover that wait; its oldest gives way.
const EARLY_PER_PROVER: usize = 128;
/// How long they wait, in milliseconds.
const EARLY_MS: u64 = 10_000;

struct Waiting {
    since_ms: u64,
    signed: SignedProverMessage,
    origin: Origin,
}

/// Messages that wait for this node's state to come to them: of members of the verdict set alone, their signatures checked.
#[derive(Default)]
pub(crate) struct Early {
    waiting: BTreeMap<AccountId, VecDeque<Waiting>>,
}

impl Early {
    /// Keeps a message that was checked. Its prover tells it again and again: it waits once.
    pub fn wait(&mut self, since_ms: u64, signed: SignedProverMessage, origin: Origin) {
        let of_prover = self.waiting.entry(signed.value.prover).or_default();
        if of_prover.iter().any(|waiting| waiting.signed == signed) {
            return;
        }
        if of_prover.len() >= EARLY_PER_PROVER {
            of_prover.pop_front();
        }
        of_prover.push_back(Waiting { since_ms, signed, origin });
    }
}

impl Replica {
    /// Looks again at messages that were ahead of the state.
    pub(crate) fn retry_early(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        let waiting = std::mem::take(&mut self.early.waiting).into_values().flatten();
        for Waiting { since_ms, signed, origin } in waiting {
            if now.saturating_sub(since_ms) >= EARLY_MS {
                continue;
            }
            if self.reads.has_room(origin) {
                self.ask_about(signed, origin, since_ms, out);
            } else {
                self.early.wait(since_ms, signed, origin);
            }
        }
    }
}
