//! What a node is made of, checked before anything starts.

use crate::{
    chain::PublicKey,
    deal::private_key,
    error::StartError,
    genesis::{Genesis, participants},
    secrets::check_share,
};
use commonware_cryptography::{Signer as _, bls12381::primitives::group::Share};
use commonware_utils::ordered::Set;
use ports::{Config, Host, Member, Pace, StateMachine};
use std::{collections::BTreeSet, num::NonZeroUsize, sync::Arc};

/// A checked configuration.
#[derive(Clone)]
pub struct Setup {
    pub(crate) genesis: Genesis,
    pub(crate) secret: [u8; 32],
    pub(crate) me: PublicKey,
    pub(crate) share: Option<Share>,
    pub(crate) secondary: Set<PublicKey>,
    pub(crate) pace: Pace,
    pub(crate) machine: Arc<dyn StateMachine>,
}

/// Who a node runs for.
pub struct Crew {
    /// The member.
    pub member: Box<dyn Member>,
    /// The outside.
    pub host: Arc<dyn Host>,
}

impl Setup {
    /// Checks a configuration.
    ///
    /// # Errors
    /// When a part of it cannot be used.
    pub fn check(config: &Config, machine: Arc<dyn StateMachine>) -> Result<Self, StartError> {
        let genesis = Genesis::check(&config.committee, &*machine)?;
        let me = private_key(config.secret).public_key();
        let share = config.share.as_ref().map(|share| check_share(share, &genesis.info.output, &me)).transpose()?;
        let others = match config.network.secondary.as_slice() {
            [] => Set::default(),
            peers => participants("the list of secondary nodes", peers)?,
        };
        // Whoever has no seat in an epoch still follows, and may be seated again.
        let secondary = Set::from_iter_dedup(genesis.validators.iter().chain(&others).cloned());
        Ok(Self { genesis, secret: config.secret, me, share, secondary, pace: config.pace.clone(), machine })
    }

    /// The most nodes that one set of peers can have.
    #[must_use]
    pub fn peers_max(&self) -> NonZeroUsize {
        let nodes: BTreeSet<&PublicKey> = self.secondary.iter().collect();
        commonware_p2p::authenticated::peer_set_limit(nodes, &self.me)
    }
}
