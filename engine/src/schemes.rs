//! The signing scheme of each epoch, and this node's share of the group key in the present one.
//!
//! The resharing actor registers an epoch when the one before it ends, and the present one again after a restart. Consensus
//! takes its scheme here; so does the beacon, whose shares are made over a message that the member chooses.

use crate::{
    chain::{PublicKey, Scheme, SchemeInfo, Sharing, Variant},
    events::Events,
    status::Standing,
};
use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::types::Epoch;
use commonware_cryptography::{
    bls12381::primitives::{group::Share, ops::threshold},
    certificate::{Provider, Scoped},
};
use commonware_glue::dkg::Registrar;
use commonware_utils::{ordered::Set, sync::Mutex};
use ports::Event;
use std::{collections::BTreeMap, sync::Arc};

/// How many epochs' schemes are kept: the present one, and those whose last messages may still come.
const EPOCHS_KEPT: usize = 4;

/// What follows the namespace in the signatures of consensus itself; see `simplex::scheme`.
const CONSENSUS_SUFFIXES: [&[u8]; 4] = [b"_SEED", b"_NOTARIZE", b"_NULLIFY", b"_FINALIZE"];

/// The schemes of the last epochs.
#[derive(Clone)]
pub(crate) struct Schemes {
    namespace: &'static [u8],
    me: PublicKey,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    schemes: BTreeMap<Epoch, Arc<Scheme>>,
    share: Option<(Epoch, Share)>,
}

impl Schemes {
    pub(crate) fn new(namespace: &'static [u8], me: PublicKey) -> Self {
        Self { namespace, me, known: Arc::default() }
    }

    /// Makes an epoch's scheme known to consensus.
    pub(crate) fn install(&self, epoch: Epoch, info: SchemeInfo) {
        let (scheme, share) = self.make(info);
        let mut known = self.known.lock();
        known.schemes.insert(epoch, Arc::new(scheme));
        while known.schemes.len() > EPOCHS_KEPT {
            known.schemes.pop_first();
        }
        if known.share.as_ref().is_none_or(|(newest, _)| *newest <= epoch) {
            known.share = share.map(|share| (epoch, share));
        }
    }

    fn make(&self, info: SchemeInfo) -> (Scheme, Option<Share>) {
        match info {
            SchemeInfo::Signer { participants, sharing, share } => {
                match Scheme::signer(self.namespace, participants.clone(), sharing.clone(), share.clone()) {
                    Some(scheme) => (scheme, Some(share)),
                    None => {
                        tracing::error!("this node's share does not fit the committee: it will verify and not sign");
                        (self.member(participants, sharing), None)
                    }
                }
            }
            SchemeInfo::Member { participants, sharing, .. } | SchemeInfo::Verifier { participants, sharing } => {
                (self.member(participants, sharing), None)
            }
        }
    }

    fn member(&self, participants: Set<PublicKey>, sharing: Sharing) -> Scheme {
        Scheme::member(self.namespace, participants.clone(), sharing.clone(), &self.me)
            .unwrap_or_else(|| Scheme::verifier(self.namespace, participants, sharing))
    }

    /// Signs with the present share: the epoch of the share and the partial signature, or nothing if there is no share, or
    /// if the domain is one of consensus' own.
    pub(crate) fn sign(&self, namespace: &[u8], message: &[u8]) -> Option<(u64, Bytes)> {
        if CONSENSUS_SUFFIXES.iter().any(|suffix| namespace.strip_suffix(*suffix) == Some(self.namespace)) {
            tracing::error!("refused to sign in a domain of consensus");
            return None;
        }
        let known = self.known.lock();
        let (epoch, share) = known.share.as_ref()?;
        Some((epoch.get(), threshold::sign_message::<Variant>(share, namespace, message).encode()))
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        self.scheme(epoch).map(Scoped::scheme)
    }

    fn scheme(&self, epoch: Epoch) -> Option<Arc<Scheme>> {
        self.known.lock().schemes.get(&epoch).cloned()
    }
}

/// Takes each epoch's scheme from the resharing and tells the member who sits in it.
#[derive(Clone)]
pub(crate) struct Register {
    pub(crate) schemes: Schemes,
    pub(crate) events: Events,
    pub(crate) standing: Standing,
}

impl Registrar for Register {
    type Variant = Variant;
    type PublicKey = PublicKey;

    async fn register(&self, epoch: Epoch, info: SchemeInfo) {
        let event = seated(epoch, &info);
        self.schemes.install(epoch, info);
        self.standing.entered(epoch.get());
        self.events.announce(event).await;
    }
}

fn seated(epoch: Epoch, info: &SchemeInfo) -> Event {
    let (participants, sharing) = match info {
        SchemeInfo::Verifier { participants, sharing }
        | SchemeInfo::Member { participants, sharing, .. }
        | SchemeInfo::Signer { participants, sharing, .. } => (participants, sharing),
    };
    Event::Epoch {
        epoch: epoch.get(),
        committee: participants.iter().map(crate::block::peer).collect(),
        sharing: sharing.encode(),
        signer: matches!(info, SchemeInfo::Signer { .. }),
    }
}
