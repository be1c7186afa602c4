//! One name for each concrete type of the stack, so that no other file chooses a curve or a hash.

use commonware_consensus::{
    marshal::{core::Mailbox, standard::Standard},
    simplex::{scheme::bls12381_threshold::vrf, types},
};
use commonware_cryptography::{
    blake3,
    bls12381::{
        dkg::feldman_desmedt,
        primitives::{sharing, variant::MinSig},
    },
    ed25519,
};
use commonware_glue::dkg;
use commonware_runtime::{Clock, Metrics, Network, Spawner, Storage};
use commonware_utils::{NZU32, sequence::Unit};
use rand_core::{CryptoRng, Rng};
use std::num::NonZeroU32;

/// The most members that one committee may have.
pub(crate) const COMMITTEE_MAX: NonZeroU32 = NZU32!(128);
/// How shares are evaluated; frozen, because the group key and every share depend on it.
pub(crate) const SHARING_MODE: sharing::Mode = sharing::Mode::NonZeroCounter;
/// The newest sharing mode that is decoded.
pub(crate) const SHARING_VERSION: sharing::ModeVersion = sharing::ModeVersion::v0();

pub(crate) type Hasher = blake3::Blake3;
pub(crate) type Digest = blake3::Digest;
pub(crate) type PublicKey = ed25519::PublicKey;
pub(crate) type PrivateKey = ed25519::PrivateKey;
pub(crate) type Variant = MinSig;
pub(crate) type Scheme = vrf::Scheme<PublicKey, Variant>;
pub(crate) type Context = types::Context<Digest, PublicKey>;
pub(crate) type Finalization = types::Finalization<Scheme, Digest>;
pub(crate) type Output = feldman_desmedt::Output<Variant, PublicKey>;
pub(crate) type Sharing = sharing::Sharing<Variant>;
pub(crate) type EpochInfo = dkg::types::EpochInfo<Variant, PublicKey, Unit>;
pub(crate) type SchemeInfo = dkg::types::SchemeInfo<Variant, PublicKey>;
pub(crate) type Payload = dkg::types::Payload<Variant, PublicKey, Unit>;
pub(crate) type MarshalVariant = Standard<crate::block::Block>;
pub(crate) type Marshal = Mailbox<Scheme, MarshalVariant>;

/// Everything a node asks of the runtime it lives in, real or simulated.
pub trait Runtime: Rng + CryptoRng + Spawner + Metrics + Clock + Storage + Network + Sync {}

impl<E: Rng + CryptoRng + Spawner + Metrics + Clock + Storage + Network + Sync> Runtime for E {}
