//! A member that says two things: around an honest replica, whose words it repeats with another content.

use ports::{Action, Channel, Event, Member, Outbox, Recipients};
use replica::ProverKeys;
use types::{
    BlobId, ChainId, ProverAction, Signed, SignedVerdict, Verdict, codec, gossip::Gossip, limits::GOSSIP_MAX,
    message::SignedProverMessage,
};

/// What is said twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Verdicts.
    Verdicts,
    /// Announcements.
    Announcements,
}

/// Who hears what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    /// All hear both.
    All,
    /// Half of the peers hear one thing, the others the other.
    Halves,
}

/// A member with two tongues.
pub struct Forked {
    member: Box<dyn Member>,
    chain: ChainId,
    keys: ProverKeys,
    tongue: Tongue,
    ears: Ears,
    peers: Vec<[u8; 32]>,
}

impl Forked {
    /// Around a member with these keys.
    #[must_use]
    pub fn new(member: Box<dyn Member>, chain: ChainId, keys: ProverKeys, (tongue, ears): (Tongue, Ears)) -> Self {
        Self { member, chain, keys, tongue, ears, peers: Vec::new() }
    }

    /// The opposite of an own message, if it is one that is said twice.
    fn twin(&self, bytes: &[u8]) -> Option<Gossip> {
        match (codec::decode(bytes, GOSSIP_MAX).ok()?, self.tongue) {
            (Gossip::Verdict(signed), Tongue::Verdicts) => self.verdict(&signed).map(Gossip::Verdict),
            (Gossip::Prover(signed), Tongue::Announcements) => self.announcement(&signed).map(Gossip::Prover),
            _ => None,
        }
    }

    fn verdict(&self, SignedVerdict { subject, verdict, prover, .. }: &SignedVerdict) -> Option<SignedVerdict> {
        let verdict = match verdict {
            Verdict::Valid => Verdict::Invalid,
            Verdict::Invalid => Verdict::Valid,
            Verdict::Unavailable => return None,
        };
        let signature = self.keys.verdict.sign(self.chain, subject, verdict);
        Some(SignedVerdict { subject: *subject, verdict, prover: *prover, signature })
    }

    fn announcement(&self, signed: &SignedProverMessage) -> Option<SignedProverMessage> {
        let ProverAction::Announce { proof, size } = signed.value.action else { return None };
        let mut value = signed.value.clone();
        value.action = ProverAction::Announce { proof: BlobId::of(&proof.0), size };
        Some(Signed::new(value, &self.keys.account))
    }

    /// The action, and what is said besides.
    fn fork(&self, action: Action) -> Vec<Action> {
        let Action::Send { to: Recipients::All, channel: Channel::Control, bytes } = &action else {
            return vec![action];
        };
        let Some(twin) = self.twin(bytes).map(|twin| codec::encode(&twin).into()) else { return vec![action] };
        let send = |to, bytes| Action::Send { to, channel: Channel::Control, bytes };
        match self.ears {
            Ears::All => vec![action, send(Recipients::All, twin)],
            Ears::Halves => {
                let (one, other) = self.peers.split_at(self.peers.len() / 2);
                let bytes = bytes.clone();
                vec![send(Recipients::Some(one.to_vec()), bytes), send(Recipients::Some(other.to_vec()), twin)]
            }
        }
    }
}

impl Member for Forked {
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox) {
        if let Event::Peers(peers) = &event {
            self.peers.clone_from(peers);
        }
        let mut said = Outbox::new();
        self.member.step(event, now_ms, &mut said);
        outbox.extend(said.into_iter().flat_map(|action| self.fork(action)));
    }
}
