//! How the money of an account moved.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, TxId, WorkloadId, record};
use utoipa::ToSchema;

/// The money of an account changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Movement {
    /// The block.
    pub height: u64,
    /// Its chain time.
    pub time_ms: u64,
    /// Its place among all movements of that block, counted from 0.
    pub place: u32,
    /// Whether the account got the amount; else it gave it.
    pub got: bool,
    /// How much.
    #[schema(value_type = schema::Lem)]
    pub amount: Amount,
    /// Why: `fee`, `transfer`, `lock`, `refund`, `compute`, `verdict`, `compensation`, `bond` or `unbond`.
    pub cause: String,
    /// The transaction that it was about.
    #[schema(value_type = Option<schema::Id>)]
    pub transaction: Option<TxId>,
    /// The workload that it was about.
    #[schema(value_type = Option<schema::Id>)]
    pub workload: Option<WorkloadId>,
}

/// Movements of an account, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Movements {
    /// The account.
    #[schema(value_type = schema::Id)]
    pub account: AccountId,
    /// This node's index knows every movement from this height on.
    pub since: u64,
    /// Up to this height.
    pub height: u64,
    /// The movements.
    pub movements: Vec<Movement>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}

/// The word for a cause.
#[must_use]
pub const fn cause(cause: record::Cause) -> &'static str {
    match cause {
        record::Cause::Fee => "fee",
        record::Cause::Transfer => "transfer",
        record::Cause::Lock => "lock",
        record::Cause::Refund => "refund",
        record::Cause::Compute => "compute",
        record::Cause::Verdict => "verdict",
        record::Cause::Compensation => "compensation",
        record::Cause::Bond => "bond",
        record::Cause::Unbond => "unbond",
    }
}

impl Movement {
    /// Shows a movement of a block.
    #[must_use]
    pub fn new(movement: &record::Movement, height: u64, time_ms: u64, place: u32) -> Self {
        use record::Cause as C;
        let (transaction, workload) = match movement.cause {
            C::Fee | C::Transfer | C::Bond | C::Unbond => (movement.about.map(TxId), None),
            C::Lock | C::Refund | C::Compute | C::Verdict | C::Compensation => (None, movement.about.map(WorkloadId)),
        };
        let record::Movement { got, amount, .. } = *movement;
        Self { height, time_ms, place, got, amount, cause: cause(movement.cause).to_owned(), transaction, workload }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cause: record::Cause) -> Movement {
        let movement =
            record::Movement { account: AccountId([1; 32]), got: true, amount: Amount(5), cause, about: Some([7; 32]) };
        Movement::new(&movement, 12, 6_000, 3)
    }

    #[test]
    fn what_a_movement_is_about_follows_from_its_cause() {
        assert_eq!((of(record::Cause::Fee).transaction, of(record::Cause::Fee).workload), (Some(TxId([7; 32])), None));
        let paid = of(record::Cause::Compute);
        assert_eq!((paid.transaction, paid.workload), (None, Some(WorkloadId([7; 32]))));
    }

    #[test]
    fn the_words_of_causes_are_those_of_the_protocol() {
        for kind in [record::Cause::Fee, record::Cause::Compensation, record::Cause::Unbond] {
            assert_eq!(serde_json::to_value(kind).expect("json"), cause(kind));
        }
    }
}
