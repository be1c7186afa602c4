//! Genesis: what everybody agrees on before the first block, and the parameters of the protocol.

use crate::{
    AccountId, Amount, ChainId, ChainTime, Data, List, Millis, Resources, Text,
    beacon::GroupKey,
    hex_bytes,
    id::hash_in,
    limits::{
        BLOB_MAX, DRAWS_MAX, DRAWS_PER_BLOCK_MAX, GENESIS_ACCOUNTS_MAX, PROOF_INLINE_MAX, PROOF_MAX, PROVERS_MAX,
        STEP_LONGEST_MS, TEXT_MAX, UNITS_MAX, VALIDATORS_MAX,
    },
    verdict::{VerdictKey, VerdictSignature},
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

hex_bytes!(
    /// The Ed25519 public key by which a node is known to its peers and to consensus.
    PeerId, 32
);

/// The parameters of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// How long an idle leader waits before it proposes an empty block.
    pub block_interval: Millis,
    /// The most that one block adds to chain time.
    pub step_max: Millis,
    /// Blocks in an epoch.
    pub epoch_blocks: u64,
    /// How long a prover that was drawn may take to accept.
    pub accept_window: Millis,
    /// Accepted attempts that a workload has.
    pub attempts_max: u64,
    /// Draws fixed by one block.
    pub draws_per_block: u64,
    /// Active provers below which nothing is drawn.
    pub provers_min: u64,
    /// How long a leader that holds two thirds of the verdicts waits for more.
    pub verdict_grace: Millis,
    /// How long a verdict set has for one proof.
    pub verdict_window: Millis,
    /// How long a workload may wait for a prover.
    pub queue_window: Millis,
    /// The largest proof that stands in a block, in bytes.
    pub proof_inline_max: u64,
    /// The largest proof, in bytes.
    pub proof_bytes_max: u64,
    /// The largest blob, in bytes.
    pub blob_bytes_max: u64,
    /// The longest a run may ask to compute.
    pub compute_max: Millis,
    /// The most fuel a program may ask for one verification.
    pub fuel_max: u64,
    /// The memory of one verification, in bytes.
    pub verifier_memory_max: u64,
    /// How far ahead a transaction's last block may lie, in blocks.
    pub validity_max: u64,
    /// Fee of a transaction.
    pub transaction_fee: Amount,
    /// Fee of each of its bytes.
    pub transaction_fee_byte: Amount,
    /// Price of one core for one second.
    pub compute_price: Amount,
    /// Price of a million fuel, for each member of the verdict set.
    pub verification_price: Amount,
    /// Allowance for moving inputs, whatever their size.
    pub transfer_base: Millis,
    /// Bytes of inputs that the allowance expects to be moved in a millisecond.
    pub transfer_bytes_per_ms: u64,
    /// Bond behind each core of a prover.
    pub bond_per_unit: Amount,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            block_interval: Millis(500),
            step_max: Millis(2_000),
            epoch_blocks: 4_096,
            accept_window: Millis(4_000),
            attempts_max: 2,
            draws_per_block: 16,
            provers_min: 4,
            verdict_grace: Millis(100),
            verdict_window: Millis(60_000),
            queue_window: Millis(600_000),
            proof_inline_max: 16 * 1024,
            proof_bytes_max: PROOF_MAX,
            blob_bytes_max: BLOB_MAX,
            compute_max: Millis(24 * 3_600_000),
            fuel_max: 10_000_000_000,
            verifier_memory_max: 256 * 1024 * 1024,
            validity_max: 10_000,
            transaction_fee: Amount(1_000_000),
            transaction_fee_byte: Amount(1_000),
            compute_price: Amount(10_000_000),
            verification_price: Amount(1_000),
            transfer_base: Millis(5_000),
            transfer_bytes_per_ms: 1_000,
            bond_per_unit: Amount(100_000_000_000),
        }
    }
}

/// A validator of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    /// Its key as a node.
    pub peer: PeerId,
    /// Where its fees go.
    pub account: AccountId,
    /// Where peers reach it: `host:port`.
    pub address: Text<TEXT_MAX>,
}

/// A prover of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisProver {
    /// Its account.
    pub account: AccountId,
    /// Its verdict key.
    pub key: VerdictKey,
    /// Proof that it knows the secret of that key, bound to chain and account. Not part of the chain id.
    pub possession: VerdictSignature,
    /// What it has.
    pub capacity: Resources,
}

/// An account of genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// The account.
    pub account: AccountId,
    /// What it holds.
    pub balance: Amount,
}

/// How the group key came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Ceremony {
    /// One party made all shares and knew them: for networks on one machine.
    Dealt = 0,
    /// The validators made it together, and nobody ever knew it.
    Distributed = 1,
}

/// What everybody agrees on before the first block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The network's name, for people.
    pub name: Text<TEXT_MAX>,
    /// Chain time before the first block.
    pub time: ChainTime,
    /// The parameters.
    #[serde(default)]
    pub params: Params,
    /// The validators, ascending by peer.
    pub validators: List<GenesisValidator, VALIDATORS_MAX>,
    /// The provers, ascending by account. Their bonds come on top of the balances.
    pub provers: List<GenesisProver, PROVERS_MAX>,
    /// The accounts, ascending.
    pub accounts: List<GenesisAccount, GENESIS_ACCOUNTS_MAX>,
    /// How the group key came to be.
    pub ceremony: Ceremony,
    /// The group key.
    pub group_key: GroupKey,
    /// What the ceremony made public, for the engine.
    pub output: Data<16384>,
    /// Version of the verifier's engine and fuel schedule: part of what is agreed on.
    pub verifier: Text<TEXT_MAX>,
}

/// Why something is no genesis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A parameter is out of its bounds.
    #[error("params.{name} is {got}, where {min} to {max} are allowed")]
    Param {
        /// The parameter.
        name: &'static str,
        /// Its value.
        got: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A list is empty or not strictly ascending.
    #[error("{0} must be ascending, without repetition, and not empty")]
    Order(&'static str),
    /// A prover has not shown that it knows its verdict key, or a key is used twice.
    #[error("provers: {0} has not proved possession of its own verdict key")]
    Possession(AccountId),
    /// A prover's capacity is none or too much.
    #[error("provers: {0} must have 1 to {UNITS_MAX} cores")]
    Capacity(AccountId),
    /// There is more money than can be counted.
    #[error("accounts and bonds together are more than can be counted")]
    Supply,
}

impl Genesis {
    /// The network's name for machines: the hash of everything but the proofs of possession, which are bound to it.
    #[must_use]
    pub fn chain(&self) -> ChainId {
        let mut bare = self.clone();
        for prover in bare.provers.iter_mut() {
            prover.possession = VerdictSignature([0; 48]);
        }
        ChainId(hash_in("lemma 1 genesis", &bare))
    }

    /// The bond of a genesis prover.
    #[must_use]
    pub fn bond(&self, prover: &GenesisProver) -> Option<Amount> {
        self.params.bond_per_unit.times(u64::from(prover.capacity.cpus))
    }

    /// All money there is.
    #[must_use]
    pub fn supply(&self) -> Option<Amount> {
        let balances = self.accounts.iter().try_fold(Amount::ZERO, |sum, entry| sum.plus(entry.balance))?;
        self.provers.iter().try_fold(balances, |sum, prover| sum.plus(self.bond(prover)?))
    }

    /// Checks everything that can be checked.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn check(&self) -> Result<(), GenesisError> {
        self.params.check()?;
        ascending("validators", self.validators.iter().map(|validator| validator.peer))?;
        ascending("provers", self.provers.iter().map(|prover| prover.account))?;
        ascending("accounts", self.accounts.iter().map(|entry| entry.account))?;
        self.check_provers()?;
        self.supply().map(|_| ()).ok_or(GenesisError::Supply)
    }

    fn check_provers(&self) -> Result<(), GenesisError> {
        let chain = self.chain();
        let mut keys = std::collections::BTreeSet::new();
        for prover in &self.provers {
            if prover.capacity.cpus == 0 || prover.capacity.cpus > UNITS_MAX {
                return Err(GenesisError::Capacity(prover.account));
            }
            let own = prover.key.is_possessed(chain, prover.account, &prover.possession);
            if !own || !keys.insert(prover.key) {
                return Err(GenesisError::Possession(prover.account));
            }
        }
        Ok(())
    }
}

fn ascending<T: Ord>(name: &'static str, values: impl Iterator<Item = T>) -> Result<(), GenesisError> {
    let values: Vec<T> = values.collect();
    let rises = values.iter().zip(values.iter().skip(1)).all(|(one, next)| one < next);
    if rises && !values.is_empty() { Ok(()) } else { Err(GenesisError::Order(name)) }
}

impl Params {
    /// Checks every parameter against its bounds.
    ///
    /// # Errors
    /// Names the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), GenesisError> {
        const DAY_MS: u64 = 24 * 3_600_000;
        let bounds: [(&'static str, u64, u64, u64); 18] = [
            ("block_interval", self.block_interval.0, 10, 60_000),
            ("step_max", self.step_max.0, 10, STEP_LONGEST_MS),
            ("epoch_blocks", self.epoch_blocks, 16, 1 << 20),
            ("accept_window", self.accept_window.0, 100, DAY_MS),
            ("attempts_max", self.attempts_max, 1, DRAWS_MAX as u64),
            ("draws_per_block", self.draws_per_block, 1, DRAWS_PER_BLOCK_MAX as u64),
            ("provers_min", self.provers_min, 1, PROVERS_MAX as u64),
            ("verdict_grace", self.verdict_grace.0, 0, 60_000),
            ("verdict_window", self.verdict_window.0, 1_000, DAY_MS),
            ("queue_window", self.queue_window.0, 1_000, 30 * DAY_MS),
            ("proof_inline_max", self.proof_inline_max, 0, PROOF_INLINE_MAX as u64),
            ("proof_bytes_max", self.proof_bytes_max, 1, PROOF_MAX),
            ("blob_bytes_max", self.blob_bytes_max, 1, BLOB_MAX),
            ("compute_max", self.compute_max.0, 1, 365 * DAY_MS),
            ("fuel_max", self.fuel_max, 1, 1 << 40),
            ("verifier_memory_max", self.verifier_memory_max, 65_536, 4 << 30),
            ("validity_max", self.validity_max, 1, 1 << 32),
            ("transfer_bytes_per_ms", self.transfer_bytes_per_ms, 1, 1 << 32),
        ];
        match bounds.into_iter().find(|(_, got, min, max)| got < min || got > max) {
            Some((name, got, min, max)) => Err(GenesisError::Param { name, got, min, max }),
            None => Ok(()),
        }
    }
}
