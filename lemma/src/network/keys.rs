//! The keys of a network on one machine.

use crate::files;
use anyhow::Context as _;
use types::{AccountId, VerdictSecret, genesis::PeerId};

/// The keys of one node, which is validator and prover at once.
pub struct NodeKeys {
    /// The secret by which peers know it.
    pub node_secret: [u8; 32],
    /// The public side of that.
    pub peer: PeerId,
    /// The secret of its prover.
    pub prover_secret: [u8; 32],
    /// The prover's account.
    pub prover: AccountId,
    /// The key of its verdicts, which follows from the prover's secret.
    pub verdict: VerdictSecret,
}

/// The key of the account that is funded.
pub struct UserKey {
    /// The secret.
    pub secret: [u8; 32],
    /// The account.
    pub account: AccountId,
}

impl NodeKeys {
    /// New keys.
    pub fn new() -> anyhow::Result<Self> {
        let node_secret = files::random_bytes()?;
        let (prover_secret, prover) = files::new_key()?;
        let verdict = VerdictSecret::derive(&prover_secret).context("these bytes make no verdict key")?;
        let peer = PeerId(engine::public_key(node_secret));
        Ok(Self { node_secret, peer, prover_secret, prover: prover.account(), verdict })
    }
}

impl UserKey {
    /// A new key.
    pub fn new() -> anyhow::Result<Self> {
        let (secret, key) = files::new_key()?;
        Ok(Self { secret, account: key.account() })
    }
}
