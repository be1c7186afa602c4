//! Provers.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, Resources, record::Tally, verdict::VerdictKey};
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
    /// What it stands to lose.
    #[schema(value_type = schema::Lem)]
    pub bond: Amount,
    /// What it has.
    #[schema(value_type = schema::Resources)]
    pub capacity: Resources,
    /// What its live attempts take of that.
    #[schema(value_type = schema::Resources)]
    pub in_use: Resources,
    /// How it fared.
    #[schema(value_type = schema::Tally)]
    pub tally: Tally,
}

/// All provers, ascending by account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provers {
    /// The height of the state that was read.
    pub height: u64,
    /// The provers.
    pub provers: Vec<Prover>,
}

impl From<&types::record::Prover> for Prover {
    fn from(prover: &types::record::Prover) -> Self {
        Self {
            account: prover.account,
            key: prover.key,
            bond: prover.bond,
            capacity: prover.capacity,
            in_use: prover.in_use,
            tally: prover.tally,
        }
    }
}
