//! A block: the header that finality signs, the body that the state machine executes, and sometimes a resharing payload.
//!
//! The hash of a block is the BLAKE3 of its header's bytes, and the header holds the hashes of the two other parts. So a
//! receipt needs the header only. The consensus context is written nowhere else: it is rebuilt from the header.

use crate::chain::{COMMITTEE_MAX, Context, Digest, Hasher, Payload, PublicKey, SHARING_VERSION, Variant};
use bytes::{BufMut, Bytes};
use commonware_codec::{
    Buf, Copying, Encode as _, EncodeSize, Error as CodecError, RangeCfg, Read, ReadExt as _, Write, util::at_least,
};
use commonware_consensus::{
    Block as ConsensusBlock, BoundedBlock, CertifiableBlock, Heightable,
    types::{Epoch, Height, Round, View},
};
use commonware_cryptography::{Digestible, Hasher as _};
use commonware_glue::dkg::ReshareBlock;
use commonware_storage::mmr::Location;
use commonware_utils::{range::NonEmptyRange, sequence::Unit};
use ports::{Hash, Header};

/// The longest encoding of a body's length.
const LENGTH_BYTES_MAX: usize = 10;

/// The roots that a header commits to, and the range a state sync needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roots {
    pub(crate) state: Hash,
    pub(crate) operations: Hash,
    pub(crate) range: NonEmptyRange<Location>,
}

/// What a proposer adds to the consensus context.
pub(crate) struct Draft {
    pub(crate) height: u64,
    pub(crate) time_ms: u64,
    pub(crate) roots: Roots,
    pub(crate) body: Bytes,
    pub(crate) payload: Option<Payload>,
}

/// A block.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    header: Header,
    leader: PublicKey,
    range: NonEmptyRange<Location>,
    body: Bytes,
    payload: Option<Payload>,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Block {
    /// A new block in the round that `context` names.
    pub(crate) fn assemble(context: &Context, draft: Draft) -> Self {
        let header = Header {
            epoch: context.round.epoch().get(),
            view: context.round.view().get(),
            leader: peer(&context.leader),
            parent_view: context.parent.0.get(),
            parent: context.parent.1.0,
            height: draft.height,
            time_ms: draft.time_ms,
            state_root: draft.roots.state,
            operations_root: draft.roots.operations,
            operations_start: draft.roots.range.start().as_u64(),
            operations_end: draft.roots.range.end().as_u64(),
            body_hash: Hasher::hash(&[&draft.body]).0,
            reshare_hash: payload_hash(draft.payload.as_ref()),
        };
        Self {
            header,
            leader: context.leader.clone(),
            range: draft.roots.range,
            body: draft.body,
            payload: draft.payload,
        }
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) const fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn range(&self) -> NonEmptyRange<Location> {
        self.range.clone()
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots { state: self.header.state_root, operations: self.header.operations_root, range: self.range() }
    }
}

/// The bytes of a public key.
pub(crate) fn peer(key: &PublicKey) -> ports::Peer {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key);
    bytes
}

fn payload_hash(payload: Option<&Payload>) -> Hash {
    payload.map_or([0; 32], |payload| Hasher::hash(&[&payload.encode()]).0)
}

/// The largest body that is decoded, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

impl Write for Block {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.header.encode());
        self.body.write(buf);
        self.payload.write(buf);
    }
}

impl EncodeSize for Block {
    fn encode_size(&self) -> usize {
        Header::LEN + self.body.encode_size() + self.payload.encode_size()
    }
}

impl Read for Block {
    type Cfg = BodyLimit;

    fn read_cfg(buf: &mut impl Buf, limit: &BodyLimit) -> Result<Self, CodecError> {
        let header = read_header(buf)?;
        let leader = PublicKey::read(&mut Copying(&header.leader))?;
        let range = operations(&header)?;
        let body = Bytes::read_cfg(buf, &RangeCfg::from(0..=limit.0))?;
        if Hasher::hash(&[&body]).0 != header.body_hash {
            return Err(CodecError::Invalid("block", "the body is not the one that the header names"));
        }
        let payload = Option::<Payload>::read_cfg(buf, &(COMMITTEE_MAX, SHARING_VERSION))?;
        if payload_hash(payload.as_ref()) != header.reshare_hash {
            return Err(CodecError::Invalid("block", "the payload is not the one that the header names"));
        }
        Ok(Self { header, leader, range, body, payload })
    }
}

fn read_header(buf: &mut impl Buf) -> Result<Header, CodecError> {
    at_least(buf, Header::LEN)?;
    let mut bytes = [0; Header::LEN];
    buf.copy_to_slice(&mut bytes);
    Header::decode(&bytes).map_err(|_| CodecError::Invalid("block", "the header is malformed"))
}

fn operations(header: &Header) -> Result<NonEmptyRange<Location>, CodecError> {
    let (start, end) = (Location::new(header.operations_start), Location::new(header.operations_end));
    if !start.is_valid_index() || !end.is_valid() {
        return Err(CodecError::Invalid("block", "the range of operations is out of bounds"));
    }
    NonEmptyRange::new(start..end).map_err(|_| CodecError::Invalid("block", "the range of operations is empty"))
}

impl BoundedBlock for Block {
    fn max_encode_size(limit: &BodyLimit) -> usize {
        Header::LEN + LENGTH_BYTES_MAX + limit.0 + 1 + Payload::max_encode_size(COMMITTEE_MAX)
    }
}

impl Digestible for Block {
    type Digest = Digest;

    fn digest(&self) -> Digest {
        Hasher::hash(&[&self.header.encode()])
    }
}

impl Heightable for Block {
    fn height(&self) -> Height {
        Height::new(self.header.height)
    }
}

impl ConsensusBlock for Block {
    fn parent(&self) -> Digest {
        Digest::from(self.header.parent)
    }
}

impl CertifiableBlock for Block {
    type Context = Context;

    fn context(&self) -> Context {
        Context {
            round: Round::new(Epoch::new(self.header.epoch), View::new(self.header.view)),
            leader: self.leader.clone(),
            parent: (View::new(self.header.parent_view), Digest::from(self.header.parent)),
        }
    }
}

impl ReshareBlock for Block {
    type Variant = Variant;
    type PublicKey = PublicKey;
    type Directory = Unit;

    fn payload(&self) -> Option<Payload> {
        self.payload.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{Decode as _, DecodeExt as _};
    use commonware_cryptography::Signer as _;

    const LIMIT: BodyLimit = BodyLimit(64);

    fn sample(body: &'static [u8]) -> Block {
        let context = Context {
            round: Round::new(Epoch::new(1), View::new(2)),
            leader: crate::chain::PrivateKey::from_seed(3).public_key(),
            parent: (View::new(1), Digest::from([4; 32])),
        };
        let range = NonEmptyRange::new(Location::new(5)..Location::new(6)).expect("not empty");
        let roots = Roots { state: [7; 32], operations: [8; 32], range };
        Block::assemble(&context, Draft { height: 9, time_ms: 10, roots, body: body.into(), payload: None })
    }

    #[test]
    fn a_block_survives_its_encoding_and_keeps_its_context() {
        let block = sample(b"body");
        let decoded = Block::decode_cfg(block.encode(), &LIMIT).expect("decodes");
        assert_eq!(decoded, block);
        assert_eq!(decoded.context(), block.context());
        assert_eq!(block.digest().0, block.header().hash());
    }

    #[test]
    fn every_flipped_byte_is_refused_or_makes_another_block() {
        let block = sample(b"body");
        let bytes = block.encode();
        for i in 0..bytes.len() {
            let mut other = bytes.to_vec();
            other[i] ^= 1;
            let same = Block::decode_cfg(other, &LIMIT).is_ok_and(|other| other.digest() == block.digest());
            assert!(!same, "byte {i}");
        }
    }

    #[test]
    fn a_body_over_the_limit_and_trailing_bytes_are_refused() {
        assert!(Block::decode_cfg(sample(b"body").encode(), &BodyLimit(3)).is_err());
        let mut longer = sample(b"body").encode().to_vec();
        longer.push(0);
        assert!(Block::decode_cfg(longer, &LIMIT).is_err());
    }

    #[test]
    fn no_encoding_is_longer_than_announced() {
        let block = sample(&[1; 64]);
        assert!(block.encode().len() <= Block::max_encode_size(&LIMIT));
        assert!(PublicKey::decode(Copying(&block.header().leader)).is_ok());
    }
}
