//! Verdicts and the certificates they add up to (rules 10 and 11).
//!
//! A verdict is a BLS signature over (chain, workload, attempt, proof, verdict). Equal verdicts with at least two thirds of the
//! bonds of the verdict set behind them aggregate into one signature with a bitmap: one pairing checks them all. Bonds count and
//! not heads, so that a prover that splits into many says no more than before. Aggregation of keys that were chosen freely is
//! unsafe (a rogue key cancels the others), so a key enters a set only with a proof of possession.

use crate::{
    AccountId, Amount, BlobId, ChainId, Data, WorkloadId, codec, hex_bytes,
    limits::{BITMAP_MAX, PROVERS_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use commonware_codec::{DecodeExt as _, Encode as _};
use commonware_cryptography::bls12381::primitives::{
    group::{G1, G2, Private},
    ops::{self, aggregate},
    variant::MinSig,
};
use commonware_utils::iter::NonEmpty;

const NAMESPACE: &[u8] = b"lemma/verdict/1";
const POSSESSION: &[u8] = b"lemma/possession/1";

hex_bytes!(
    /// The BLS12-381 public key by which a prover's verdicts are known (G2, compressed).
    VerdictKey, 96
);
hex_bytes!(
    /// A BLS12-381 signature, single or aggregated (G1, compressed).
    VerdictSignature, 48
);

/// What a prover says of a proof. The numbers are part of the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Verdict {
    /// The verifier accepted it.
    Valid = 0,
    /// The verifier refused it.
    Invalid = 1,
    /// It could not be fetched.
    Unavailable = 2,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Subject {
    /// The workload.
    pub workload: WorkloadId,
    /// Its attempt, counted from 1.
    pub attempt: u16,
    /// The bundle of proof and public values.
    pub proof: BlobId,
}

fn message(chain: ChainId, subject: &Subject, verdict: Verdict) -> Vec<u8> {
    codec::encode(&(chain, subject, verdict))
}

fn possession_namespace(chain: ChainId, account: AccountId) -> Vec<u8> {
    [POSSESSION, &chain.0, &account.0].concat()
}

/// The secret of a [`VerdictKey`]. Never shown, never logged.
#[derive(Clone)]
pub struct VerdictSecret(Private);

impl VerdictSecret {
    /// A key from 32 bytes that nobody else knows; `None` for the few values that are no scalar of the group.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        Private::decode(bytes.to_vec()).ok().map(Self)
    }

    /// A key derived from other secret bytes: the first that is a scalar of the group.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Option<Self> {
        let mut stream = blake3::Hasher::new_derive_key("lemma 1 verdict key").update(secret).finalize_xof();
        (0..256).find_map(|_| {
            let mut bytes = [0; 32];
            stream.fill(&mut bytes);
            Self::from_bytes(&bytes)
        })
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> VerdictKey {
        VerdictKey(fixed(&ops::compute_public::<MinSig>(&self.0).encode()))
    }

    /// Shows that whoever registers the key knows its secret.
    #[must_use]
    pub fn prove_possession(&self, chain: ChainId, account: AccountId) -> VerdictSignature {
        let namespace = possession_namespace(chain, account);
        VerdictSignature(fixed(&ops::sign_proof_of_possession::<MinSig>(&self.0, &namespace).encode()))
    }

    /// Signs a verdict.
    #[must_use]
    pub fn sign(&self, chain: ChainId, subject: &Subject, verdict: Verdict) -> VerdictSignature {
        let signature = ops::sign_message::<MinSig>(&self.0, NAMESPACE, &message(chain, subject, verdict));
        VerdictSignature(fixed(&signature.encode()))
    }
}

impl std::fmt::Debug for VerdictSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VerdictSecret")
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    if bytes.len() == N {
        out.copy_from_slice(bytes);
    }
    out
}

fn key(bytes: &VerdictKey) -> Option<G2> {
    G2::decode(bytes.0.to_vec()).ok()
}

fn signature(bytes: &VerdictSignature) -> Option<G1> {
    G1::decode(bytes.0.to_vec()).ok()
}

impl VerdictKey {
    /// Whether `proof` shows that `account` knows this key's secret on `chain`.
    #[must_use]
    pub fn is_possessed(&self, chain: ChainId, account: AccountId, proof: &VerdictSignature) -> bool {
        let (Some(key), Some(proof)) = (key(self), signature(proof)) else { return false };
        ops::verify_proof_of_possession::<MinSig>(&key, &possession_namespace(chain, account), &proof).is_ok()
    }
}

/// One prover's verdict.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedVerdict {
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub verdict: Verdict,
    /// Who says it.
    pub prover: AccountId,
    /// The signature of that prover's verdict key.
    pub signature: VerdictSignature,
}

impl SignedVerdict {
    /// Whether `key` signed this on `chain`.
    #[must_use]
    pub fn is_signed_by(&self, chain: ChainId, with: &VerdictKey) -> bool {
        let (Some(key), Some(signature)) = (key(with), signature(&self.signature)) else { return false };
        let message = message(chain, &self.subject, self.verdict);
        ops::verify_message::<MinSig>(&key, NAMESPACE, &message, &signature).is_ok()
    }
}

/// A member of a verdict set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Member {
    /// The prover.
    pub account: AccountId,
    /// Its verdict key, whose possession was proved.
    pub key: VerdictKey,
    /// What its verdict weighs: its bond when the set was made.
    pub bond: Amount,
}

/// Equal verdicts with at least two thirds of the bonds of a verdict set behind them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Certificate {
    /// What they all say.
    pub verdict: Verdict,
    /// Which members of the set say so: bit `i % 8` of byte `i / 8` for member `i`; just as long as the set needs.
    pub signers: Data<BITMAP_MAX>,
    /// Their signatures, aggregated.
    pub signature: VerdictSignature,
}

/// Why something is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bitmap has another length than the set needs, or names members that do not exist.
    #[error("the bitmap does not fit a set of {0}")]
    Bitmap(usize),
    /// Too little is bonded behind it.
    #[error("verdicts worth {got} of the {set} units bonded in the set, where two thirds are needed")]
    TooFew {
        /// The bonds of the signers, in units of 10⁻⁹ LEM.
        got: u128,
        /// The bonds of the whole set, likewise.
        set: u128,
    },
    /// The signature is not theirs.
    #[error("the aggregate signature does not hold")]
    Signature,
}

/// What some members of a set have bonded together, in units of 10⁻⁹ LEM.
pub fn bonds<'a>(members: impl IntoIterator<Item = &'a Member>) -> u128 {
    members.into_iter().fold(0, |sum, member| sum.saturating_add(u128::from(member.bond.0)))
}

/// Whether the bonds behind equal verdicts are at least two thirds of those of the set: `3 × verdicts ≥ 2 × set` (rule 11).
#[must_use]
pub const fn is_quorum(verdicts: u128, set: u128) -> bool {
    verdicts.saturating_mul(3) >= set.saturating_mul(2) && set > 0
}

impl Certificate {
    /// Aggregates verdicts, given by their index in the set. They must have been checked, and all say `verdict`.
    #[must_use]
    pub fn aggregate(verdict: Verdict, set: usize, verdicts: &[(usize, VerdictSignature)]) -> Option<Self> {
        let mut bitmap = vec![0u8; set.div_ceil(8)];
        let mut points = Vec::with_capacity(verdicts.len());
        for (index, bytes) in verdicts {
            let byte = bitmap.get_mut(index >> 3)?;
            let bit = 1u8 << (index & 7);
            if *index >= set || *byte & bit != 0 {
                return None;
            }
            *byte |= bit;
            points.push(signature(bytes)?);
        }
        let points = NonEmpty::try_new(points.iter())?;
        let combined = aggregate::combine_signatures::<MinSig, _>(points);
        let signature = VerdictSignature(fixed(&combined.encode()));
        Some(Self { verdict, signers: Data::new(bitmap).ok()?, signature })
    }

    /// The indices of the members that signed, ascending.
    pub fn signers(&self) -> impl Iterator<Item = usize> {
        self.signers.iter().enumerate().flat_map(|(byte, bits)| {
            (0..8usize)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| byte.saturating_mul(8).saturating_add(bit))
        })
    }

    /// Checks that members with at least two thirds of the bonds of `set` signed this verdict about `subject`.
    ///
    /// # Errors
    /// When the bitmap does not fit the set, too little is bonded behind it, or the signature is not theirs.
    pub fn verify(&self, chain: ChainId, subject: &Subject, set: &[Member]) -> Result<(), CertificateError> {
        if set.len() > PROVERS_MAX || self.signers.len() != set.len().div_ceil(8) {
            return Err(CertificateError::Bitmap(set.len()));
        }
        let signers: Option<Vec<&Member>> = self.signers().map(|index| set.get(index)).collect();
        let signers = signers.ok_or(CertificateError::Bitmap(set.len()))?;
        let (got, all) = (bonds(signers.iter().copied()), bonds(set));
        if !is_quorum(got, all) {
            return Err(CertificateError::TooFew { got, set: all });
        }
        let keys: Option<Vec<G2>> = signers.iter().map(|member| key(&member.key)).collect();
        let keys = keys.ok_or(CertificateError::Signature)?;
        let keys = NonEmpty::try_new(keys.iter()).ok_or(CertificateError::Signature)?;
        let public = aggregate::combine_public_keys::<MinSig, _>(keys);
        let signature = aggregate::Signature::decode(self.signature.0.to_vec());
        let signature = signature.map_err(|_| CertificateError::Signature)?;
        let message = message(chain, subject, self.verdict);
        aggregate::verify_same_message::<MinSig>(&public, NAMESPACE, &message, &signature)
            .map_err(|_| CertificateError::Signature)
    }
}

/// Keys made to cheat, for tests.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    use super::{VerdictKey, VerdictSecret, fixed, key};
    use commonware_codec::Encode as _;

    /// A key that cancels those of others: its owner does not know its secret, and yet signs alone for all of them together.
    #[must_use]
    pub fn rogue(own: &VerdictSecret, others: &[VerdictKey]) -> Option<VerdictKey> {
        let mut point = key(&own.public())?;
        for other in others {
            let other = key(other)?;
            #[expect(clippy::arithmetic_side_effects, reason = "points of a group, in which nothing overflows")]
            {
                point -= &other;
            }
        }
        Some(VerdictKey(fixed(&point.encode())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId([7; 32]);

    fn secret(seed: u8) -> VerdictSecret {
        VerdictSecret::derive(&[seed; 32]).expect("key")
    }

    fn set(size: u8) -> (Vec<VerdictSecret>, Vec<Member>) {
        let secrets: Vec<_> = (0..size).map(secret).collect();
        let member = |(i, s): (usize, &VerdictSecret)| Member {
            account: AccountId([i as u8; 32]),
            key: s.public(),
            bond: Amount(5),
        };
        let members = secrets.iter().enumerate().map(member).collect();
        (secrets, members)
    }

    fn subject() -> Subject {
        Subject { workload: WorkloadId([1; 32]), attempt: 1, proof: BlobId([2; 32]) }
    }

    fn certificate(secrets: &[VerdictSecret], signers: &[usize], verdict: Verdict) -> Certificate {
        let sign = |i: &usize| (*i, secrets[*i].sign(CHAIN, &subject(), verdict));
        let verdicts: Vec<_> = signers.iter().map(sign).collect();
        Certificate::aggregate(verdict, secrets.len(), &verdicts).expect("aggregate")
    }

    #[test]
    fn two_thirds_make_a_certificate_and_one_less_does_not() {
        let (secrets, members) = set(9);
        let six = certificate(&secrets, &[0, 2, 3, 5, 7, 8], Verdict::Valid);
        assert_eq!(six.verify(CHAIN, &subject(), &members), Ok(()));
        assert_eq!(six.signers().collect::<Vec<_>>(), [0, 2, 3, 5, 7, 8]);
        let five = certificate(&secrets, &[0, 2, 3, 5, 7], Verdict::Valid);
        assert_eq!(five.verify(CHAIN, &subject(), &members), Err(CertificateError::TooFew { got: 25, set: 45 }));
    }

    #[test]
    fn bonds_count_and_not_heads() {
        let (secrets, mut members) = set(9);
        members[8].bond = Amount(80);
        let eight = certificate(&secrets, &[0, 1, 2, 3, 4, 5, 6, 7], Verdict::Valid);
        assert_eq!(eight.verify(CHAIN, &subject(), &members), Err(CertificateError::TooFew { got: 40, set: 120 }));
        let one = certificate(&secrets, &[8], Verdict::Valid);
        assert_eq!(one.verify(CHAIN, &subject(), &members), Ok(()));
        members[7].bond = Amount(6);
        assert!(one.verify(CHAIN, &subject(), &members).is_err(), "80 of 121 are less than two thirds");
    }

    #[test]
    fn a_certificate_holds_for_its_subject_verdict_chain_and_set_alone() {
        let (secrets, members) = set(4);
        let good = certificate(&secrets, &[0, 1, 2], Verdict::Valid);
        let other = Subject { attempt: 2, ..subject() };
        assert_eq!(good.verify(CHAIN, &other, &members), Err(CertificateError::Signature));
        assert_eq!(good.verify(ChainId([8; 32]), &subject(), &members), Err(CertificateError::Signature));
        let turned = Certificate { verdict: Verdict::Invalid, ..good.clone() };
        assert_eq!(turned.verify(CHAIN, &subject(), &members), Err(CertificateError::Signature));
        let stranger = Certificate { signers: Data::new(vec![0b1110]).expect("bitmap"), ..good.clone() };
        assert_eq!(stranger.verify(CHAIN, &subject(), &members), Err(CertificateError::Signature));
        let outside = Certificate { signers: Data::new(vec![0b1_0111]).expect("bitmap"), ..good.clone() };
        assert_eq!(outside.verify(CHAIN, &subject(), &members), Err(CertificateError::Bitmap(4)));
        let longer = Certificate { signers: Data::new(vec![0b111, 0]).expect("bitmap"), ..good };
        assert_eq!(longer.verify(CHAIN, &subject(), &members), Err(CertificateError::Bitmap(4)));
    }

    #[test]
    fn nobody_counts_twice() {
        let (secrets, _) = set(4);
        let verdict = secrets[0].sign(CHAIN, &subject(), Verdict::Valid);
        assert_eq!(Certificate::aggregate(Verdict::Valid, 4, &[(0, verdict), (0, verdict)]), None);
        assert_eq!(Certificate::aggregate(Verdict::Valid, 4, &[(4, verdict)]), None);
    }

    #[test]
    fn possession_is_bound_to_chain_and_account() {
        let secret = secret(1);
        let (key, account) = (secret.public(), AccountId([1; 32]));
        let proof = secret.prove_possession(CHAIN, account);
        assert!(key.is_possessed(CHAIN, account, &proof));
        assert!(!key.is_possessed(ChainId([8; 32]), account, &proof));
        assert!(!key.is_possessed(CHAIN, AccountId([2; 32]), &proof));
        assert!(!self::secret(2).public().is_possessed(CHAIN, account, &proof));
    }

    #[test]
    fn a_rogue_key_would_sign_for_all_and_cannot_be_registered() {
        let (secrets, mut members) = set(3);
        let (own, account) = (secret(99), AccountId([9; 32]));
        let honest: Vec<VerdictKey> = members.iter().map(|member| member.key).collect();
        let rogue = testing::rogue(&own, &honest).expect("a key");
        members.push(Member { account, key: rogue, bond: Amount(5) });
        let signature = own.sign(CHAIN, &subject(), Verdict::Valid);
        let forged =
            Certificate { verdict: Verdict::Valid, signers: Data::new(vec![0b1111]).expect("bitmap"), signature };
        assert_eq!(forged.verify(CHAIN, &subject(), &members), Ok(()), "in a set it would speak for everybody");
        for secret in secrets.iter().chain([&own]) {
            assert!(!rogue.is_possessed(CHAIN, account, &secret.prove_possession(CHAIN, account)));
        }
    }

    #[test]
    fn two_thirds_are_counted_exactly() {
        let least = |set: u128| (0..=set).find(|n| is_quorum(*n, set));
        assert_eq!([1, 2, 3, 4, 6, 7, 128].map(least), [1, 2, 2, 3, 4, 5, 86].map(Some));
        assert!(!is_quorum(0, 0));
        let most = 128 * u128::from(u64::MAX);
        assert!(is_quorum(most, most) && !is_quorum(most / 2, most));
    }
}
