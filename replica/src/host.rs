//! What the outside of the node says: users' transactions, results of programs, the blob store.

use crate::{Replica, gossip::Origin, out::Out};
use types::{
    Refusal, Verdict, codec,
    host::HostEvent,
    limits::{PART_MAX, VALUE_MAX},
    verdict::Subject,
};

const _: () = assert!(PART_MAX < VALUE_MAX);

impl Replica {
    /// The host says something. It is this node's own, so what does not decode is a fault of this program and is counted.
    pub(crate) fn host_event(&mut self, bytes: &[u8], out: &mut Out<'_>) {
        match codec::decode::<HostEvent>(bytes, VALUE_MAX) {
            Ok(event) => self.heard(event, out),
            Err(error) => out.refused("host-event", &Refusal::Malformed(error.to_string())),
        }
    }

    fn heard(&mut self, event: HostEvent, out: &mut Out<'_>) {
        match event {
            HostEvent::Submit { token, transaction } => self.take_transaction(transaction, Origin::User(token), out),
            HostEvent::Executed { workload, attempt, outcome } => {
                let turns = self.turns.as_mut();
                let said = turns.and_then(|turns| turns.executed(workload, attempt, outcome, &mut self.messages, out));
                // An announcement of its own is judged like everybody's, from now on.
                if let Some(said) = said {
                    self.ask_about(said, Origin::Own, out.now, out);
                }
            }
            HostEvent::Verified { workload, attempt, proof, verdict, again, .. } => {
                self.verified(Subject { workload, attempt, proof }, verdict, again, out);
            }
            HostEvent::Stat { blob, size } => {
                self.blobs.stat(blob, size, out);
                self.go_on(out);
            }
            HostEvent::Part { blob, part, peer, bytes } => self.blobs.read(peer, blob, part, bytes, out),
            HostEvent::Wrote { blob, part, peer, result } => {
                if self.blobs.wrote(blob, part, peer, result, out) {
                    out.refused("blob-part", &Refusal::HashMismatch);
                }
                self.go_on(out);
            }
            HostEvent::Fetched { blob, size, whole, kept } => {
                self.blobs.fetched((blob, size), whole, kept, out);
                self.go_on(out);
            }
            HostEvent::Small { blob, bytes } => {
                self.verdicts.bundle(blob, bytes, self.genesis.params.proof_inline_max);
            }
            HostEvent::Refuse { refuse } => self.turns.iter_mut().for_each(|turns| turns.refuse(refuse)),
            HostEvent::Stored { blob, .. } => {
                self.blobs.stored(blob);
                self.go_on(out);
            }
        }
    }

    fn verified(&mut self, subject: Subject, verdict: Option<Verdict>, again: bool, out: &mut Out<'_>) {
        let Some(checks) = &mut self.checks else { return };
        match verdict {
            Some(verdict) => {
                let said = checks.verified(subject, verdict, out);
                said.into_iter().for_each(|said| self.own_verdict(said, out));
            }
            None => checks.not_verified(&subject, again, &self.blobs, out.now),
        }
    }
}
