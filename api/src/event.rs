//! What happens, as it happens: the data of Server-Sent Events, and what a block did.

use crate::{Problem, WorkloadState, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, BlobId, ChainEvent, ProgramId, TxId, WorkloadId, genesis::PeerId, host::Notice};
use utoipa::ToSchema;

/// The name of the event that ends a stream whose listener was too slow: what it missed must be asked for.
pub const LAGGED: &str = "lagged";
/// The name of the event that tells a listener that came back that not all it missed is known any more.
pub const GAP: &str = "gap";

/// Something of the log of an attempt that runs, or ran a moment ago.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogEvent {
    /// `text`, `missed` or `end`: nothing follows the end.
    pub event: String,
    /// The attempt, counted from 1.
    pub attempt: u16,
    /// Of `text`: whole lines, as the program wrote them; what is no UTF-8 is replaced. The last lacks its end where it is very
    /// long, or the log has ended. It may hold anything: do not show it on a terminal as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of `missed`: how many bytes the node has no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_bytes: Option<u64>,
}

/// Something that happened. Only the fields that belong to its kind are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Of a node: `pending`, `dropped`, `progress`, `gap`, `lagged`. Of the chain: `block`, `deployed`, `queued`, `beacon-wanted`,
    /// `drawn`, `allocated`, `accepted`, `proved`, `renewed`, `attempt-ended`, `ended`, `epoch`, `tested`, `slashed`, `jailed`.
    pub event: String,
    /// The block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Its chain time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Of `block`: its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub hash: Option<String>,
    /// Of `block`: the validator that proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub leader: Option<PeerId>,
    /// Of `block`: how many transactions it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// The workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub workload: Option<WorkloadId>,
    /// Of `queued`: who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub sender: Option<AccountId>,
    /// The attempt, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u16>,
    /// The prover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub prover: Option<AccountId>,
    /// Of `proved`: the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub proof: Option<BlobId>,
    /// Of `proved`: its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The state that the workload came into. Of `attempt-ended` none: it is queued again, or `ended` follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WorkloadState>,
    /// Of `attempt-ended` and `ended`: why, in a word. Of `slashed`: the offence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of `deployed`: the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub program: Option<ProgramId>,
    /// Of `drawn`: the height whose beacon it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beacon: Option<u64>,
    /// Of `epoch`: which one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Of `epoch` and `renewed`: the version of the verdict set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<u64>,
    /// Of `epoch`: the price of one core for one second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Lem>)]
    pub compute_price: Option<Amount>,
    /// Of `slashed`: how much the prover lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Lem>)]
    pub amount: Option<Amount>,
    /// Of `jailed`: the earliest chain time of the prover's return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Of `pending` and `dropped`: the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Id>)]
    pub transaction: Option<TxId>,
    /// Of `pending`: the kind of transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of `progress`: how far the program says it is, of a thousand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permille: Option<u32>,
    /// Of `dropped`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Problem>,
}

impl Event {
    /// What a notice says, in order: one event, or those of a block with the block itself last.
    #[must_use]
    pub fn of(notice: &Notice) -> Vec<Self> {
        match notice {
            Notice::Pending { transaction, kind } => vec![Self::pending(*transaction, kind)],
            Notice::Dropped { transaction, refusal } => vec![Self {
                transaction: Some(*transaction),
                // Of other kinds than runs there is no workload of this name; nobody asks for it.
                workload: Some((*transaction).into()),
                refusal: Some(refusal.into()),
                ..Self::named("dropped")
            }],
            Notice::Progress { workload, attempt, permille } => vec![Self {
                workload: Some(*workload),
                attempt: Some(*attempt),
                permille: Some(*permille),
                ..Self::named("progress")
            }],
            Notice::Final { height, hash, time_ms, leader, transactions, outcome } => {
                let block = Self {
                    hash: Some(hex::encode(hash)),
                    leader: Some(*leader),
                    transactions: Some(transactions.len() as u64),
                    ..Self::named("block")
                };
                let events = outcome.events.iter().map(Self::chain).chain([block]);
                events.map(|event| Self { height: Some(*height), time_ms: Some(*time_ms), ..event }).collect()
            }
        }
    }

    /// The event that tells a listener that came back that not all it missed is known any more.
    #[must_use]
    pub fn gap() -> Self {
        let reason = "not all that was missed is known here: ask for the records that matter to you";
        Self { reason: Some(reason.to_owned()), ..Self::named(GAP) }
    }

    /// The event that ends a stream whose listener was too slow.
    #[must_use]
    pub fn lagged() -> Self {
        Self { reason: Some("the listener was too slow: ask for what it missed".to_owned()), ..Self::named(LAGGED) }
    }

    fn named(event: &str) -> Self {
        Self { event: event.to_owned(), ..Self::default() }
    }

    fn pending(transaction: TxId, kind: &str) -> Self {
        let run = kind == "run";
        Self {
            transaction: Some(transaction),
            kind: Some(kind.to_owned()),
            workload: run.then(|| transaction.into()),
            state: run.then_some(WorkloadState::Pending),
            ..Self::named("pending")
        }
    }

    fn chain(event: &ChainEvent) -> Self {
        let base = Self { workload: event.workload(), ..Self::named(event.word()) };
        let turn = |attempt: u16, prover: AccountId, state: Option<WorkloadState>| Self {
            attempt: Some(attempt),
            prover: Some(prover),
            state,
            ..base.clone()
        };
        match event {
            ChainEvent::Deployed { program } => Self { program: Some(*program), ..base },
            ChainEvent::Queued { sender, .. } => {
                Self { sender: Some(*sender), state: Some(WorkloadState::Queued), ..base }
            }
            ChainEvent::BeaconWanted => base,
            ChainEvent::Drawn { height } => Self { beacon: Some(height.0), ..base },
            ChainEvent::Allocated { attempt, prover, .. } => turn(*attempt, *prover, Some(WorkloadState::Allocated)),
            ChainEvent::Accepted { attempt, prover, .. } => turn(*attempt, *prover, Some(WorkloadState::Proving)),
            ChainEvent::Proved { attempt, prover, proof, size, .. } => {
                Self { proof: Some(*proof), size: Some(*size), ..turn(*attempt, *prover, Some(WorkloadState::Proved)) }
            }
            ChainEvent::AttemptEnded { attempt, prover, end, .. } => {
                Self { reason: Some(end.word().to_owned()), ..turn(*attempt, *prover, None) }
            }
            ChainEvent::Ended { state, reason, .. } => {
                Self { state: Some((*state).into()), reason: Some(crate::workload::reason(*reason).to_owned()), ..base }
            }
            ChainEvent::Renewed { attempt, set, .. } => Self { attempt: Some(*attempt), set: Some(*set), ..base },
            ChainEvent::Epoch { .. }
            | ChainEvent::Tested { .. }
            | ChainEvent::Slashed { .. }
            | ChainEvent::Jailed { .. } => Self::of_members(event, base),
        }
    }

    /// What is about an epoch or a prover, and not a step of a workload.
    fn of_members(event: &ChainEvent, base: Self) -> Self {
        match event {
            ChainEvent::Epoch { epoch, set, compute_price } => {
                Self { epoch: Some(*epoch), set: Some(*set), compute_price: Some(*compute_price), ..base }
            }
            ChainEvent::Tested { prover } => Self { prover: Some(*prover), ..base },
            ChainEvent::Slashed { prover, offence, amount, .. } => {
                let reason = Some(offence.word().to_owned());
                Self { prover: Some(*prover), reason, amount: Some(*amount), ..base }
            }
            ChainEvent::Jailed { prover, until } => Self { prover: Some(*prover), until_ms: Some(until.0), ..base },
            _ => base,
        }
    }
}
