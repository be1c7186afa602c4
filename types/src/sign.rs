//! Ed25519 signatures over domain-separated canonical bytes.
//!
//! What is signed is `domain ‖ encode(value)`, the domain length-prefixed, and every signed value holds the chain id: two
//! different values never sign the same bytes, and no signature is good on another network or for another purpose.

use crate::{AccountId, ChainId, Refusal, codec, hex_bytes};
use borsh::{BorshDeserialize, BorshSerialize};
use commonware_codec::{DecodeExt as _, Encode as _};
use commonware_cryptography::{Signer as _, Verifier as _, ed25519};

hex_bytes!(
    /// An Ed25519 signature.
    Signature, 64
);

/// Something that is signed by the account it names.
pub trait Signable: BorshSerialize {
    /// Keeps its signatures apart from all others.
    const DOMAIN: &'static [u8];

    /// The account that must have signed.
    fn signer(&self) -> AccountId;

    /// The network it is meant for.
    fn chain(&self) -> ChainId;
}

/// A value with a signature that nobody has checked yet.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signed<T> {
    /// What was signed.
    pub value: T,
    /// By [`Signable::signer`], if it is true.
    pub signature: Signature,
}

/// A value whose signature and chain were found right. Made by [`Signed::verify`] alone, or for a final block by
/// [`Signed::trust`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(Signed<T>);

impl<T: Signable> Signed<T> {
    /// Signs a value.
    #[must_use]
    pub fn new(value: T, secret: &SecretKey) -> Self {
        let signature = secret.sign(T::DOMAIN, &codec::encode(&value));
        Self { value, signature }
    }

    /// Checks that the value is meant for `chain` and signed by its signer.
    ///
    /// # Errors
    /// [`Refusal::WrongChain`], [`Refusal::BadSignature`].
    pub fn verify(self, chain: ChainId) -> Result<Verified<T>, Refusal> {
        if self.value.chain() != chain {
            return Err(Refusal::WrongChain);
        }
        if !verify(self.value.signer(), T::DOMAIN, &codec::encode(&self.value), &self.signature) {
            return Err(Refusal::BadSignature);
        }
        Ok(Verified(self))
    }

    /// Takes a value from a final block as checked: more than two thirds of the validators have checked it.
    #[must_use]
    pub const fn trust(self) -> Verified<T> {
        Verified(self)
    }
}

impl<T> Verified<T> {
    /// The value.
    pub const fn value(&self) -> &T {
        &self.0.value
    }

    /// The value with its signature.
    pub const fn signed(&self) -> &Signed<T> {
        &self.0
    }

    /// The value with its signature.
    pub fn into_signed(self) -> Signed<T> {
        self.0
    }
}

/// Whether `signature` is `account`'s over `message` in `domain`. False as well for an account that is no point on the curve.
#[must_use]
pub fn verify(account: AccountId, domain: &[u8], message: &[u8], signature: &Signature) -> bool {
    let Ok(key) = ed25519::PublicKey::decode(account.0.to_vec()) else { return false };
    let Ok(signature) = ed25519::Signature::decode(signature.0.to_vec()) else { return false };
    key.verify(domain, message, &signature)
}

/// An account's secret key. Never shown, never logged.
#[derive(Clone)]
pub struct SecretKey(ed25519::PrivateKey);

impl SecretKey {
    /// A key from 32 bytes that nobody else knows.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        ed25519::PrivateKey::decode(bytes.to_vec()).ok().map(Self)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        let mut bytes = [0; 32];
        let encoded = self.0.public_key().encode();
        if encoded.len() == bytes.len() {
            bytes.copy_from_slice(&encoded);
        }
        AccountId(bytes)
    }

    /// Signs a message in a domain.
    #[must_use]
    pub fn sign(&self, domain: &[u8], message: &[u8]) -> Signature {
        let mut bytes = [0; 64];
        let encoded = self.0.sign(domain, message).encode();
        if encoded.len() == bytes.len() {
            bytes.copy_from_slice(&encoded);
        }
        Signature(bytes)
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey of {}", self.account())
    }
}
