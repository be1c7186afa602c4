//! Workloads, with everything that happened to them.

use crate::{Clock, Fee, Step, Waiting, explain, schema, timeline};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, BlobId, InputRole, InputSource, ProgramId, Resources, State, WorkloadId, workload};
use utoipa::ToSchema;

/// A point in the chain's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    /// The block.
    pub height: u64,
    /// Its chain time.
    pub time_ms: u64,
}

/// Where a workload is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkloadState {
    /// The run waits in this node's mempool: no chain state, no receipt.
    Pending,
    /// The run is in a block; the fee is locked.
    Queued,
    /// A draw named a prover.
    Allocated,
    /// The prover accepted.
    Proving,
    /// The announcement is in a block.
    Proved,
    /// End: certified as valid by two thirds of the provers.
    Verified,
    /// End: the last attempt failed.
    Failed,
    /// End: taken back while queued.
    Cancelled,
    /// End: no prover could be found in time.
    Expired,
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Workload {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub workload: WorkloadId,
    /// Where it comes from: `run` from a user, or `test` from the chain, of a prover's new capacity.
    pub kind: String,
    /// Where it is in its life.
    pub state: WorkloadState,
    /// One sentence: why it is where it is now.
    pub explain: String,
    /// What was asked for; none while it is pending.
    pub run: Option<Run>,
    /// When the run was in a block.
    pub created: Option<Moment>,
    /// When it came into its present state.
    pub since: Option<Moment>,
    /// The chain time at which it moves on by itself; none while pending and in an end state.
    pub moves_on_ms: Option<u64>,
    /// The block that found its time to be up, while blocks of more leaders are still to come before that counts.
    pub overtime: Option<u64>,
    /// How often a later verdict set took the place of the first, in the attempt under way.
    pub renewals: u64,
    /// Its attempts, in order: the first has number 1.
    pub attempts: Vec<Attempt>,
    /// The proof that was announced last.
    pub proof: Option<Proof>,
    /// Its end, and where its money went.
    pub end: Option<End>,
    /// Everything that happened to it, in order.
    pub timeline: Vec<Step>,
}

/// What was asked for, and what was locked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Who asked and paid.
    #[schema(value_type = schema::Id)]
    pub sender: AccountId,
    /// What is run.
    #[schema(value_type = schema::Id)]
    pub program: ProgramId,
    /// Its arguments.
    #[schema(value_type = schema::Hex)]
    pub arguments: String,
    /// Its inputs, in order.
    pub inputs: Vec<Input>,
    /// What it needs.
    #[schema(value_type = schema::Resources)]
    pub resources: Resources,
    /// The longest it may compute.
    pub compute_max_ms: u64,
    /// The most the sender will pay for it.
    #[schema(value_type = schema::Lem)]
    pub fee_max: Amount,
    /// What was locked for it.
    pub fee: Fee,
    /// What the compute fee pays for: computing time plus the allowance for moving inputs.
    pub billed_ms: u64,
}

/// One input of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Input {
    /// `statement` or `witness`.
    pub role: String,
    /// Its size in bytes.
    pub size: u64,
    /// The blob that it is in.
    #[schema(value_type = Option<schema::Id>)]
    pub blob: Option<BlobId>,
    /// Its bytes, if they stand in the run itself.
    #[schema(value_type = Option<schema::Hex>)]
    pub inline: Option<String>,
}

/// One prover's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Counted from 1.
    pub attempt: u16,
    /// Who was drawn.
    #[schema(value_type = schema::Id)]
    pub prover: AccountId,
    /// The height whose beacon drew it; of a test, which is not drawn, the block that asked for it.
    pub drawn_by: u64,
    /// When it was drawn.
    pub drawn: Moment,
    /// When it accepted.
    pub accepted: Option<Moment>,
    /// When it announced a proof.
    pub announced: Option<Moment>,
    /// The proof that it announced.
    pub proof: Option<Proof>,
    /// How it ended.
    pub end: Option<AttemptEnd>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptEnd {
    /// `silent`, `handed-back`, `failed`, `missed`, `valid`, `rejected`, `unavailable` or `undecided`.
    pub word: String,
    /// When.
    pub at: Moment,
    /// Of a failed one: why.
    pub fail: Option<Fail>,
    /// How many verdicts the certificate holds, if there is one.
    pub verdicts: Option<u32>,
}

/// Why an attempt failed, as its prover says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fail {
    /// `exit`, `trap`, `timeout`, `memory`, `output`, `self-check`, `bad-program`, `inputs` or `host`.
    pub kind: String,
    /// In words.
    pub reason: String,
    /// The blob with what the program logged.
    #[schema(value_type = Option<schema::Id>)]
    pub log: Option<BlobId>,
}

/// An announced proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proof {
    /// The bundle of proof and public values.
    #[schema(value_type = schema::Id)]
    pub blob: BlobId,
    /// Its size in bytes.
    pub size: u64,
    /// Whether a certificate says that it is valid.
    pub verified: bool,
}

/// The end of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct End {
    /// `proved`, `attempts-used`, `undecided`, `cancelled` or `no-prover`.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// Paid to the prover.
    #[schema(value_type = schema::Lem)]
    pub to_prover: Amount,
    /// Paid to those whose verdicts are in the certificate.
    #[schema(value_type = schema::Lem)]
    pub to_verdicts: Amount,
    /// Paid back to the sender.
    #[schema(value_type = schema::Lem)]
    pub refunded: Amount,
    /// Burned.
    #[schema(value_type = schema::Lem)]
    pub burned: Amount,
}

/// A workload in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadSummary {
    /// Its name.
    #[schema(value_type = schema::Id)]
    pub workload: WorkloadId,
    /// Who asked; not known while it is pending.
    #[schema(value_type = Option<schema::Id>)]
    pub sender: Option<AccountId>,
    /// What is run; not known while it is pending, and none of the chain's own tests.
    #[schema(value_type = Option<schema::Id>)]
    pub program: Option<ProgramId>,
    /// When the run was in a block; none while it is pending.
    pub created: Option<Moment>,
    /// Where it is in its life.
    pub state: WorkloadState,
    /// When it came into that state; none while it is pending.
    pub since: Option<Moment>,
    /// The attempt under way or last made; 0 before the first.
    pub attempt: u16,
    /// The prover of that attempt.
    #[schema(value_type = Option<schema::Id>)]
    pub prover: Option<AccountId>,
}

/// Workloads, newest first; those that wait in this node's mempool before all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Workloads {
    /// The workloads.
    pub workloads: Vec<WorkloadSummary>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

impl From<workload::Moment> for Moment {
    fn from(moment: workload::Moment) -> Self {
        Self { height: moment.height.0, time_ms: moment.time.0 }
    }
}

impl From<State> for WorkloadState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Allocated => Self::Allocated,
            State::Proving => Self::Proving,
            State::Proved => Self::Proved,
            State::Verified => Self::Verified,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
            State::Expired => Self::Expired,
        }
    }
}

impl WorkloadState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Allocated => "allocated",
            Self::Proving => "proving",
            Self::Proved => "proved",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether a workload stays here for ever.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Verified | Self::Failed | Self::Cancelled | Self::Expired)
    }
}

impl WorkloadSummary {
    /// A run that is in no block yet.
    #[must_use]
    pub const fn pending(workload: WorkloadId) -> Self {
        let state = WorkloadState::Pending;
        Self { workload, sender: None, program: None, created: None, state, since: None, attempt: 0, prover: None }
    }
}

impl std::fmt::Display for WorkloadState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for WorkloadState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_value(serde_json::Value::from(text))
            .map_err(|_| format!("{:?} is no state of a workload", text.chars().take(40).collect::<String>()))
    }
}

impl Workload {
    /// Shows a record as it is at `clock`.
    #[must_use]
    pub fn new(record: &types::Workload, clock: &Clock, waiting: Waiting) -> Self {
        let attempts: Vec<Attempt> = (1..).zip(record.attempts.iter()).map(attempt).collect();
        Self {
            workload: record.id,
            kind: kind(record.kind).to_owned(),
            state: record.state.into(),
            explain: explain(record, clock, waiting),
            run: Some(Run::from(record)),
            created: Some(record.created.into()),
            since: Some(record.since.into()),
            moves_on_ms: record.moves_on.map(|time| time.0),
            overtime: record.overtime.map(|height| height.0),
            renewals: record.renewals,
            proof: attempts.iter().rev().find_map(|attempt| attempt.proof),
            attempts,
            end: record.end.as_ref().map(End::from),
            timeline: timeline(record),
        }
    }

    /// A run that waits in this node's mempool.
    #[must_use]
    pub fn pending(workload: WorkloadId) -> Self {
        Self {
            workload,
            kind: kind(workload::Kind::Run).to_owned(),
            state: WorkloadState::Pending,
            explain: "pending: waits in this node's mempool for a block".to_owned(),
            run: None,
            created: None,
            since: None,
            moves_on_ms: None,
            overtime: None,
            renewals: 0,
            attempts: Vec::new(),
            proof: None,
            end: None,
            timeline: Vec::new(),
        }
    }
}

impl From<&types::Workload> for Run {
    fn from(record: &types::Workload) -> Self {
        let run = &record.run;
        Self {
            sender: record.sender,
            program: run.program,
            arguments: hex::encode(&*run.arguments),
            inputs: run.inputs.iter().map(Input::from).collect(),
            resources: run.resources,
            compute_max_ms: run.compute_max.0,
            fee_max: run.fee_max,
            fee: (&record.fee).into(),
            billed_ms: record.billed.0,
        }
    }
}

impl From<&types::Input> for Input {
    fn from(input: &types::Input) -> Self {
        let role = match input.role {
            InputRole::Statement => "statement",
            InputRole::Witness => "witness",
        };
        let (blob, inline) = match &input.source {
            InputSource::Inline(bytes) => (None, Some(hex::encode(&**bytes))),
            InputSource::Blob { blob, .. } => (Some(*blob), None),
        };
        Self { role: role.to_owned(), size: input.source.size(), blob, inline }
    }
}

fn attempt((number, record): (u16, &workload::Attempt)) -> Attempt {
    let valid = matches!(record.end, Some((_, workload::AttemptEnd::Valid(_))));
    Attempt {
        attempt: number,
        prover: record.prover,
        drawn_by: record.drawn_by.0,
        drawn: record.drawn.into(),
        accepted: record.accepted.map(Moment::from),
        announced: record.announced.map(|announced| announced.at.into()),
        proof: record.announced.map(|it| Proof { blob: it.proof, size: it.size, verified: valid }),
        end: record.end.as_ref().map(|(at, end)| attempt_end((*at).into(), end)),
    }
}

fn attempt_end(at: Moment, end: &workload::AttemptEnd) -> AttemptEnd {
    use workload::AttemptEnd as E;
    let (fail, verdicts) = match end {
        E::Failed(fail) => (Some(Fail::from(fail)), None),
        E::Valid(it) | E::Rejected(it) | E::Unavailable(it) => (None, Some(signers(it))),
        E::Silent | E::HandedBack | E::Missed | E::Undecided => (None, None),
    };
    AttemptEnd { word: end.word().to_owned(), at, fail, verdicts }
}

/// How many verdicts a certificate holds.
pub(crate) fn signers(certificate: &types::Certificate) -> u32 {
    certificate.signers.iter().map(|byte| byte.count_ones()).sum()
}

impl From<&types::message::Fail> for Fail {
    fn from(fail: &types::message::Fail) -> Self {
        Self { kind: fail.kind.word().to_owned(), reason: fail.reason.to_string(), log: fail.log.map(|(blob, _)| blob) }
    }
}

impl From<&types::End> for End {
    fn from(end: &types::End) -> Self {
        Self {
            reason: reason(end.reason).to_owned(),
            at: end.at.into(),
            to_prover: end.to_prover,
            to_verdicts: end.to_verdicts,
            refunded: end.refunded,
            burned: end.burned,
        }
    }
}

/// The word for where a workload comes from.
const fn kind(kind: workload::Kind) -> &'static str {
    match kind {
        workload::Kind::Run => "run",
        workload::Kind::Test => "test",
    }
}

/// The word for the reason of an end.
pub(crate) const fn reason(reason: types::EndReason) -> &'static str {
    match reason {
        types::EndReason::Proved => "proved",
        types::EndReason::AttemptsUsed => "attempts-used",
        types::EndReason::Undecided => "undecided",
        types::EndReason::Cancelled => "cancelled",
        types::EndReason::NoProver => "no-prover",
    }
}
