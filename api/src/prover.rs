//! Provers.

use crate::{Unbonding, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, Resources, WorkloadId, record::Tally, verdict::VerdictKey};
use utoipa::ToSchema;

/// A prover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Prover {
    /// Its account.
    #[schema(value_type = schema::Id)]
    pub account: AccountId,
    /// Its verdict key: 96 bytes.
    #[schema(value_type = schema::Hex)]
    pub key: VerdictKey,
    /// What it stands to lose, without what it took back.
    #[schema(value_type = schema::Lem)]
    pub bond: Amount,
    /// What it took back and can still lose.
    pub unbonding: Vec<Unbonding>,
    /// What it has, as far as it was tested.
    #[schema(value_type = schema::Resources)]
    pub capacity: Resources,
    /// What it declared, if that is more: it counts once it passed its test.
    #[schema(value_type = Option<schema::Resources>)]
    pub declared: Option<Resources>,
    /// The workload that tests what it declared, if one is under way.
    #[schema(value_type = Option<schema::Id>)]
    pub test: Option<WorkloadId>,
    /// What its live attempts take of its capacity.
    #[schema(value_type = schema::Resources)]
    pub in_use: Resources,
    /// Its attempts that are not over: its bond answers for them.
    pub live: u64,
    /// Whether it is in the verdict set in force.
    pub member: bool,
    /// Whether it takes no new workloads.
    pub draining: bool,
    /// What it does, in a word.
    pub state: ProverState,
    /// Where users reach its API; empty if it does not say.
    pub address: String,
    /// The last epoch in which it gave a sign of life.
    pub seen: u64,
    /// The earliest chain time of its return, while it is jailed.
    pub jailed_until_ms: Option<u64>,
    /// What counts towards jail, oldest first.
    pub misses: Vec<Miss>,
    /// How it fared.
    #[schema(value_type = schema::Tally)]
    pub tally: Tally,
}

/// What a prover does: the first of these that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProverState {
    /// It missed too much: nothing is drawn for it.
    Jailed,
    /// It takes no new workloads.
    Draining,
    /// What it declared is tested: nothing else is drawn for it.
    Tested,
    /// It is in the verdict set, and takes workloads.
    Active,
    /// It is not in the verdict set yet.
    Waiting,
}

impl ProverState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jailed => "jailed",
            Self::Draining => "draining",
            Self::Tested => "tested",
            Self::Active => "active",
            Self::Waiting => "waiting",
        }
    }

    const fn of(prover: &types::record::Prover) -> Self {
        match prover {
            types::record::Prover { jailed: Some(_), .. } => Self::Jailed,
            types::record::Prover { draining: true, .. } => Self::Draining,
            types::record::Prover { test: Some(_), .. } => Self::Tested,
            types::record::Prover { member: true, .. } => Self::Active,
            _ => Self::Waiting,
        }
    }
}

impl std::fmt::Display for ProverState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for ProverState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_value(serde_json::Value::from(text))
            .map_err(|_| "a prover is jailed, draining, tested, active or waiting".to_owned())
    }
}

/// Something that counts towards jail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Miss {
    /// By whose workload; none where a whole epoch was missed.
    #[schema(value_type = Option<schema::Id>)]
    pub user: Option<AccountId>,
    /// When, by chain time.
    pub time_ms: u64,
    /// Whether it is a fail where another prover succeeded: the next valid proof wipes it out.
    pub fail: bool,
}

/// Provers, ascending by account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provers {
    /// The height of the state that was read.
    pub height: u64,
    /// The provers.
    pub provers: Vec<Prover>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

impl From<&types::record::Prover> for Prover {
    fn from(prover: &types::record::Prover) -> Self {
        Self {
            account: prover.account,
            key: prover.key,
            bond: prover.bond,
            unbonding: prover.unbonding.iter().map(Unbonding::from).collect(),
            capacity: prover.capacity,
            declared: prover.declared,
            test: prover.test,
            in_use: prover.in_use,
            live: prover.live,
            member: prover.member,
            draining: prover.draining,
            state: ProverState::of(prover),
            address: prover.address.to_string(),
            seen: prover.seen,
            jailed_until_ms: prover.jailed.map(|until| until.0),
            misses: prover.misses.iter().map(Miss::from).collect(),
            tally: prover.tally,
        }
    }
}

impl From<&types::record::Miss> for Miss {
    fn from(miss: &types::record::Miss) -> Self {
        let nobody = miss.user == AccountId([0; 32]);
        Self { user: (!nobody).then_some(miss.user), time_ms: miss.time.0, fail: miss.fail }
    }
}
