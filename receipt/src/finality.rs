//! The certificate of a final block, checked with nothing but the group key.
//!
//! A certificate is the encoded proposal, which follows from the header byte for byte, and two threshold signatures: the
//! vote to finalize the proposal, and the seed of its round. So nothing of the proposal is decoded: what the header says is
//! encoded again and must stand there. The layout is that of `simplex::types::Finalization` with threshold-VRF certificates.

use commonware_codec::{Copying, DecodeExt as _, Encode as _, varint::UInt};
use commonware_cryptography::bls12381::primitives::{
    ops,
    variant::{MinSig, Variant},
};
use ports::Header;

/// Bytes of a signature: a point of G1, compressed.
const SIGNATURE_BYTES: usize = 48;
/// What follows the namespace under a vote to finalize, and under a seed.
const FINALIZE: &[u8] = b"_FINALIZE";
const SEED: &[u8] = b"_SEED";

type Public = <MinSig as Variant>::Public;
type Signature = <MinSig as Variant>::Signature;

/// Why a header is not shown to be final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinalityError {
    /// The key is no point of the group.
    #[error("the group key is malformed")]
    GroupKey,
    /// The certificate is too short or too long.
    #[error("the certificate has {got} bytes, not {expected}")]
    Length {
        /// Bytes that were given.
        got: usize,
        /// Bytes of a certificate for this header.
        expected: usize,
    },
    /// The certificate is for another block, or for another round.
    #[error("the certificate is not for this header")]
    Proposal,
    /// A signature is no point of the group.
    #[error("the certificate's signatures are malformed")]
    Signature,
    /// The group did not vote to finalize the block.
    #[error("the vote in the certificate is not the group's")]
    Vote,
    /// The seed of the round is not the group's.
    #[error("the seed in the certificate is not the group's")]
    Seed,
}

/// Checks that the validators that hold `group_key` finalized the block with this header, on the chain that signs under
/// `namespace`.
///
/// # Errors
/// When the certificate does not show it.
pub fn verify_finalization(
    group_key: &[u8; 96],
    namespace: &[u8],
    header: &Header,
    certificate: &[u8],
) -> Result<(), FinalityError> {
    let public = Public::decode(Copying(group_key)).map_err(|_| FinalityError::GroupKey)?;
    let round = [UInt(header.epoch).encode(), UInt(header.view).encode()].concat();
    let proposal = [&round[..], &UInt(header.parent_view).encode(), &header.hash()].concat();
    let expected = proposal.len() + 2 * SIGNATURE_BYTES;
    let length = FinalityError::Length { got: certificate.len(), expected };
    if certificate.len() != expected {
        return Err(length);
    }
    let signatures = certificate.strip_prefix(&proposal[..]).ok_or(FinalityError::Proposal)?;
    let (vote, seed) = signatures.split_at_checked(SIGNATURE_BYTES).ok_or(length)?;
    if !signed(&public, &[namespace, FINALIZE].concat(), &proposal, vote)? {
        return Err(FinalityError::Vote);
    }
    if !signed(&public, &[namespace, SEED].concat(), &round, seed)? {
        return Err(FinalityError::Seed);
    }
    Ok(())
}

fn signed(public: &Public, namespace: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, FinalityError> {
    let signature = Signature::decode(Copying(signature)).map_err(|_| FinalityError::Signature)?;
    Ok(ops::verify_message::<MinSig>(public, namespace, message, &signature).is_ok())
}
