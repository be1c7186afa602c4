//! Fees, part by part.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::Amount;
use utoipa::ToSchema;

/// The fee of a run: locked while its workload lives. The transaction's own fee comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fee {
    /// For computing.
    #[schema(value_type = schema::Lem)]
    pub compute: Amount,
    /// For verdicts.
    #[schema(value_type = schema::Lem)]
    pub verification: Amount,
    /// Both.
    #[schema(value_type = schema::Lem)]
    pub total: Amount,
}

impl From<&types::Quote> for Fee {
    fn from(quote: &types::Quote) -> Self {
        // A sum that cannot be said was never locked: the ledger refuses such a run.
        let total = quote.total().unwrap_or(Amount(u64::MAX));
        Self { compute: quote.compute, verification: quote.verification, total }
    }
}
