//! Accounts.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::{AccountId, Amount};
use utoipa::ToSchema;

/// An account. One that was never heard of holds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its Ed25519 public key.
    #[schema(value_type = schema::Id)]
    pub account: AccountId,
    /// What it can spend.
    #[schema(value_type = schema::Lem)]
    pub balance: Amount,
    /// The nonce of its next transaction, as far as blocks are concerned.
    pub nonce: u64,
    /// The height of the state that was read.
    pub height: u64,
}

/// Accounts, the last that were first heard of first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accounts {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// What to give as `cursor` for the next page; none on the last.
    pub next: Option<String>,
}
