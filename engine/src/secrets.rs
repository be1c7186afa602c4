//! The node's secrets of the resharing: shares, seeds and private dealings, encrypted where they rest.
//!
//! Each entry has a fresh nonce. The key of an entry is BLAKE3 of the nonce under a master key that comes from the node's own
//! secret, and is used for that entry alone; the entry's name is authenticated with it, so that entries cannot be swapped.
//! A write is durable before it returns: losing one could make a dealer contradict itself. A store that fails therefore ends
//! the node.

use crate::{chain::Runtime, error::StartError};
use bytes::Bytes;
use commonware_codec::{DecodeExt as _, Encode, RangeCfg};
use commonware_consensus::types::Epoch;
use commonware_cryptography::{
    ChaCha20Poly1305, Cipher as _, PublicKey,
    bls12381::{dkg::feldman_desmedt::DealerPrivMsg, primitives::group::Share},
    transcript::Summary,
};
use commonware_glue::dkg::SecretStore;
use commonware_math::algebra::Random as _;
use commonware_storage::metadata::{self, Metadata};
use commonware_utils::sequence::FixedBytes;
use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

const KEY_DOMAIN: &str = "lemma 2026-11 engine secrets at rest";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Longest entry: a nonce, a tag and a secret, all small.
const ENTRY_BYTES_MAX: usize = 256;

/// Kind, epoch and, for a dealing, the dealer.
type Name = FixedBytes<41>;
type Entries<E> = Metadata<E, Name, Bytes>;

const SHARE: u8 = 0;
const SEED: u8 = 1;
const DEALING: u8 = 2;
/// Says that the dealt share was taken in; never pruned.
const TAKEN: u8 = 3;

/// The store of one node.
pub(crate) struct Secrets<E: Runtime> {
    nonces: E,
    master: [u8; 32],
    entries: Option<Entries<E>>,
}

impl<E: Runtime> Secrets<E> {
    /// Opens the store of a node, which only the same `secret` can read.
    pub(crate) async fn open(context: E, partition: String, secret: &[u8; 32]) -> Self {
        let config = metadata::Config { partition, codec_config: RangeCfg::from(0..=ENTRY_BYTES_MAX) };
        let entries = Metadata::init(context.child("entries"), config).await;
        let entries = entries.unwrap_or_else(|error| panic!("the store of secrets cannot be opened: {error}"));
        Self { nonces: context, master: blake3::derive_key(KEY_DOMAIN, secret), entries: Some(entries) }
    }

    /// Takes in the share that was dealt at genesis, at the first start and never again.
    pub(crate) async fn take_dealt(&mut self, share: Share) {
        let taken = name(TAKEN, Epoch::zero(), &[]);
        if self.entries().get(&taken).is_some() {
            return;
        }
        let dealt = name(SHARE, Epoch::zero(), &[]);
        let (sealed, marker) = (self.seal(&dealt, &share), self.seal(&taken, &0u8));
        self.entries().put(dealt, sealed);
        self.entries().put(taken, marker);
        self.sync().await;
    }

    fn entries(&mut self) -> &mut Entries<E> {
        self.entries.as_mut().expect("a failed write ends the node")
    }

    async fn sync(&mut self) {
        let entries = self.entries.take().expect("a failed write ends the node");
        self.entries = Some(entries.sync().await.unwrap_or_else(|error| panic!("a secret cannot be stored: {error}")));
    }

    async fn put(&mut self, name: Name, secret: &impl Encode) {
        let sealed = self.seal(&name, secret);
        self.entries().put(name, sealed);
        self.sync().await;
    }

    fn get<T: commonware_codec::Read<Cfg = ()>>(&mut self, name: &Name) -> Option<T> {
        let sealed = self.entries().get(name)?.clone();
        let opened = open(&self.master, name, &sealed).and_then(|bytes| T::decode(bytes).ok());
        if opened.is_none() {
            tracing::error!("a secret cannot be read: was this folder made with another key?");
        }
        opened
    }

    fn seal(&mut self, name: &Name, secret: &impl Encode) -> Bytes {
        let mut nonce = [0; NONCE_BYTES];
        self.nonces.fill_bytes(&mut nonce);
        let mut data = secret.encode().to_vec();
        let cipher = ChaCha20Poly1305::random(KeyStream::new(&self.master, &nonce));
        let (_, tag) = cipher.seal(name, &mut data).expect("a fresh cipher seals one message");
        [&nonce[..], &tag, &data].concat().into()
    }
}

fn open(master: &[u8; 32], name: &Name, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let (tag, data) = rest.split_first_chunk::<TAG_BYTES>()?;
    let mut data = data.to_vec();
    let cipher = ChaCha20Poly1305::random(KeyStream::new(master, nonce));
    cipher.open(name, &mut data, &FixedBytes::new(*tag))?;
    Some(data)
}

fn name(kind: u8, epoch: Epoch, dealer: &[u8]) -> Name {
    let mut bytes = [0; 41];
    bytes[0] = kind;
    bytes[1..9].copy_from_slice(&epoch.get().to_be_bytes());
    bytes[9..9 + dealer.len()].copy_from_slice(dealer);
    Name::new(bytes)
}

fn epoch_of(name: &Name) -> Epoch {
    let mut epoch = [0; 8];
    epoch.copy_from_slice(&name[1..9]);
    Epoch::new(u64::from_be_bytes(epoch))
}

/// The key of one entry, in the shape in which the cipher takes a key.
struct KeyStream(blake3::OutputReader);

impl KeyStream {
    fn new(master: &[u8; 32], nonce: &[u8; NONCE_BYTES]) -> Self {
        Self(blake3::Hasher::new_keyed(master).update(nonce).finalize_xof())
    }
}

impl TryRng for KeyStream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for KeyStream {}

impl<E: Runtime> SecretStore for Secrets<E> {
    async fn put_share(&mut self, epoch: Epoch, share: Share) {
        self.put(name(SHARE, epoch, &[]), &share).await;
    }

    async fn get_share(&mut self, epoch: Epoch) -> Option<Share> {
        self.get(&name(SHARE, epoch, &[]))
    }

    async fn put_seed(&mut self, epoch: Epoch, seed: Summary) {
        self.put(name(SEED, epoch, &[]), &seed).await;
    }

    async fn get_seed(&mut self, epoch: Epoch) -> Option<Summary> {
        self.get(&name(SEED, epoch, &[]))
    }

    async fn put_dealing<P: PublicKey>(&mut self, epoch: Epoch, dealer: P, dealing: DealerPrivMsg) {
        self.put(name(DEALING, epoch, &dealer), &dealing).await;
    }

    async fn get_dealing<P: PublicKey>(&mut self, epoch: Epoch, dealer: &P) -> Option<DealerPrivMsg> {
        self.get(&name(DEALING, epoch, dealer))
    }

    async fn prune(&mut self, min: Epoch) {
        self.entries().retain(|name, _| name[0] == TAKEN || epoch_of(name) >= min);
        self.sync().await;
    }
}

/// Decodes a dealt share and checks that it is the one the output promises to `player`.
pub(crate) fn check_share(
    share: &Bytes,
    output: &crate::chain::Output,
    player: &crate::chain::PublicKey,
) -> Result<Share, StartError> {
    let share = Share::decode(share.clone()).map_err(|_| StartError::Share("it is malformed"))?;
    let position = output.players().position(player).ok_or(StartError::Share("this node holds none at genesis"))?;
    let promised =
        output.public().partial_public(share.index).map_err(|_| StartError::Share("its index is unknown"))?;
    if usize::try_from(share.index.get()) != Ok(position) || promised != share.public::<crate::chain::Variant>() {
        return Err(StartError::Share("it is another node's, or of another network"));
    }
    Ok(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_runtime::{Blob as _, Runner as _, Storage as _, Supervisor as _, deterministic};

    const SECRET: [u8; 32] = [3; 32];

    fn share() -> Share {
        let validators = [crate::deal::public_key([1; 32])];
        let dealt = crate::deal::deal([2; 32], &validators).expect("deals");
        Share::decode(dealt.shares[0].1.clone()).expect("a share")
    }

    async fn open_with(
        context: &deterministic::Context,
        name: &'static str,
        secret: [u8; 32],
    ) -> Secrets<deterministic::Context> {
        Secrets::open(context.child(name), "secrets".into(), &secret).await
    }

    #[test]
    fn a_share_comes_back_to_its_own_node_only() {
        deterministic::Runner::default().start(|context| async move {
            let mut secrets = open_with(&context, "first", SECRET).await;
            secrets.put_share(Epoch::new(1), share()).await;
            drop(secrets);
            let mut same = open_with(&context, "second", SECRET).await;
            assert_eq!(same.get_share(Epoch::new(1)).await, Some(share()));
            assert_eq!(same.get_share(Epoch::new(2)).await, None);
            drop(same);
            let mut other = open_with(&context, "third", [4; 32]).await;
            assert_eq!(other.get_share(Epoch::new(1)).await, None);
        });
    }

    #[test]
    fn nothing_rests_in_the_clear() {
        deterministic::Runner::default().start(|context| async move {
            let mut secrets = open_with(&context, "first", SECRET).await;
            secrets.put_share(Epoch::new(1), share()).await;
            drop(secrets);
            let plain = share().encode();
            let mut bytes_seen = 0;
            for name in context.scan("secrets").await.expect("a partition") {
                let (blob, len) = context.open("secrets", &name).await.expect("a file");
                let rest = blob.read_at(0, len as usize, Default::default()).await.expect("bytes").coalesce();
                bytes_seen += rest.as_ref().len();
                assert!(!rest.as_ref().windows(16).any(|window| plain.windows(16).any(|part| part == window)));
            }
            assert!(bytes_seen > plain.len());
        });
    }

    #[test]
    fn the_dealt_share_is_taken_once_and_can_be_pruned() {
        deterministic::Runner::default().start(|context| async move {
            let mut secrets = open_with(&context, "first", SECRET).await;
            secrets.take_dealt(share()).await;
            assert_eq!(secrets.get_share(Epoch::zero()).await, Some(share()));
            secrets.prune(Epoch::new(1)).await;
            secrets.take_dealt(share()).await;
            assert_eq!(secrets.get_share(Epoch::zero()).await, None);
        });
    }

    #[test]
    fn entries_cannot_be_swapped() {
        let (one, two) = (name(SHARE, Epoch::new(1), &[]), name(SHARE, Epoch::new(2), &[]));
        deterministic::Runner::default().start(|context| async move {
            let mut secrets = open_with(&context, "first", SECRET).await;
            let sealed = secrets.seal(&one, &7_u64);
            assert!(open(&secrets.master, &one, &sealed).is_some());
            assert!(open(&secrets.master, &two, &sealed).is_none());
        });
    }
}
