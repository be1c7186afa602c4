//! What a replica asks of the outside of its node, and what it hears from there.

use crate::{
    Artifact, BlobId, Data, Input, InputSource, List, Program, Refusal, Resources, Text, TxId, Verdict, WorkloadId,
    genesis::PeerId,
    limits::{ARGUMENTS_MAX, HELD_MAX, INPUTS_MAX, PART_MAX, SOURCES_MAX, TEXT_MAX},
    message::Fail,
    part_map::PartMap,
    transaction::SignedTransaction,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Something to be run: one prover's attempt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Execute {
    /// The workload.
    pub workload: WorkloadId,
    /// The attempt, counted from 1.
    pub attempt: u16,
    /// What to run.
    pub program: Program,
    /// Its arguments.
    pub arguments: Data<ARGUMENTS_MAX>,
    /// Its inputs. Their blobs, and both artifacts, are in the store.
    pub inputs: List<Input, INPUTS_MAX>,
    /// What it may use.
    pub resources: Resources,
    /// The longest it may compute, in milliseconds from its start.
    pub compute_ms: u64,
}

/// A proof to be checked.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Verify {
    /// The workload.
    pub workload: WorkloadId,
    /// The attempt.
    pub attempt: u16,
    /// The bundle of proof and public values; in the store.
    pub proof: BlobId,
    /// The verifier; in the store.
    pub verifier: Artifact,
    /// The fuel it may use.
    pub fuel_limit: u64,
    /// The statement, in order; its blobs are in the store.
    pub statement: List<InputSource, INPUTS_MAX>,
}

/// What a replica asks for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum HostRequest {
    /// Run a prover, then its own verifier on what it made (rule 9). Answered by [`HostEvent::Executed`].
    Execute(Execute),
    /// Stop an attempt that has become pointless.
    Stop {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
    },
    /// Check a proof. Answered by [`HostEvent::Verified`].
    Verify(Verify),
    /// Whether a blob is in the store. Answered by [`HostEvent::Stat`].
    Stat {
        /// The blob.
        blob: BlobId,
    },
    /// A part of a blob for a peer. Answered by [`HostEvent::Part`].
    ReadPart {
        /// The blob.
        blob: BlobId,
        /// The part, counted from 0.
        part: u32,
        /// Who asked.
        peer: PeerId,
    },
    /// A part of a blob that a peer sent: to be checked against the blob's hash and kept. Answered by [`HostEvent::Wrote`].
    WritePart {
        /// The blob.
        blob: BlobId,
        /// Its size.
        size: u64,
        /// The part.
        part: u32,
        /// As [`crate::blob::encode_part`] made it.
        bytes: Data<PART_MAX>,
        /// Who sent it.
        peer: PeerId,
    },
    /// Fetch a large blob from the APIs of others, whichever part is missing. Answered by [`HostEvent::Fetched`], once.
    Fetch {
        /// The blob.
        blob: BlobId,
        /// Its size.
        size: u64,
        /// Where to look for it: addresses that provers declared, as they declared them.
        sources: List<Text<TEXT_MAX>, SOURCES_MAX>,
    },
    /// Nobody needs a blob any more that is being fetched.
    Abandon {
        /// The blob.
        blob: BlobId,
        /// Its size.
        size: u64,
    },
    /// A workload needs these blobs: as long as it lives, or until an epoch after its end.
    Hold {
        /// The workload.
        workload: WorkloadId,
        /// Its inputs, proofs and logs.
        blobs: List<BlobId, HELD_MAX>,
        /// The last epoch in which they stay; none while it lives.
        until: Option<u64>,
    },
    /// A deployed program needs these blobs, for ever.
    Keep {
        /// Its artifacts.
        blobs: [BlobId; 2],
    },
    /// An epoch is under way, and every workload that lives was told by [`HostRequest::Hold`]: what nobody needs may go.
    Epoch {
        /// The epoch.
        epoch: u64,
    },
    /// A small blob, whole, out of the store. Answered by [`HostEvent::Small`].
    ReadSmall {
        /// The blob.
        blob: BlobId,
    },
    /// The answer to [`HostEvent::Submit`].
    Submitted {
        /// As given.
        token: u64,
        /// The transaction's name, or why it is refused.
        result: Result<TxId, Refusal>,
    },
    /// Something that listeners may want to know.
    Publish(Notice),
    /// Something was refused: to be counted.
    Refused {
        /// What: `transaction`, `prover-message`, `verdict`, `beacon-share`, `blob-part`, `gossip`.
        what: Text<TEXT_MAX>,
        /// [`Refusal::code`].
        code: Text<TEXT_MAX>,
    },
}

/// What listeners may want to know before or beside the chain.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Notice {
    /// A transaction waits in the mempool. For a run, its workload is pending.
    Pending {
        /// The transaction.
        transaction: TxId,
        /// The word for its kind.
        kind: Text<TEXT_MAX>,
    },
    /// A transaction left the mempool without having been in a block.
    Dropped {
        /// The transaction.
        transaction: TxId,
        /// Why.
        refusal: Refusal,
    },
    /// This node's prover is at this point of a thousand, by the program's own word.
    Progress {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// 0 to 1000.
        permille: u32,
    },
    /// A block became final and was applied.
    Final {
        /// Its height.
        height: u64,
        /// Its hash.
        hash: [u8; 32],
        /// Its chain time in milliseconds.
        time_ms: u64,
        /// Its leader.
        leader: PeerId,
        /// Its transactions.
        transactions: Vec<TxId>,
        /// What it did.
        outcome: crate::event::Outcome,
    },
}

/// How an attempt went on this node.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ExecuteOutcome {
    /// There is a proof, its own verifier accepts it, and it is in the store.
    Proved {
        /// The bundle.
        proof: BlobId,
        /// Its size in bytes.
        size: u64,
    },
    /// There is none, and the program is to blame.
    Failed(Fail),
    /// There is none, and the host is to blame: hand it back.
    HostFault(Text<TEXT_MAX>),
    /// It was stopped.
    Stopped,
}

/// What a replica hears from the outside of its node.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum HostEvent {
    /// A user sends a transaction. To be answered by [`HostRequest::Submitted`].
    Submit {
        /// To be given back.
        token: u64,
        /// The transaction.
        transaction: SignedTransaction,
    },
    /// The answer to [`HostRequest::Execute`].
    Executed {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// How it went.
        outcome: ExecuteOutcome,
    },
    /// The answer to [`HostRequest::Verify`].
    Verified {
        /// The workload.
        workload: WorkloadId,
        /// The attempt.
        attempt: u16,
        /// The proof.
        proof: BlobId,
        /// None where this host cannot tell (rule 10: *no verdict*).
        verdict: Option<Verdict>,
        /// Whether it may be able to tell later: it has too much to do, or has failed.
        again: bool,
        /// In words, where it is not *valid*.
        reason: Text<TEXT_MAX>,
    },
    /// The answer to [`HostRequest::Stat`].
    Stat {
        /// The blob.
        blob: BlobId,
        /// Its size, if it is in the store.
        size: Option<u64>,
    },
    /// The answer to [`HostRequest::ReadPart`].
    Part {
        /// The blob.
        blob: BlobId,
        /// The part.
        part: u32,
        /// Who asked.
        peer: PeerId,
        /// The part with its hashes; none if it is not there.
        bytes: Option<Data<PART_MAX>>,
    },
    /// The answer to [`HostRequest::WritePart`].
    Wrote {
        /// The blob.
        blob: BlobId,
        /// The part.
        part: u32,
        /// Who sent it.
        peer: PeerId,
        /// Whether the part was right; and whether the blob is now whole.
        result: PartResult,
    },
    /// The answer to [`HostRequest::Fetch`].
    Fetched {
        /// The blob.
        blob: BlobId,
        /// Its size, as it was given.
        size: u64,
        /// Whether all of it is in the store now.
        whole: bool,
        /// If not: the parts that are kept.
        kept: PartMap,
    },
    /// The answer to [`HostRequest::ReadSmall`].
    Small {
        /// The blob.
        blob: BlobId,
        /// Its bytes, if it is in the store and at most 16 KiB long.
        bytes: Option<Vec<u8>>,
    },
    /// A blob came into the store by another way, such as an upload.
    Stored {
        /// The blob.
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
    },
    /// Whether what is drawn for this node's prover from now on is handed back. What it accepted it finishes.
    Refuse {
        /// Whether.
        refuse: bool,
    },
}

/// What came of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum PartResult {
    /// It is kept; others are missing.
    Kept,
    /// It is kept, and the blob is whole.
    Whole,
    /// Its bytes do not belong to the blob.
    Wrong,
    /// It could not be kept: the disk is full or failing.
    Fault,
}
