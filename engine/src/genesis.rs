//! What a network agrees on before its first block, checked once, and the block at height 0 that follows from it.

use crate::{
    block::{Block, Draft, Roots},
    chain::{COMMITTEE_MAX, Context, Digest, EpochInfo, PublicKey, Scheme},
    deal::decode_output,
    error::StartError,
};
use bytes::Bytes;
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::types::{Epoch, Round, View};
use commonware_cryptography::Digest as _;
use commonware_glue::dkg::types::{EpochOutcome, Payload};
use commonware_storage::{mmr, qmdb::sync::Target};
use commonware_utils::{ordered::Set, sequence::Unit, sync::Mutex};
use ports::{Committee, Peer, StateMachine};
use std::{collections::BTreeSet, num::NonZeroU64};

/// The shortest epoch: a first half in which shares are dealt, a second in which every dealer can lead a block.
pub const EPOCH_BLOCKS_MIN: u64 = 8;

/// The network's agreement, decoded and checked.
#[derive(Clone)]
pub(crate) struct Genesis {
    pub(crate) namespace: &'static [u8],
    pub(crate) info: EpochInfo,
    pub(crate) validators: Set<PublicKey>,
    pub(crate) epoch_blocks: NonZeroU64,
    pub(crate) time_ms: u64,
    pub(crate) step_max_ms: u64,
}

impl Genesis {
    /// Checks what a configuration says.
    pub(crate) fn check(committee: &Committee, machine: &dyn StateMachine) -> Result<Self, StartError> {
        let output = decode_output(&committee.output)?;
        let validators = participants("the list of validators", &committee.validators)?;
        if let Some(stranger) = output.players().iter().find(|player| validators.position(player).is_none()) {
            return Err(StartError::Validators(format!("{stranger} holds a share and is not in the list")));
        }
        let epoch_blocks = NonZeroU64::new(committee.epoch_blocks)
            .filter(|blocks| blocks.get() >= EPOCH_BLOCKS_MIN)
            .ok_or_else(|| StartError::Genesis(format!("an epoch needs at least {EPOCH_BLOCKS_MIN} blocks")))?;
        let info = EpochInfo {
            outcome: EpochOutcome::Success,
            epoch: Epoch::zero(),
            output,
            players: initial(machine, 0)?,
            next_players: initial(machine, 1)?,
            directory: Unit,
        };
        Ok(Self {
            namespace: intern(&committee.namespace),
            info,
            validators,
            epoch_blocks,
            time_ms: committee.genesis_time_ms,
            step_max_ms: committee.step_max_ms,
        })
    }

    /// A verifier of certificates: one for all epochs, because the group key never changes.
    pub(crate) fn certificate_verifier(&self) -> Scheme {
        Scheme::certificate_verifier(self.namespace, *self.info.output.public().public())
    }

    /// The block at height 0: no body, the empty state. Its canonical root is not given, since nothing is proven against it.
    pub(crate) fn block(&self, target: Target<mmr::Family, Digest>) -> Block {
        let leader = self.validators.iter().next().expect("checked not to be empty").clone();
        let context =
            Context { round: Round::new(Epoch::zero(), View::zero()), leader, parent: (View::zero(), Digest::EMPTY) };
        let roots = Roots { state: [0; 32], operations: target.root.0, range: target.range };
        Block::assemble(
            &context,
            Draft {
                height: 0,
                time_ms: self.time_ms,
                roots,
                body: Bytes::new(),
                payload: Some(Payload::EpochInfo(self.info.clone())),
            },
        )
    }
}

/// The members that a state machine names before there is any state.
fn initial(machine: &dyn StateMachine, epoch: u64) -> Result<Set<PublicKey>, StartError> {
    let nothing = vec![None; machine.committee_keys(epoch).len()];
    participants("the first committee", &machine.committee(epoch, &nothing))
}

/// A set of keys from their bytes.
pub(crate) fn participants(what: &'static str, peers: &[Peer]) -> Result<Set<PublicKey>, StartError> {
    let keys = peers.iter().map(|peer| public_key(what, peer)).collect::<Result<Vec<_>, _>>()?;
    let set = Set::from_iter_dedup(keys);
    if set.is_empty() {
        return Err(StartError::Validators(format!("{what} is empty")));
    }
    if set.len() > COMMITTEE_MAX.get() as usize {
        return Err(StartError::Validators(format!("{what} has {} members, at most {COMMITTEE_MAX}", set.len())));
    }
    Ok(set)
}

/// A key from its bytes.
pub(crate) fn public_key(what: &'static str, peer: &Peer) -> Result<PublicKey, StartError> {
    PublicKey::decode(Copying(peer))
        .map_err(|_| StartError::PublicKey { what, key: blake3::Hash::from_bytes(*peer).to_hex().to_string() })
}

/// The namespace for as long as the process lives, as the resharing actor wants it: each one is kept once.
fn intern(namespace: &[u8]) -> &'static [u8] {
    static KNOWN: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock();
    if let Some(kept) = known.get(namespace) {
        return kept;
    }
    let kept: &'static [u8] = Box::leak(namespace.into());
    known.insert(kept);
    kept
}
