//! What a receipt shows, in plain values for people and for JSON.

use serde::{Deserialize, Serialize};
use types::{
    AccountId, Amount, Attempt, Beacon, BlobId, ChainId, ChainTime, EndReason, Height, Millis, ProgramId, Resources,
    State, WorkloadId,
    draw::Draw,
    run::InputSource,
    workload::{Kind, Moment},
};

/// What the group key vouches for, one sentence each.
pub const BOUND: &[&str] = &[
    "more than two thirds of the validators behind this key finalized a block of this chain id",
    "the state of that block holds this workload with its run, its attempts and its end",
    "the beacon of the draw is that of the group, and it names this prover among these candidates; a test has no draw",
    "for a verified workload: two thirds of the verdict set that the state names found this very proof valid",
];

/// What it does not vouch for, one sentence each.
pub const NOT_BOUND: &[&str] = &[
    "that this key belongs to the network you mean: get it from a source that you trust",
    "how the key was made: one that a single party dealt is as good as that party's word",
    "that the program, or a key in the statement, means what its name says",
    "the time by other clocks than the chain's",
];

/// What was shown about a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The network; consensus signs under it.
    pub chain: ChainId,
    /// The height of the final block that carries the evidence.
    pub height: Height,
    /// The hash of that block.
    pub block: BlobId,
    /// Its chain time.
    pub time: ChainTime,
    /// The workload.
    pub workload: WorkloadId,
    /// Where it comes from: a user's run, or a test of a prover's capacity.
    pub kind: Kind,
    /// Who asked and paid; of a test the prover that it tests.
    pub sender: AccountId,
    /// The program.
    pub program: ProgramId,
    /// The end state.
    pub state: State,
    /// Why it ended so.
    pub reason: EndReason,
    /// When its run was in a block.
    pub created: Moment,
    /// When it ended.
    pub ended: Moment,
    /// What it asked for.
    pub resources: Resources,
    /// The longest it might compute.
    pub compute_max: Millis,
    /// What the verifier saw, in order.
    pub statement: Vec<StatementInput>,
    /// Its attempts, in order; the last one's draw was repeated. A test has exactly one, that of its sender.
    pub attempts: Vec<CheckedAttempt>,
    /// The draw of the last attempt. A test has none.
    pub draw: Option<CheckedDraw>,
    /// The verified proof.
    pub proof: Option<CheckedProof>,
    /// Where the money went.
    pub fees: Fees,
}

impl Checked {
    /// The prover of the last attempt.
    #[must_use]
    pub fn prover(&self) -> Option<AccountId> {
        self.attempts.last().map(|attempt| attempt.prover)
    }
}

/// An input that the verifier saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatementInput {
    /// The bytes, as hex.
    Inline(String),
    /// A blob.
    Blob {
        /// Its name.
        blob: BlobId,
        /// Its size in bytes.
        size: u64,
    },
}

impl From<&InputSource> for StatementInput {
    fn from(source: &InputSource) -> Self {
        match source {
            InputSource::Inline(data) => Self::Inline(hex::encode(&**data)),
            InputSource::Blob { blob, size } => Self::Blob { blob: *blob, size: *size },
        }
    }
}

/// One prover's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedAttempt {
    /// The prover.
    pub prover: AccountId,
    /// The height whose beacon drew it; of a test, which is not drawn, the block that asked for it.
    pub drawn_by: Height,
    /// When it was drawn.
    pub drawn: Moment,
    /// When it accepted.
    pub accepted: Option<Moment>,
    /// When its announcement was in a block.
    pub announced: Option<Moment>,
    /// When it ended.
    pub ended: Option<Moment>,
    /// How it ended, in a word.
    pub end: Option<String>,
}

impl From<&Attempt> for CheckedAttempt {
    fn from(attempt: &Attempt) -> Self {
        Self {
            prover: attempt.prover,
            drawn_by: attempt.drawn_by,
            drawn: attempt.drawn,
            accepted: attempt.accepted,
            announced: attempt.announced.map(|announced| announced.at),
            ended: attempt.end.as_ref().map(|(at, _)| *at),
            end: attempt.end.as_ref().map(|(_, end)| end.word().to_owned()),
        }
    }
}

/// A draw that was repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedDraw {
    /// The height whose beacon decided.
    pub height: Height,
    /// That beacon.
    pub beacon: Beacon,
    /// Provers that took part.
    pub candidates: usize,
    /// Their tickets together.
    pub tickets: u64,
}

impl From<&Draw> for CheckedDraw {
    fn from(draw: &Draw) -> Self {
        Self {
            height: draw.height,
            beacon: draw.beacon,
            candidates: draw.candidates.len(),
            tickets: draw.candidates.iter().map(|candidate| u64::from(candidate.tickets)).sum(),
        }
    }
}

/// A verified proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedProof {
    /// The bundle of proof and public values.
    pub id: BlobId,
    /// Its size in bytes.
    pub size: u64,
    /// Verdicts of *valid* in the certificate.
    pub verdicts: usize,
    /// Members of the verdict set.
    pub set: usize,
    /// The bonds behind those verdicts, in thousandths of the bonds of the set, rounded down.
    pub bonds_permille: u16,
    /// The proof as hex, if the receipt holds it.
    pub bytes: Option<String>,
    /// The public values as hex, if the receipt holds them.
    pub public_values: Option<String>,
}

/// Where the locked fee went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fees {
    /// What the sender locked.
    pub locked: Amount,
    /// To the prover.
    pub to_prover: Amount,
    /// To those whose verdicts are in the certificate.
    pub to_verdicts: Amount,
    /// Back to the sender.
    pub refunded: Amount,
    /// Gone.
    pub burned: Amount,
}
