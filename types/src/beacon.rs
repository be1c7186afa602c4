//! The beacon: a threshold signature over a final height (rule 5).
//!
//! There is exactly one signature of the group over a message, whoever contributes to it. Validators sign a height only once it
//! is final, so when the block is fixed nobody can know its beacon, and when the beacon can be known nobody can change the block.

use crate::{ChainId, Height, hex_bytes, limits::VALIDATORS_MAX};
use commonware_codec::{Decode as _, DecodeExt as _, Encode as _};
use commonware_cryptography::bls12381::primitives::{
    group::{G1, G2},
    ops::{self, threshold},
    sharing::{self, ModeVersion},
    variant::{MinSig, PartialSignature},
};
use commonware_parallel::Sequential;
use std::num::NonZeroU32;

/// The domain of beacon signatures.
pub const NAMESPACE: &[u8] = b"lemma/beacon/1";

hex_bytes!(
    /// The beacon of one height: a signature of the group (G1, compressed).
    Beacon, 48
);
hex_bytes!(
    /// The key of the validators as a group (G2, compressed): one for the life of the chain.
    GroupKey, 96
);

/// What is signed for a height.
#[must_use]
pub fn message(chain: ChainId, height: Height) -> Vec<u8> {
    [chain.0.as_slice(), &height.0.to_be_bytes()].concat()
}

impl Beacon {
    /// Whether this is the beacon of `height` under the group's key.
    #[must_use]
    pub fn verify(&self, group: &GroupKey, chain: ChainId, height: Height) -> bool {
        let Ok(key) = G2::decode(group.0.to_vec()) else { return false };
        let Ok(signature) = G1::decode(self.0.to_vec()) else { return false };
        ops::verify_message::<MinSig>(&key, NAMESPACE, &message(chain, height), &signature).is_ok()
    }
}

/// A share of a beacon that was found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share(PartialSignature<MinSig>);

impl Share {
    /// The index of the validator in its committee.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.0.index.get()
    }
}

/// The public side of a committee's shared key.
#[derive(Clone, Debug)]
pub struct Sharing(sharing::Sharing<MinSig>);

impl Sharing {
    /// Decodes what the engine says of a committee.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let max = NonZeroU32::new(u32::try_from(VALIDATORS_MAX).ok()?)?;
        sharing::Sharing::decode_cfg(bytes.to_vec(), &(max, ModeVersion::v0())).ok().map(Self)
    }

    /// The group's key.
    #[must_use]
    pub fn group_key(&self) -> GroupKey {
        let mut key = [0; 96];
        let encoded = self.0.public().encode();
        if encoded.len() == key.len() {
            key.copy_from_slice(&encoded);
        }
        GroupKey(key)
    }

    /// How many shares make a beacon.
    #[must_use]
    pub fn required(&self) -> usize {
        self.0.required() as usize
    }

    /// Checks one validator's share of the beacon of `height`.
    #[must_use]
    pub fn share(&self, chain: ChainId, height: Height, bytes: &[u8]) -> Option<Share> {
        let share = PartialSignature::<MinSig>::decode(bytes.to_vec()).ok()?;
        threshold::verify_message::<MinSig>(&self.0, NAMESPACE, &message(chain, height), &share).ok()?;
        Some(Share(share))
    }

    /// Recovers the beacon from enough shares of one height.
    #[must_use]
    pub fn recover<'a>(&self, shares: impl IntoIterator<Item = &'a Share>) -> Option<Beacon> {
        let partials: Vec<_> = shares.into_iter().map(|share| share.0.clone()).collect();
        let signature = threshold::recover::<MinSig, _>(&self.0, &partials, &Sequential).ok()?;
        let mut beacon = [0; 48];
        let encoded = signature.encode();
        if encoded.len() != beacon.len() {
            return None;
        }
        beacon.copy_from_slice(&encoded);
        Some(Beacon(beacon))
    }
}

/// A group of one, for tests: threshold recovery yields the very signature that the group's secret would make.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    use super::{Beacon, GroupKey, NAMESPACE, message};
    use crate::{ChainId, Height};
    use commonware_codec::{DecodeExt as _, Encode as _};
    use commonware_cryptography::bls12381::primitives::{group::Private, ops, variant::MinSig};

    /// A group's secret that one party knows.
    #[derive(Clone)]
    pub struct GroupSecret(Private);

    impl GroupSecret {
        /// A secret derived from a seed: the first scalar of the group in a stream.
        #[must_use]
        pub fn derive(seed: u64) -> Option<Self> {
            let mut stream =
                blake3::Hasher::new_derive_key("lemma 1 test group").update(&seed.to_le_bytes()).finalize_xof();
            (0..256).find_map(|_| {
                let mut bytes = [0; 32];
                stream.fill(&mut bytes);
                Private::decode(bytes.to_vec()).ok().map(Self)
            })
        }

        /// The group's key.
        #[must_use]
        pub fn public(&self) -> GroupKey {
            let mut key = [0; 96];
            key.copy_from_slice(&ops::compute_public::<MinSig>(&self.0).encode());
            GroupKey(key)
        }

        /// The beacon of a height.
        #[must_use]
        pub fn sign(&self, chain: ChainId, height: Height) -> Beacon {
            let mut beacon = [0; 48];
            let signature = ops::sign_message::<MinSig>(&self.0, NAMESPACE, &message(chain, height));
            beacon.copy_from_slice(&signature.encode());
            Beacon(beacon)
        }
    }
}
