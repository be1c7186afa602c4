//! What lists and event streams can be asked for.

use api::{ProverState, WorkloadState};
use types::{AccountId, ProgramId, WorkloadId, genesis::PeerId};

/// Names and values of a query.
pub(crate) type Query = Vec<(&'static str, String)>;

/// Those that were given, as a query.
fn query<const N: usize>(given: [(&'static str, Option<String>); N]) -> Query {
    given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The same as text, if it was given.
fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

/// The blocks in which something came in: all where nothing is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heights {
    /// This block and those above.
    pub from: Option<u64>,
    /// This block and those below.
    pub to: Option<u64>,
}

impl Heights {
    fn and<const N: usize>(self, given: [(&'static str, Option<String>); N]) -> Query {
        [query(given), self.query()].concat()
    }

    pub(crate) fn query(self) -> Query {
        query([("from", text(self.from.as_ref())), ("to", text(self.to.as_ref()))])
    }
}

/// Which blocks are listed: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockFilter {
    /// Proposed by this validator.
    pub leader: Option<PeerId>,
    /// Of these heights.
    pub heights: Heights,
}

impl BlockFilter {
    pub(crate) fn query(&self) -> Query {
        self.heights.and([("leader", text(self.leader.as_ref()))])
    }
}

/// Which transactions are listed: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Signed by this account.
    pub account: Option<AccountId>,
    /// Of this kind: `run`, `transfer` and so on.
    pub kind: Option<String>,
    /// In these blocks.
    pub heights: Heights,
}

impl TransactionFilter {
    pub(crate) fn query(&self) -> Query {
        self.heights.and([("account", text(self.account.as_ref())), ("kind", self.kind.clone())])
    }
}

/// Which workloads are listed: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadFilter {
    /// Asked for by this account.
    pub account: Option<AccountId>,
    /// Of this program.
    pub program: Option<ProgramId>,
    /// In this state.
    pub state: Option<WorkloadState>,
    /// Whose last attempt is this prover's.
    pub prover: Option<AccountId>,
    /// That came in with these blocks.
    pub heights: Heights,
}

impl WorkloadFilter {
    pub(crate) fn query(&self) -> Query {
        self.heights.and([
            ("account", text(self.account.as_ref())),
            ("program", text(self.program.as_ref())),
            ("state", text(self.state.as_ref())),
            ("prover", text(self.prover.as_ref())),
        ])
    }
}

/// Which programs are listed: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramFilter {
    /// Deployed by this account.
    pub account: Option<AccountId>,
    /// Deployed in these blocks.
    pub heights: Heights,
}

impl ProgramFilter {
    pub(crate) fn query(&self) -> Query {
        self.heights.and([("account", text(self.account.as_ref()))])
    }
}

/// Which provers are listed: those that fit all that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProverFilter {
    /// In this state.
    pub state: Option<ProverState>,
}

impl ProverFilter {
    pub(crate) fn query(self) -> Query {
        query([("state", text(self.state.as_ref()))])
    }
}

/// Which movements of an account's money are listed: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MovementFilter {
    /// Of this cause: `fee`, `refund` and so on.
    pub cause: Option<String>,
    /// In these blocks.
    pub heights: Heights,
}

impl MovementFilter {
    pub(crate) fn query(&self) -> Query {
        self.heights.and([("cause", self.cause.clone())])
    }
}

/// Which events are heard: those that fit all that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this workload.
    pub workload: Option<WorkloadId>,
    /// Of workloads that this account asked for.
    pub account: Option<AccountId>,
    /// Of attempts of this prover, and of what it did.
    pub prover: Option<AccountId>,
}

impl EventFilter {
    /// What happens to one workload.
    #[must_use]
    pub fn of(workload: WorkloadId) -> Self {
        Self { workload: Some(workload), ..Self::default() }
    }

    pub(crate) fn query(&self) -> Query {
        query([
            ("workload", text(self.workload.as_ref())),
            ("account", text(self.account.as_ref())),
            ("prover", text(self.prover.as_ref())),
        ])
    }
}
