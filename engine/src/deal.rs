//! A dealer that everybody must trust: it makes a group key and its shares in one place, for networks on one machine.

use crate::{
    chain::{COMMITTEE_MAX, Output, PrivateKey, PublicKey, SHARING_MODE, SHARING_VERSION, Variant},
    error::StartError,
    genesis::participants,
};
use bytes::Bytes;
use commonware_codec::{Copying, Decode as _, DecodeExt as _, Encode as _};
use commonware_cryptography::{Signer as _, bls12381::dkg::feldman_desmedt::deal as deal_shares};
use commonware_utils::N3f1;
use ports::{Dealt, Peer};
use rand::{SeedableRng as _, rngs::StdRng};

/// Makes a group key and one share for each validator from a seed that must stay secret.
///
/// # Errors
/// When a validator's key is none, or the set is empty or too large.
pub fn deal(seed: [u8; 32], validators: &[Peer]) -> Result<Dealt, StartError> {
    let players = participants("the list of validators", validators)?;
    let (output, shares) = deal_shares::<Variant, PublicKey, N3f1>(StdRng::from_seed(seed), SHARING_MODE, players)
        .map_err(|error| StartError::Validators(error.to_string()))?;
    let shares = shares.into_iter().map(|(player, share)| (crate::block::peer(&player), share.encode())).collect();
    let output = output.encode();
    Ok(Dealt { group_key: group_key(&output)?, output, shares })
}

/// The 96 bytes of the group's public key, out of what the ceremony or the dealer made public.
///
/// # Errors
/// When the bytes are no output.
pub fn group_key(output: &Bytes) -> Result<[u8; 96], StartError> {
    let output = decode_output(output)?;
    let mut bytes = [0; 96];
    bytes.copy_from_slice(&output.public().public().encode());
    Ok(bytes)
}

/// The output of a ceremony from its bytes.
pub(crate) fn decode_output(output: &Bytes) -> Result<Output, StartError> {
    Output::decode_cfg(output.clone(), &(COMMITTEE_MAX, SHARING_VERSION))
        .map_err(|error| StartError::Output(error.to_string()))
}

/// The public key of a node with this secret.
#[must_use]
pub fn public_key(secret: [u8; 32]) -> Peer {
    crate::block::peer(&private_key(secret).public_key())
}

/// The signer of a node with this secret: any 32 bytes are one.
pub(crate) fn private_key(secret: [u8; 32]) -> PrivateKey {
    PrivateKey::decode(Copying(&secret)).expect("any 32 bytes are an Ed25519 secret")
}
