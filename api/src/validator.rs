//! Validators: their bonds and seats.

use crate::{ParamChange, schema};
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount, genesis::PeerId};
use utoipa::ToSchema;

/// A part of a bond that was taken back and is not paid back yet: it counts for nothing, and can still be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unbonding {
    /// How much.
    #[schema(value_type = schema::Lem)]
    pub amount: Amount,
    /// The chain time from which on it is paid back, if nothing keeps it.
    pub release_ms: u64,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validator {
    /// Its key as a node.
    #[schema(value_type = schema::Id)]
    pub peer: PeerId,
    /// Its account.
    #[schema(value_type = schema::Id)]
    pub account: AccountId,
    /// What decides about its seat.
    #[schema(value_type = schema::Lem)]
    pub bond: Amount,
    /// What it took back.
    pub unbonding: Vec<Unbonding>,
    /// Whether it signs in this epoch.
    pub seated: bool,
    /// Whether it is named to sign in the next epoch.
    pub next: bool,
    /// The epochs in which it signs, this one and those that are decided already.
    pub signs: Vec<u64>,
    /// What it votes for in this epoch; none if it has not voted.
    pub vote: Option<Vec<ParamChange>>,
    /// The last block that it led, as far as the chain keeps it: 0 if none.
    pub led: u64,
}

/// All validators, in the order of genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validators {
    /// The height of the state that was read.
    pub height: u64,
    /// The present epoch.
    pub epoch: u64,
    /// Seats that sign in this epoch. A vote takes more than two thirds of them.
    pub seats: u64,
    /// The validators.
    pub validators: Vec<Validator>,
}

impl From<&types::record::Unbonding> for Unbonding {
    fn from(part: &types::record::Unbonding) -> Self {
        Self { amount: part.amount, release_ms: part.release.0 }
    }
}
